"""Facts as people read them: one line for a wire, a few rows for the panel beside it."""

from __future__ import annotations

from typing import Any

from torchwire.data_types.architectures import ARCHITECTURES
from torchwire.data_types.facts import Facts, ModelFacts, TrainingFacts
from torchwire.data_types.transformation import Size, all_steps, describe, is_random

Row = tuple[str, str]
MOST_NAMES = 12


def facts_as_json(facts: Facts) -> dict[str, Any]:
    """The facts as ``POST facts`` answers them: ``text`` in one line, ``rows`` of names and values, and the figures."""
    extremes = facts.extremes()
    model = facts.model
    record = {
        "images": facts.images,
        "labelled": facts.labelled,
        "categories": None if facts.categories is None else len(facts.categories),
        "fewest": None if extremes is None else list(extremes[0]),
        "most": None if extremes is None else list(extremes[1]),
        "image_size": list(facts.final_size) if facts.final_size else None,
        "model_name": None if model is None else model.model_name,
        "parameters": None if model is None else _count(model),
        "memory_bytes": None if facts.training is None else facts.training.memory,
        "rows_of_table": facts.rows,
    }
    known = {key: value for key, value in record.items() if value is not None}
    return {"exact": facts.exact, "text": words(facts), "rows": [list(row) for row in rows(facts)], **known}


def words(facts: Facts) -> str:
    """``800 images, 10 categories, 28×28 → 64×64``; empty when nothing is known."""
    parts: list[str] = []
    if facts.model is not None:
        parts.append(facts.model.model_name)
        count = _count(facts.model)
        if count is not None:
            parts.append(f"{_short(count)} parameters")
    if facts.steps is not None:
        parts.append(_counted(len(facts.steps), "step"))
    if facts.images is not None:
        parts.append(_counted(facts.images, "image"))
    if facts.rows is not None:
        parts.append(_counted(facts.rows, "row"))
    if facts.labelled is False and facts.model is None:
        parts.append("no labels")
    elif facts.categories is not None:
        parts.append(_counted(len(facts.categories), "category", "categories"))
    if facts.model is None and (sizes := _sizes(facts)):
        parts.append(sizes)
    if facts.input_size is not None:
        parts.append(f"for {_wide(facts.input_size)}")
    return ", ".join(parts)


def rows(facts: Facts) -> list[Row]:
    """What is known, name by name."""
    found: list[Row] = []
    if facts.model is not None:
        found += _of_model(facts.model)
    if facts.bytes is not None:
        found.append(("Size of the file", _bytes(facts.bytes)))
    if facts.images is not None:
        found.append(("Images", f"{facts.images:,}"))
    if facts.rows is not None:
        found.append(("Rows", f"{facts.rows:,}"))
    if facts.labelled is not None:
        found.append(("Labels", "yes" if facts.labelled else "no"))
    found += _of_categories(facts)
    if len(facts.parts) > 1:
        found.append(("Parts", ", ".join(f"{part} ({sum(c.values()):,})" for part, c in facts.parts.items())))
    if facts.model is None and (sizes := _sizes(facts)):
        found.append(("Pixels", sizes))
    if facts.input_size is not None:
        found.append(("Input", f"{_wide(facts.input_size)} pixels"))
    steps = list(facts.steps) if facts.steps is not None else all_steps(facts.transformations or ())
    found += [("Step" + (" (random)" if is_random(step) else ""), describe(step)) for step in steps]
    if facts.training is not None:
        found += _of_training(facts.training)
    return found


def _of_model(model: ModelFacts) -> list[Row]:
    options = ", ".join(name.replace("_", " ") for name, value in model.options.items() if value)
    found = [("Architecture", model.model_name + (f" ({options})" if options else ""))]
    architecture = ARCHITECTURES.get(model.model_name)
    if architecture is None:
        return found
    if model.classes is not None:
        found.append(("Parameters", f"{architecture.count(model.classes):,} with {model.classes:,} classes"))
    else:
        found.append(("Parameters", f"{architecture.parameters:,} with 1,000 classes"))
    if not model.trained:
        found.append(("Starts from", "ImageNet weights" if model.pretrained else "random weights"))
        found.append(("Size of the file", f"about {_bytes(4 * architecture.parameters)}"))
    return found


def _of_categories(facts: Facts) -> list[Row]:
    if facts.categories is None:
        return []
    if facts.counts is None:
        shown = list(facts.categories[:MOST_NAMES])
    else:
        shown = [f"{name} ({facts.counts.get(name, 0):,})" for name in facts.categories[:MOST_NAMES]]
    more = len(facts.categories) - len(shown)
    return [(f"Categories: {len(facts.categories):,}", ", ".join(shown) + (f" and {more:,} more" if more else ""))]


def _of_training(training: TrainingFacts) -> list[Row]:
    found: list[Row] = []
    if training.steps is not None:
        epochs = f", {training.epochs * training.steps:,} in {_counted(training.epochs, 'epoch')}"
        found.append(("Steps in an epoch", f"{training.steps:,}{epochs}"))
    if training.effective_batch is not None:
        found.append(("Images in a step", f"{training.effective_batch:,}"))
    if training.last_batch is not None:
        found.append(("Last batch", f"{training.last_batch:,}"))
    if training.memory is not None:
        found.append(("Memory for training", f"about {_bytes(training.memory)}"))
    return found


def _sizes(facts: Facts) -> str:
    before, after = facts.sizes, facts.final_sizes
    ends = "" if after is None else _wide(after[0]) if len(after) == 1 else "different sizes"
    if before is None:
        return f"→ {ends}" if ends else ""
    few = "about " if facts.sampled and len(before) > 1 else ""
    starts = _wide(before[0]) if len(before) == 1 else f"{few}{_wide(before[0])} to {_wide(before[-1])}"
    return starts if not facts.transformations or not ends else f"{starts} → {ends}"


def _count(model: ModelFacts) -> int | None:
    architecture = ARCHITECTURES.get(model.model_name)
    return None if architecture is None else architecture.count(model.classes or 1000)


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _wide(size: Size) -> str:
    return f"{size[1]}×{size[0]}"


def _short(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e5 else f"{count:,}"


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if count < 10 * size else f"{count / size:.0f} {unit}"
    return f"{count} bytes"
