"""UntrainedModelDirectory and ModelDirectory: which architecture, and for a trained one how to use it.

Both have a ``model.json``. A trained one adds ``model.safetensors``, the state dict of the plain torchvision network
``torchvision.models.<model_name>(num_classes=len(categories))``, and ``MODEL_CARD.md`` for people. Reading and writing
the tensors is the modules' business; nothing here knows torch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchwire.data_types.json_files import read_json, write_json
from torchwire.errors import InvalidModelDirectoryError

UNTRAINED_FORMAT, FORMAT, VERSION = "torchwire/untrained-model", "torchwire/model", 1
FILE, WEIGHTS, LAST, CARD = "model.json", "model.safetensors", "last.safetensors", "MODEL_CARD.md"


@dataclasses.dataclass(frozen=True)
class UntrainedModel:
    """An architecture that Train PyTorch Model can fit. ``options`` are the family's own, e.g. memory_efficient."""

    family: str
    model_name: str
    pretrained: bool
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write ``model.json`` into ``folder``."""
        record = dataclasses.asdict(self)
        write_json(folder / FILE, {"format": UNTRAINED_FORMAT, "version": VERSION, **record})

    @classmethod
    def read(cls, folder: Path) -> UntrainedModel:
        """Read what ``write`` wrote. Raises InvalidModelDirectoryError when it isn't there or isn't right."""
        record = _read(folder, UNTRAINED_FORMAT, "an untrained model", "Wire the output of DenseNet or ResNet.")
        return cls(record["family"], record["model_name"], record["pretrained"], record["options"])


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """A trained model, without its tensors.

    ``categories[i]`` is the label of output i. ``input`` says what images go through first: ``transformations`` as an
    image directory carries them, for inference, and ``image_size`` [height, width]. ``training`` is how it came about:
    parameters, history per epoch, best_epoch, seconds, images_per_second, seed, versions, digests of the data.
    ``pipeline`` is the document it was made by, so that the model brings its graph along.
    """

    folder: Path
    family: str
    model_name: str
    options: Mapping[str, Any]
    categories: tuple[str, ...]
    input: Mapping[str, Any]
    training: Mapping[str, Any]
    pipeline: Mapping[str, Any] | None = None

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / WEIGHTS

    @property
    def image_size(self) -> tuple[int, int]:
        """The (height, width) it was trained on, in pixels."""
        height, width = self.input["image_size"]
        return height, width

    @property
    def card(self) -> str:
        """The model card in Markdown; empty when there is none."""
        path = self.folder / CARD
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def write(self) -> None:
        """Write ``model.json`` into the folder."""
        record = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "folder"}
        record["categories"] = list(self.categories)
        write_json(self.folder / FILE, {"format": FORMAT, "version": VERSION, **record})

    @classmethod
    def read(cls, folder: Path) -> TrainedModel:
        """Read ``model.json``. Raises InvalidModelDirectoryError when it or the weights are missing or wrong."""
        record = _read(folder, FORMAT, "a trained model", _HINT)
        names = [field.name for field in dataclasses.fields(cls) if field.name not in ("folder", "pipeline")]
        given = {name: record[name] for name in names} | {"pipeline": record.get("pipeline")}
        given["categories"] = tuple(given["categories"])
        model = cls(folder=folder, **given)
        if not model.weights.is_file():
            raise InvalidModelDirectoryError(f"The trained model has no '{WEIGHTS}'.", hint=_HINT)
        return model


_HINT = "Wire the output of Train PyTorch Model."

_KINDS: dict[str, type | tuple[type, ...]] = {
    "family": str,
    "model_name": str,
    "options": dict,
    "pretrained": bool,
    "categories": list,
    "input": dict,
    "training": dict,
}


def _read(folder: Path, format: str, what: str, hint: str) -> dict[str, Any]:
    try:
        record = read_json(folder / FILE, format=format, version=VERSION)
        wanted = ("family", "model_name", "options") + (
            ("pretrained",) if format == UNTRAINED_FORMAT else ("categories", "input", "training")
        )
        for key in wanted:
            if not isinstance(record.get(key), _KINDS[key]):
                raise ValueError(f"its '{FILE}' has no proper '{key}'")
        if format == FORMAT and not _fits_input(record["input"]):
            raise ValueError(f"its '{FILE}' has no proper 'input'")
        return record
    except ValueError as error:
        raise InvalidModelDirectoryError(f"This is not {what}: {error}.", hint=hint) from error


def _fits_input(value: Mapping[str, Any]) -> bool:
    size = value.get("image_size")
    right_size = isinstance(size, list) and len(size) == 2 and all(type(side) is int and side > 0 for side in size)
    return right_size and isinstance(value.get("transformations"), list)
