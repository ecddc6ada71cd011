"""Export Model: a trained model as one file for other programs, compared with the original before it is handed out."""

from __future__ import annotations

from torchwire.module_api import (
    ANY_DIRECTORY,
    IMAGE_DIRECTORY,
    MODEL_DIRECTORY,
    Context,
    Module,
    Outputs,
    choice,
    input,
    module,
    output,
)


@module(
    "export-model",
    title="Export Model",
    category="Scoring and Evaluation",
    version=1,
    libraries=("torch", "torchvision", "onnx", "onnxscript", "onnxruntime"),
)
class ExportModel(Module):
    """Write a trained model as ONNX or a torch.export program, and check on images that it says what the model says."""

    trained_model = input(MODEL_DIRECTORY, help="The model to export: the output of Train PyTorch Model.")
    dataset = input(IMAGE_DIRECTORY, help="Images to compare the exported model with the original on.")
    exported_model = output(
        ANY_DIRECTORY, help="The model's file, its categories, and a report of how its input is made and what differs."
    )

    format = choice(
        "onnx",
        options=("onnx", "torch.export"),
        help="ONNX runs in ONNX Runtime, OpenVINO and on most devices; a torch.export program in PyTorch, without "
        "this model's source.",
    )

    def run(self, ctx: Context) -> Outputs:
        """Export and compare."""
        from torchwire_modules.evaluation._export import export  # late: it loads torch

        return {"exported_model": export(ctx, self.format)}
