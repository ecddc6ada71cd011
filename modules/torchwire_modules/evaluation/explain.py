"""What a network looked at in one image. Asked for while results are looked at; no module of a pipeline."""

from __future__ import annotations

from torchwire.module_api import (
    ANY_DIRECTORY,
    IMAGE_DIRECTORY,
    MODEL_DIRECTORY,
    Context,
    Module,
    Outputs,
    input,
    module,
    output,
    text,
)


@module(
    "explain-image",
    title="Explain Image",
    category="Scoring and Evaluation",
    version=1,
    libraries=("torch", "torchvision", "captum"),
    internal=True,
)
class ExplainImage(Module):
    """Show which places of an image spoke for a category, by Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391)."""

    trained_model = input(MODEL_DIRECTORY, help="The model that is asked.")
    dataset = input(IMAGE_DIRECTORY, help="The images; the model's own transformation is applied.")
    explanation = output(
        ANY_DIRECTORY,
        help="seen.png is what the network saw, heat.png the heat map, overlay.png both, explanation.json the rest.",
    )

    image = text("", help="The id of the image.")
    asked = text("", label="Category", help="The category that is asked about; the predicted one when empty.")

    def run(self, ctx: Context) -> Outputs:
        """Explain."""
        from torchwire_modules.evaluation._explain import explain  # late: it loads torch

        return {"explanation": explain(ctx, self.image, self.asked)}
