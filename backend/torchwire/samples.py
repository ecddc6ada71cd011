"""What ships with Torchwire: sample pipelines and data, and how a new home folder gets them."""

from __future__ import annotations

import functools
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchwire.errors import TorchwireError
from torchwire.graph.parse import parse

if TYPE_CHECKING:
    from torchwire.storage.database import Database
    from torchwire.storage.dataset_files import DatasetFiles

logger = logging.getLogger(__name__)

DATASET = "fashion-mnist-sample"
DATASET_DESCRIPTION = "About 1,000 images of clothing in 10 classes, from Fashion-MNIST (MIT licence)."
FIRST_DRAFT = "image-classification-densenet"


@dataclass(frozen=True)
class Sample:
    """A pipeline that ships with Torchwire."""

    id: str
    document: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The sample as ``GET samples`` returns it."""
        return {
            "id": self.id,
            "name": self.document["name"],
            "description": self.document["description"],
            "node_count": len(self.document["nodes"]),
            "document": self.document,
        }


def examples_folder() -> Path:
    """Where the examples lie: in the installed package, else in the repository."""
    packaged = Path(__file__).parent / "examples"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "examples"


@functools.cache
def samples() -> tuple[Sample, ...]:
    """All sample pipelines, by id. One that can't be read is left out, and the log says so."""
    found = []
    for file in sorted(examples_folder().glob("*.json")):
        try:
            parsed = parse(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            logger.warning("Sample %s can't be read: %s", file.name, error)
            continue
        if parsed.pipeline is None or parsed.faults:
            logger.warning("Sample %s is not valid: %s", file.name, [fault.message for fault in parsed.faults])
            continue
        found.append(Sample(file.stem, parsed.pipeline.as_json()))
    return tuple(found)


def prepare_home(database: Database, files: DatasetFiles) -> None:
    """Give a new home folder the sample data set and, as the first draft, the DenseNet sample.

    Does nothing in a home that has had its samples before, so what a user deletes stays deleted.
    """
    mark = files.home / "cache" / "samples-given"
    if mark.exists():
        return
    archive = examples_folder() / "data" / f"{DATASET}.zip"
    if archive.is_file() and database.datasets.find(DATASET) is None:
        try:
            files.adopt(DATASET, archive, DATASET_DESCRIPTION)
        except TorchwireError as error:
            logger.warning("The sample data set can't be registered: %s", error.message)
            return
    first = next((sample for sample in samples() if sample.id == FIRST_DRAFT), None)
    if first is not None and not database.pipelines.list():
        database.pipelines.create(first.document)
    if archive.is_file() and first is not None:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
