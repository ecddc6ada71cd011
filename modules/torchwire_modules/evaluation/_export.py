"""Writes a network in another program's format, and compares what both say of real images."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from torchwire.data_types.json_files import write_json
from torchwire.data_types.model import TrainedModel
from torchwire.data_types.transformation import all_steps
from torchwire.errors import InvalidModelDirectoryError, LibraryError
from torchwire.module_api import Context
from torchwire_modules.evaluation._inference import cpu_threads, load_network
from torchwire_modules.evaluation.score import open_images
from torchwire_modules.training._datasets import at_port

COMPARED = 64
"""Images that both are asked about."""
TOLERANCE = 1e-3
"""The most that a probability may differ."""
BATCH = 8
HINT = "Export in the other format. This is a fault of the exporter; the model itself is unharmed."
FILES = {"onnx": "model.onnx", "torch.export": "model.pt2"}

Run = Callable[[Tensor], Tensor]


def export(ctx: Context, format: str) -> Path:
    """Write the model of input ``trained_model`` and return the folder of the output.

    Raises LibraryError when what was written can't be read or differs from the original, or what writes it is not
    installed, InvalidModelDirectoryError when the original's answers are no numbers; the folder is empty then.
    """
    with at_port("trained_model"):
        model = TrainedModel.read(ctx.input("trained_model"))
        network = load_network(model, "cpu")
    images = open_images(model, ctx.input("dataset"))
    folder = ctx.output_folder("exported_model")
    path = ctx.scratch / FILES[format]
    ctx.progress(0, 3, unit="steps", message="Tracing the network")
    with cpu_threads(ctx.threads):
        program = _program(network, images.image_size)
        ctx.progress(1, 3, unit="steps", message=f"Writing {path.name}")
        write, read = (_write_onnx, _read_onnx) if format == "onnx" else (_write_program, _read_program)
        write(program, path)
        run = _read_back(read, path)
        ctx.progress(2, 3, unit="steps", message="Comparing with the original")
        with images.store(ctx.scratch, budget=0) as store:
            report = _compare(ctx, network, run, images.batches(store, BATCH).epoch(0))
    path = path.rename(folder / path.name)
    height, width = images.image_size
    about = {
        "format": format,
        "file": path.name,
        "model_name": model.model_name,
        "categories": list(model.categories),
        "input": {"name": "images", "shape": ["batch", 3, height, width], "type": "float32", "order": "RGB"},
        "preprocessing": all_steps(model.input["transformations"]),
        "output": {"name": "logits", "shape": ["batch", len(model.categories)], "type": "float32"},
        "comparison": report,
    }
    write_json(folder / "export.json", about)
    (folder / "categories.txt").write_text("".join(f"{name}\n" for name in model.categories), encoding="utf-8")
    ctx.progress(3, 3, unit="steps", message="Done")
    ctx.log(
        f"Wrote {path.name}, {path.stat().st_size / 1e6:.1f} MB. On {report['images']} images it gives the original's "
        f"labels; probabilities differ by {report['largest_difference']:.2g} at most."
    )
    return folder


def _program(network: nn.Module, size: tuple[int, int]) -> Any:
    network = network.to(memory_format=torch.contiguous_format)
    batch = torch.export.Dim("batch", min=1, max=65536)
    example = torch.zeros(2, 3, *size)  # two: one would be taken for a constant
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, about itself
        return torch.export.export(network, (example,), dynamic_shapes=({0: batch},))


def _read_back(read: Callable[[Path], Run], path: Path) -> Run:
    """What was written, not what was meant."""
    try:
        return read(path)
    except Exception as error:  # each library has its own for a file that it can't read
        raise LibraryError(f"What was written as {path.name} can't be read: {error}", hint=HINT) from error


def _write_program(program: Any, path: Path) -> None:
    torch.export.save(program, path)


def _read_program(path: Path) -> Run:
    return torch.export.load(path).module()


def _write_onnx(program: Any, path: Path) -> None:
    try:
        import onnxruntime  # noqa: F401 - to read it back
        import onnxscript  # noqa: F401 - torch.onnx needs it, and says so less plainly
    except ImportError as error:
        raise LibraryError(
            f"ONNX export needs a package that is not installed: {error.name}.",
            hint="Run `pip install 'torchwire[onnx]'` where Torchwire is installed, or choose torch.export.",
            parameter="format",
        ) from error
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            program,
            f=path,
            dynamo=True,
            input_names=["images"],
            output_names=["logits"],
            external_data=False,
            verbose=False,
        )


def _read_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(session.run(None, {"images": images.numpy()})[0])


def _compare(ctx: Context, network: nn.Module, run: Run, batches: Any) -> dict[str, Any]:
    count, largest = 0, 0.0
    with torch.inference_mode():
        for batch in batches:
            ctx.check_cancelled()
            images = batch.images.contiguous()
            ours, theirs = (torch.softmax(predict(images), dim=1) for predict in (network, run))
            if not ours.isfinite().all():
                raise InvalidModelDirectoryError(
                    "The network's answer is not a number.", hint="Train the model again.", port="trained_model"
                )
            difference = float((ours - theirs).abs().max())
            unclear = ours.topk(min(2, ours.shape[1])).values  # two labels as probable as each other may change places
            clear = unclear[:, 0] - unclear[:, -1] > 2 * TOLERANCE
            if not difference <= TOLERANCE or not torch.equal(ours.argmax(1)[clear], theirs.argmax(1)[clear]):
                raise LibraryError(
                    f"The exported model differs from the original: a probability by {difference:.3g}.",
                    hint=HINT,
                    parameter="format",
                )
            largest, count = max(largest, difference), count + len(images)
            if count >= COMPARED:
                break
    batches.close()
    return {"images": count, "largest_difference": largest, "tolerance": TOLERANCE}
