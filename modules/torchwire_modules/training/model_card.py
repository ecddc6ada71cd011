"""The card of a trained model: what it is, what it was trained on and how well it did, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
        f"validation images: accuracy {best['val_accuracy']:.4f}, loss {best['val_loss']:.4f}.",
        "",
        "| epoch | training loss | training accuracy | validation loss | validation accuracy | learning rate |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['epoch']} | {row['train_loss']:.4f} | {row['train_accuracy']:.4f} | {row['val_loss']:.4f} "
            f"| {row['val_accuracy']:.4f} | {row['learning_rate']:.3g} |"
            for row in training["history"]
        ),
        "",
        "## Training",
        "",
        f"{training['images']['training']:,} images; {training['seconds']:.0f} s on {training['device']} with "
        f"{training['threads']} threads, {training['images_per_second']:.1f} images/s; seed {training['seed']}; "
        f"precision {training['precision']}, because {training['arithmetic']['why']}.",
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


def _pipeline(document: Mapping[str, Any]) -> list[str]:
    text = json.dumps(document, indent=1, ensure_ascii=False)
    told = "Drop this, or `model.json`, on Torchwire's canvas to train it again or go on from it."
    return ["## Pipeline", "", told, "", "```json", text, "```", ""]
