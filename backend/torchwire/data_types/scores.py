"""Read what Score and Evaluate made: scored tables, evaluations, and pages of them for the previews.

A scored table is a DataFrameDirectory of kind ``scored`` with the columns ``id``, ``category`` (where the data set
is labelled), ``Scored Probabilities_<label>`` for each class and ``Scored Labels``. An evaluation adds
``evaluation.json`` and ``predictions.parquet`` (model, id, category, predicted, confidence) to its table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from torchwire.data_types.data_frame import FORMAT, SCHEMA, TABLE, VERSION, DataFrame
from torchwire.data_types.json_files import write_json
from torchwire.data_types.preview import page, whole_number
from torchwire.errors import NotScoredDatasetError, OutOfRangeError

ID, CATEGORY, PREDICTED = "id", "category", "Scored Labels"
PROBABILITY = "Scored Probabilities_"
EVALUATION, PREDICTIONS = "evaluation.json", "predictions.parquet"
MANY_LABELS = 50
"""With more classes than this a row of a preview shows only the TOP_SCORES best scores."""
TOP_SCORES = 10


@dataclass(frozen=True)
class ScoredTable:
    """A scored table on disk. Columns are read when they are asked for, probabilities in pieces."""

    file: Path
    labels: list[str]
    images_digest: str | None

    @classmethod
    def open(cls, folder: Path) -> ScoredTable:
        """Open the table in a folder. Raises NotScoredDatasetError without scores, InvalidDatasetError if no table."""
        frame = DataFrame.open(folder)
        names = [name for name, _ in frame.columns]
        labels = [name.removeprefix(PROBABILITY) for name in names if name.startswith(PROBABILITY)]
        if not labels or ID not in names or PREDICTED not in names:
            raise NotScoredDatasetError(
                f"The data set has no scores: the columns '{ID}', '{PROBABILITY}<label>' and '{PREDICTED}' are needed.",
                hint="Wire the output of Score Image Model.",
            )
        return cls(folder / TABLE, labels, frame.images)

    @cached_property
    def labelled(self) -> bool:
        """Whether every image has its true label."""
        category = self.column(CATEGORY) if CATEGORY in pq.read_schema(self.file).names else None
        return category is not None and category.null_count == 0

    @cached_property
    def total(self) -> int:
        """How many images there are."""
        return int(pq.read_metadata(self.file).num_rows)

    def column(self, name: str) -> Any:
        """One column, whole."""
        return pq.read_table(self.file, columns=[name]).column(0).combine_chunks()

    def probabilities(self) -> NDArray[np.float64]:
        """All probabilities (images, classes)."""
        return np.concatenate([np.empty((0, len(self.labels))), *self._probability_pieces()])

    def confidences(self) -> NDArray[np.float64]:
        """The greatest probability of each image."""
        return np.concatenate([np.empty(0), *(piece.max(axis=1) for piece in self._probability_pieces())])

    def _probability_pieces(self) -> Iterator[NDArray[np.float64]]:
        names = [PROBABILITY + label for label in self.labels]
        with pq.ParquetFile(self.file) as file:
            for batch in file.iter_batches(batch_size=8192, columns=names):
                columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in names]
                yield np.stack(columns, axis=1).astype(np.float64)

    def rows(self, numbers: NDArray[np.int64]) -> list[dict[str, Any]]:
        """The rows of those numbers, in their order, as the preview shows them."""
        table = _take(self.file, numbers)
        scores = np.stack([table.column(PROBABILITY + label).to_numpy() for label in self.labels], axis=1)
        categories = table.column(CATEGORY).to_pylist() if CATEGORY in table.column_names else [None] * len(numbers)
        found = zip(table.column(ID).to_pylist(), categories, table.column(PREDICTED).to_pylist(), scores, strict=True)
        return [
            {
                "id": image,
                "category": category,
                "predicted": predicted,
                "confidence": float(row.max()),
                "scores": self._shown(row),
            }
            for image, category, predicted, row in found
        ]

    def _shown(self, row: NDArray[Any]) -> dict[str, float]:
        wanted = range(len(row)) if len(row) <= MANY_LABELS else np.argsort(-row, kind="stable")[:TOP_SCORES].tolist()
        return {self.labels[number]: float(row[number]) for number in wanted}


class ScoredWriter:
    """Writes a scored table in pieces, so that memory doesn't grow with the number of images. Use it in a ``with``."""

    def __init__(self, folder: Path, labels: list[str], *, labelled: bool, images_digest: str) -> None:
        self._folder, self._labels, self._labelled, self._images = folder, labels, labelled, images_digest
        fields = [(ID, pa.string())] + ([(CATEGORY, pa.string())] if labelled else [])
        fields += [(PROBABILITY + label, pa.float32()) for label in labels] + [(PREDICTED, pa.string())]
        self._schema = pa.schema(fields)
        self._rows = 0

    def __enter__(self) -> ScoredWriter:
        self._file = pq.ParquetWriter(self._folder / TABLE, self._schema, compression="zstd")
        return self

    def write(self, ids: list[str], categories: list[str | None], probabilities: NDArray[np.float32]) -> None:
        """Add images as one row group: ``probabilities`` is (images, classes). The greatest is the scored label."""
        best = probabilities.argmax(axis=1)
        columns = [pa.array(ids, pa.string())] + ([pa.array(categories, pa.string())] if self._labelled else [])
        columns += [pa.array(probabilities[:, number]) for number in range(len(self._labels))]
        columns.append(pa.array([self._labels[number] for number in best], pa.string()))
        self._file.write_table(pa.table(columns, schema=self._schema), row_group_size=len(ids))
        self._rows += len(ids)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        if kind is None:
            columns = [{"name": field.name, "type": str(field.type)} for field in self._schema]
            record = {"format": FORMAT, "version": VERSION, "kind": "scored", "columns": columns, "rows": self._rows}
            write_json(self._folder / SCHEMA, record | {"images": self._images, "labels": self._labels})


