"""The catalogue of directory types: an output connects only to an input that lists the same type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DirectoryType:
    """A kind of folder that a wire can carry.

    ``id`` is the name in documents and JSON, ``hue`` the angle (degrees) of its colour on the canvas.
    """

    id: str
    title: str
    help: str
    hue: int


ANY_DIRECTORY = DirectoryType("AnyDirectory", "Any directory", "Any folder, or one archive file.", 220)
IMAGE_DIRECTORY = DirectoryType("ImageDirectory", "Image directory", "Images with a manifest, labelled or not.", 150)
TRANSFORMATION_DIRECTORY = DirectoryType(
    "TransformationDirectory", "Transformation", "A stored image transformation.", 290
)
UNTRAINED_MODEL_DIRECTORY = DirectoryType(
    "UntrainedModelDirectory", "Untrained model", "An architecture and its options, not yet trained.", 45
)
MODEL_DIRECTORY = DirectoryType(
    "ModelDirectory", "Trained model", "Trained weights with all that is needed to use them.", 20
)
DATA_FRAME_DIRECTORY = DirectoryType("DataFrameDirectory", "Data frame", "A table with a schema.", 190)

CATALOG: dict[str, DirectoryType] = {
    kind.id: kind
    for kind in (
        ANY_DIRECTORY,
        IMAGE_DIRECTORY,
        TRANSFORMATION_DIRECTORY,
        UNTRAINED_MODEL_DIRECTORY,
        MODEL_DIRECTORY,
        DATA_FRAME_DIRECTORY,
    )
}
