"""What people see of an output before they download it, as JSON, by its type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torchwire.data_types.any_directory import open_root, walk
from torchwire.data_types.data_frame import DataFrame
from torchwire.data_types.exported import read_export
from torchwire.data_types.image_directory import ImageDirectory
from torchwire.data_types.image_pages import ImagePages
from torchwire.data_types.model import TrainedModel, UntrainedModel
from torchwire.data_types.parameter_counts import PARAMETER_COUNTS
from torchwire.data_types.transformation import all_steps, describe, is_random, read_transformation
from torchwire.errors import NotFoundError, ParameterParseError

Query = Mapping[str, str]
MAX_LIMIT = 200
SAMPLES = "samples.json"


def preview(type_id: str, folder: Path, digest: str, query: Query) -> dict[str, Any]:
    """Return a page of what ``folder``, an output of the type ``type_id`` with content ``digest``, holds.

    ``query`` has strings as they come from an address: ``offset``, ``limit`` (at most 200) and what the type knows.
    Raises NotFoundError for an unknown type, ParameterParseError for a bad query, else the type's own error.
    """
    if type_id not in _PREVIEWS:
        raise NotFoundError(f"There is no type '{type_id}'.")
    return {"type": type_id} | _PREVIEWS[type_id](folder, digest, query)


def page(query: Query, *, limit: int = 50) -> tuple[int, int]:
    """The (offset, limit) that ``query`` asks for. Raises ParameterParseError."""
    return whole_number(query, "offset", 0, 2**53), min(whole_number(query, "limit", limit, 2**53), MAX_LIMIT)


def whole_number(query: Query, name: str, default: int, most: int) -> int:
    """A number from 0 to ``most`` in ``query``. Raises ParameterParseError."""
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 18 and int(value) <= most):
        raise ParameterParseError(f"'{name}' must be a whole number from 0 to {most}, not '{value}'.", parameter=name)
    return int(value)


def _image_directory(folder: Path, digest: str, query: Query) -> dict[str, Any]:
    offset, limit = page(query)
    pages = ImagePages.open(folder, digest)
    images, report = pages.directory, pages.directory.report
    total, shown = pages.page(offset, limit, query.get("category"))
    return {
        "labelled": images.labelled,
        "total": total,
        "categories": [
            {"index": index, "name": name, "count": images.counts.get(name, 0), "first": pages.first.get(name)}
            for index, name in enumerate(images.categories)
        ],
        "transformation": _transformation_in_words(images),
        "report": {"skipped": [], "skipped_total": 0, "duplicates": 0, "converted": 0} | dict(report)
        if report
        else None,
        "images": shown,
        "digest": digest,
    }


def _transformation_in_words(images: ImageDirectory) -> dict[str, Any] | None:
    if not images.transformations:
        return None
    steps = [describe(step) for step in all_steps(images.transformations)]
    return {"mode": images.transformations[-1]["mode"], "steps": steps}


def _transformation(folder: Path, digest: str, query: Query) -> dict[str, Any]:
    steps = read_transformation(folder)["steps"]
    samples = folder / SAMPLES
    return {
        "steps": [{"name": step["name"], "text": describe(step), "random": is_random(step)} for step in steps],
        "samples": json.loads(samples.read_text(encoding="utf-8"))["samples"] if samples.is_file() else [],
    }


def _untrained_model(folder: Path, digest: str, query: Query) -> dict[str, Any]:
    model = UntrainedModel.read(folder)
    return {
        "model_name": model.model_name,
        "family": model.family,
        "options": dict(model.options),
        "pretrained": model.pretrained,
        "parameter_count": PARAMETER_COUNTS.get(model.model_name),
    }


def _model(folder: Path, digest: str, query: Query) -> dict[str, Any]:
    model = TrainedModel.read(folder)
    training = dict(model.training)
    history = training.pop("history", [])
    return {
        "architecture": {"family": model.family, "model_name": model.model_name, "options": dict(model.options)},
        "categories": list(model.categories),
        "image_size": list(model.image_size),
        "history": history,
        "best_epoch": training.get("best_epoch"),
        "parameter_count": training.get("parameter_count"),
        "summary": training,
        "card": model.card,
    }


def _data_frame(folder: Path, digest: str, query: Query) -> dict[str, Any]:
    from torchwire.data_types import scores  # late: it needs pyarrow, which the other previews can do without

    frame = DataFrame.open(folder)
    if frame.kind == "scored":
        return scores.preview_scored(folder, query, digest)
    if frame.kind == "evaluation":
        return scores.preview_evaluation(folder, query)
    offset, limit = page(query)
    rows = frame.table.slice(offset, limit).to_pylist()
    return {"kind": "table", "columns": [name for name, _ in frame.columns], "total": frame.rows, "rows": rows}


def _any_directory(folder: Path, digest: str, query: Query) -> dict[str, Any]:
    offset, limit = page(query)
    root = open_root(folder)
    if root.is_file():
        files = [{"path": root.name, "size": root.stat().st_size}]
    else:
        files = [{"path": _as_text(entry.path), "size": entry.size} for entry in walk(root)]
    return {
        "files": files[offset : offset + limit],
        "total": len(files),
        "here": root == folder,
        "exported": read_export(folder) if root == folder else None,
    }


def _as_text(path: str) -> str:
    return path.encode("utf-8", "replace").decode()


_PREVIEWS: dict[str, Callable[[Path, str, Query], dict[str, Any]]] = {
    "AnyDirectory": _any_directory,
    "DataFrameDirectory": _data_frame,
    "ImageDirectory": _image_directory,
    "ModelDirectory": _model,
    "TransformationDirectory": _transformation,
    "UntrainedModelDirectory": _untrained_model,
}
