"""The card of a trained model: what it is, what it was trained on and how well it did, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torchwire.data_types.model import TrainedModel
from torchwire.data_types.transformation import all_steps, describe

MAX_CATEGORIES = 50


def model_card(model: TrainedModel) -> str:
    """The card in Markdown, made from ``model`` alone."""
    training = model.training
    best = training["history"][training["best_epoch"] - 1]
    height, width = model.image_size
    start = f"ImageNet weights ({training['pretrained_weights']})" if training["pretrained"] else "random weights"
    lines = [
        f"# {model.model_name}, {len(model.categories)} categories",
        "",
        f"An image classifier trained with Torchwire from {start}: {training['parameter_count']:,} parameters, "
        f"images of {width}×{height} pixels.",
        "",
        "## How well it does",
        "",
        f"Best epoch: {training['best_epoch']} of {len(training['history'])}. On {training['images']['validation']:,} "
        f"validation images: accuracy {best['val_accuracy']:.4f}{_top5(best)}, loss {best['val_loss']:.4f}.",
        "",
        *_history(training["history"]),
        "",
        "## Training",
        "",
        f"{training['images']['training']:,} images; {training['seconds']:.0f} s on {training['device']} with "
        f"{training['threads']} threads, {training['images_per_second']:.1f} images/s; seed {training['seed']}; "
        f"precision {training['precision']}, because {training['arithmetic']['why']}{_compiled(training)}.",
        "",
        *(f"- {name}: {value}" for name, value in training["parameters"].items() if value is not None),
        "",
        "## Categories",
        "",
        ", ".join(f"`{name}`" for name in model.categories[:MAX_CATEGORIES])
        + (f" and {len(model.categories) - MAX_CATEGORIES} more" if len(model.categories) > MAX_CATEGORIES else ""),
        "",
        "## Input",
        "",
        *(f"- {describe(step)}" for step in all_steps(model.input["transformations"])),
        "- RGB values as floats, channels first",
        "",
        "## Use it without Torchwire",
        "",
        "```python",
        "from safetensors.torch import load_file",
        "from torchvision import models",
        "",
        f'model = models.get_model("{model.model_name}", num_classes={len(model.categories)})',
        'model.load_state_dict(load_file("model.safetensors"))',
        "model.eval()",
        "```",
        "",
        "## Origin",
        "",
        *(f"- {port}: `{digest}`" for port, digest in training["data"].items()),
        *(f"- {name} {number}" for name, number in training["versions"].items()),
        "",
        *(_pipeline(model.pipeline) if model.pipeline else ()),
    ]
    return "\n".join(lines)


COLUMNS = {
    "epoch": ("epoch", "d"),
    "train_loss": ("training loss", ".4f"),
    "train_accuracy": ("training accuracy", ".4f"),
    "val_loss": ("validation loss", ".4f"),
    "val_accuracy": ("validation accuracy", ".4f"),
    "val_top5": ("validation top 5", ".4f"),
    "learning_rate": ("learning rate", ".3g"),
    "images_per_second": ("images/s", ".1f"),
    "seconds": ("seconds", ".1f"),
    "memory_mb": ("memory, MB", ".0f"),
}
"""What the table of epochs shows: each figure's title, and how it is written."""


def _history(epochs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A row for each epoch, without columns that have nothing in them."""
    shown = {name: look for name, look in COLUMNS.items() if any(row.get(name) is not None for row in epochs)}
    yield f"| {' | '.join(title for title, _ in shown.values())} |"
    yield "|---" * len(shown) + "|"
    for row in epochs:
        cells = ("" if row.get(name) is None else format(row[name], form) for name, (_, form) in shown.items())
        yield f"| {' | '.join(cells)} |"


def _compiled(training: Mapping[str, Any]) -> str:
    how = training["arithmetic"].get("compiled", "off")
    return "" if how == "off" else f"; compiled ({how}), because {training['arithmetic']['compiled_why']}"


def _top5(epoch: Mapping[str, Any]) -> str:
    return "" if epoch.get("val_top5") is None else f", top 5 {epoch['val_top5']:.4f}"


def _pipeline(document: Mapping[str, Any]) -> list[str]:
    text = json.dumps(document, indent=1, ensure_ascii=False)
    told = "Drop this, or `model.json`, on Torchwire's canvas to train it again or go on from it."
    return ["## Pipeline", "", told, "", "```json", text, "```", ""]