def preview_scored(folder: Path, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of a scored table.

    ``query``: offset, limit (at most 200), order (``id``; ``confidence`` or ``-confidence``; ``wrong``: wrong ones
    first, the surest first), only (``wrong`` | ``right``), category, predicted. Raises NotScoredDatasetError and, for
    a query that can't be read, OutOfRangeError or ParameterParseError.
    """
    scored = ScoredTable.open(folder)
    predicted = scored.column(PREDICTED)
    category = scored.column(CATEGORY) if CATEGORY in pq.read_schema(scored.file).names else None
    right = None if category is None else np.asarray(pc.fill_null(pc.equal(category, predicted), False))
    keep = np.ones(scored.total, dtype=bool)
    if "predicted" in query:
        keep &= np.asarray(pc.equal(predicted, query["predicted"]))
    if "category" in query:
        keep &= False if category is None else np.asarray(pc.fill_null(pc.equal(category, query["category"]), False))
    if only := query.get("only"):
        _check("only", only, ("wrong", "right"))
        keep &= False if right is None else (right if only == "right" else ~right)
    numbers = _ordered(scored, right, query.get("order", "id"))
    numbers = numbers[keep[numbers]]
    offset, limit = page(query)
    return {
        "type": "DataFrameDirectory",
        "kind": "scored",
        "columns": pq.read_schema(scored.file).names,
        "total": len(numbers),
        "rows": scored.rows(numbers[offset : offset + limit]),
        "images_digest": scored.images_digest,
        "labels": scored.labels,
        "accuracy": float(right.mean()) if right is not None and scored.labelled and len(right) else None,
    }


def _ordered(scored: ScoredTable, right: NDArray[np.bool_] | None, order: str) -> NDArray[np.int64]:
    _check("order", order, ("id", "confidence", "-confidence", "wrong"))
    if order == "id":
        return np.asarray(pc.sort_indices(scored.column(ID)), dtype=np.int64)
    confidence = scored.confidences()
    if order == "confidence":
        return np.argsort(confidence, kind="stable")
    if order == "-confidence" or right is None:
        return np.argsort(-confidence, kind="stable")
    return np.lexsort((-confidence, right))


def preview_evaluation(folder: Path, query: Mapping[str, str]) -> dict[str, Any]:
    """The models of an evaluation, or with ``cell=TRUE,PREDICTED`` (class numbers) the images of a cell."""
    models = read_evaluation(folder)
    if "cell" not in query:
        return {"type": "DataFrameDirectory", "kind": "evaluation", "models": models}
    model = whole_number(query, "model", 0, len(models) - 1)
    labels = models[model]["labels"]
    row, _, column = query["cell"].partition(",")
    true, predicted = (labels[whole_number({"cell": part}, "cell", 0, len(labels) - 1)] for part in (row, column))
    table = pq.read_table(
        folder / PREDICTIONS, filters=[("model", "=", model), (CATEGORY, "=", true), ("predicted", "=", predicted)]
    ).sort_by([("confidence", "descending"), (ID, "ascending")])
    offset, limit = page(query)
    return {
        "type": "DataFrameDirectory",
        "kind": "evaluation",
        "cell": {"true": true, "predicted": predicted},
        "total": table.num_rows,
        "rows": table.slice(offset, limit).drop_columns(["model"]).to_pylist(),
        "images_digest": models[model]["images_digest"],
    }


def read_evaluation(folder: Path) -> list[dict[str, Any]]:
    """The measures of each model that ``folder`` compares. Raises NotScoredDatasetError when it is no evaluation."""
    try:
        models: list[dict[str, Any]] = json.loads((folder / EVALUATION).read_text("utf-8"))["models"]
    except (OSError, ValueError, KeyError) as error:
        raise NotScoredDatasetError("The folder holds no evaluation.", hint="Run Evaluate Model again.") from error
    return models


def _take(file: Path, numbers: NDArray[np.int64]) -> Any:
    """The rows ``numbers`` of a parquet file, in that order, reading only the row groups that hold them."""
    with pq.ParquetFile(file) as source:
        sizes = [source.metadata.row_group(group).num_rows for group in range(source.num_row_groups)]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        groups = np.searchsorted(starts, numbers, side="right") - 1
        needed = np.unique(groups)
        if not len(needed):
            return source.schema_arrow.empty_table()
        table = source.read_row_groups(needed.tolist())
        first = dict(zip(needed.tolist(), np.cumsum([0, *[sizes[g] for g in needed]]).tolist(), strict=False))
        places = [first[g] + n - starts[g] for g, n in zip(groups.tolist(), numbers.tolist(), strict=True)]
        return table.take(pa.array(places, pa.int64()))


def _check(name: str, value: str, options: tuple[str, ...]) -> None:
    if value not in options:
        raise OutOfRangeError(f"'{name}' is {value!r} and must be one of: {', '.join(options)}.", parameter=name)
