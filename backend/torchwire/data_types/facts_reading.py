"""Reads the facts of an output that was made, from its manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torchwire.data_types.data_frame import DataFrame
from torchwire.data_types.facts import MOST_SIZES, Facts, ModelFacts
from torchwire.data_types.image_directory import ImageDirectory
from torchwire.data_types.model import TrainedModel, UntrainedModel
from torchwire.data_types.transformation import Size, read_transformation


def read_facts(type_id: str, folder: Path) -> Facts | None:
    """What ``folder``, an output of the type ``type_id``, holds; None for a type of which nothing can be read.

    Raises TorchwireError when it is not what it should be.
    """
    reader = _READERS.get(type_id)
    return None if reader is None else reader(folder)


def _images(folder: Path) -> Facts:
    images = ImageDirectory.open(folder)
    return Facts(
        exact=True,
        images=images.total,
        labelled=images.labelled,
        categories=images.categories if images.labelled else None,
        counts={name: images.counts.get(name, 0) for name in images.categories} if images.labelled else None,
        sizes=_sizes(images),
        transformations=images.transformations,
    )


def _sizes(images: ImageDirectory) -> tuple[Size, ...]:
    table = images.records.select(["height", "width"]).group_by(["height", "width"]).aggregate([])
    sizes = sorted((row["height"], row["width"]) for row in table.to_pylist())
    half = MOST_SIZES // 2
    return tuple(sizes if len(sizes) <= MOST_SIZES else sizes[:half] + sizes[-half:])


def _transformation(folder: Path) -> Facts:
    return Facts(exact=True, steps=tuple(read_transformation(folder)["steps"]))


def _untrained(folder: Path) -> Facts:
    model = UntrainedModel.read(folder)
    return Facts(exact=True, model=ModelFacts(model.family, model.model_name, model.pretrained, model.options))


def _trained(folder: Path) -> Facts:
    model = TrainedModel.read(folder)
    return Facts(
        exact=True,
        categories=model.categories,
        transformations=tuple(model.input["transformations"]),
        input_size=model.image_size,
        model=ModelFacts(
            model.family, model.model_name, options=model.options, classes=len(model.categories), trained=True
        ),
        bytes=model.weights.stat().st_size,
    )


def _table(folder: Path) -> Facts:
    frame = DataFrame.open(folder)
    return Facts(exact=True, rows=frame.rows, categories=tuple(frame.labels) or None)


_READERS: dict[str, Callable[[Path], Facts]] = {
    "DataFrameDirectory": _table,
    "ImageDirectory": _images,
    "ModelDirectory": _trained,
    "TransformationDirectory": _transformation,
    "UntrainedModelDirectory": _untrained,
}
