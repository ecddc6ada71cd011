"""Read what Score and Evaluate made: scored tables, evaluations, and pages of them for the previews.

A scored table is a DataFrameDirectory of kind ``scored`` with the columns ``id``, ``category`` (where the data set
is labelled), ``Scored Probabilities_<label>`` for each class and ``Scored Labels``. An evaluation adds
``evaluation.json`` and ``predictions.parquet`` (model, id, category, predicted, confidence) to its table.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

from torchwire.data_types.columns import FLOATS, number_column, read_table, text_column
from torchwire.data_types.data_frame import FORMAT, SCHEMA, TABLE, VERSION, DataFrame
from torchwire.data_types.json_files import write_json
from torchwire.data_types.kept import KEPT
from torchwire.data_types.preview import page, whole_number
from torchwire.errors import NotScoredDatasetError, OutOfRangeError

ID, CATEGORY, PREDICTED = "id", "category", "Scored Labels"
PROBABILITY = "Scored Probabilities_"
EVALUATION, PREDICTIONS = "evaluation.json", "predictions.parquet"
MANY_LABELS = 50
"""With more classes than this a row of a preview shows only the TOP_SCORES best scores."""
TOP_SCORES = 10
GROUP_ROWS, GROUP_VALUES = 8192, 2_000_000
"""The most rows, and values, of a row group. Each group of each column costs memory until the file is closed, so they
may not be small; a page of a preview reads whole groups, so they may not be large."""


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
        return read_table(self.file, [name]).column(0).combine_chunks()

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
        self._group = max(1, min(GROUP_ROWS, GROUP_VALUES // len(fields)))
        self._ids: list[str] = []
        self._categories: list[str | None] = []
        self._probabilities: list[NDArray[np.float32]] = []
        self._rows = 0

    def __enter__(self) -> ScoredWriter:
        self._file = pq.ParquetWriter(self._folder / TABLE, self._schema, compression="zstd")
        return self

    def write(self, ids: list[str], categories: list[str | None], probabilities: NDArray[np.float32]) -> None:
        """Add images: ``probabilities`` is (images, classes). The greatest is the scored label."""
        self._ids += ids
        self._categories += categories
        self._probabilities.append(probabilities)
        if len(self._ids) >= self._group:
            self._flush()

    def _flush(self) -> None:
        """Write what has gathered as one row group."""
        probabilities = np.concatenate(self._probabilities)
        best = probabilities.argmax(axis=1)
        columns = [text_column(self._ids)] + ([text_column(self._categories)] if self._labelled else [])
        columns += [number_column(probabilities[:, number], FLOATS) for number in range(len(self._labels))]
        columns.append(text_column([self._labels[number] for number in best]))
        self._file.write_table(pa.table(columns, schema=self._schema), row_group_size=len(probabilities))
        self._rows += len(probabilities)
        self._ids, self._categories, self._probabilities = [], [], []

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None and self._ids:
            self._flush()
        self._file.close()
        if kind is None:
            columns = [{"name": field.name, "type": str(field.type)} for field in self._schema]
            record = {"format": FORMAT, "version": VERSION, "kind": "scored", "columns": columns, "rows": self._rows}
            write_json(self._folder / SCHEMA, record | {"images": self._images, "labels": self._labels})


@dataclass(frozen=True)
class ScoredIndex:
    """What filters and orders need of a scored table, read once and kept. ``right`` is None without labels."""

    scored: ScoredTable
    ids: Any
    predicted: Any
    category: Any
    right: NDArray[np.bool_] | None
    confidence: NDArray[np.float32]
    by_id: NDArray[np.int64]
    accuracy: float | None

    @classmethod
    def open(cls, folder: Path, digest: str = "") -> ScoredIndex:
        """Read the artifact ``digest`` in ``folder``, or find it read. Raises NotScoredDatasetError."""
        if not digest:
            return cls._read(folder)
        return KEPT.get(("scored", str(folder), digest), lambda: cls._read(folder))

    @classmethod
    def _read(cls, folder: Path) -> ScoredIndex:
        scored = ScoredTable.open(folder)
        ids, predicted = scored.column(ID), scored.column(PREDICTED).dictionary_encode()
        category = right = accuracy = None
        if CATEGORY in pq.read_schema(scored.file).names:
            category = scored.column(CATEGORY)
            right = np.asarray(pc.fill_null(pc.equal(category, scored.column(PREDICTED)), False))
            category = category.dictionary_encode()
            accuracy = float(right.mean()) if scored.labelled and len(right) else None
        by_id = np.asarray(pc.sort_indices(ids), dtype=np.int64)
        confidence = scored.confidences().astype(np.float32)
        return cls(scored, ids, predicted, category, right, confidence, by_id, accuracy)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        held = (self.ids, self.predicted, self.category, self.right, self.confidence, self.by_id)
        return sum(int(one.nbytes) for one in held if one is not None)

    def chosen(self, query: Mapping[str, str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The numbers of the rows that ``query`` asks for, in order, and which fit but for whether they are right."""
        fits = np.ones(len(self.ids), dtype=bool)
        if "predicted" in query:
            fits &= _equal(self.predicted, query["predicted"])
        if "category" in query:
            fits &= _equal(self.category, query["category"])
        if text := query.get("text"):
            fits &= np.asarray(pc.match_substring(self.ids, text, ignore_case=True))
        least, most = _share(query, "min_confidence", 0.0), _share(query, "max_confidence", 1.0)
        if least > 0 or most < 1:
            # As many digits as people see: what is shown as 90 % is within "from 90 %".
            shown = self.confidence.round(4)
            fits &= (shown >= np.float32(least) - 1e-6) & (shown <= np.float32(most) + 1e-6)
        keep = fits
        if only := query.get("only"):
            _check("only", only, ("wrong", "right"))
            wanted = np.zeros(len(self.ids), bool) if self.right is None else self.right
            keep = fits & (wanted if only == "right" or self.right is None else ~wanted)
        numbers = self._ordered(query.get("order", "id"))
        return numbers[keep[numbers]], fits

    def _ordered(self, order: str) -> NDArray[np.int64]:
        _check("order", order, ("id", "-id", "confidence", "-confidence", "wrong"))
        if order in ("id", "-id"):
            return self.by_id if order == "id" else self.by_id[::-1]
        if order == "confidence":
            return np.argsort(self.confidence, kind="stable")
        if order == "-confidence" or self.right is None:
            return np.argsort(-self.confidence, kind="stable")
        return np.lexsort((-self.confidence, self.right))


def preview_scored(folder: Path, query: Mapping[str, str], digest: str = "") -> dict[str, Any]:
    """A page of a scored table.

    ``query``: offset, limit (at most 200), order (``id`` or ``-id``; ``confidence`` or ``-confidence``; ``wrong``:
    wrong ones first, the surest first), only (``wrong`` | ``right``), category, predicted, text (a part of the id),
    min_confidence and max_confidence (0 to 1). ``counts`` are of all that fit but for ``only``. Raises
    NotScoredDatasetError and, for a query that can't be read, OutOfRangeError or ParameterParseError.
    """
    index = ScoredIndex.open(folder, digest)
    numbers, fits = index.chosen(query)
    offset, limit = page(query)
    right = 0 if index.right is None else int((fits & index.right).sum())
    return {
        "type": "DataFrameDirectory",
        "kind": "scored",
        "columns": pq.read_schema(index.scored.file).names,
        "total": len(numbers),
        "counts": {"all": int(fits.sum()), "right": right, "wrong": int(fits.sum()) - right},
        "rows": index.scored.rows(numbers[offset : offset + limit]),
        "images_digest": index.scored.images_digest,
        "labels": index.scored.labels,
        "accuracy": index.accuracy,
    }


def scored_as_csv(folder: Path, query: Mapping[str, str], digest: str = "") -> Iterator[bytes]:
    """The rows that ``query`` (as in ``preview_scored``) asks for as lines of CSV, a piece at a time."""
    index = ScoredIndex.open(folder, digest)
    numbers, _ = index.chosen(query)
    return _csv(index, numbers)


def _csv(index: ScoredIndex, numbers: NDArray[np.int64]) -> Iterator[bytes]:
    labels = index.scored.labels
    labelled = index.category is not None
    head = [ID, *([CATEGORY] if labelled else []), "predicted", "confidence", *(f"p({label})" for label in labels)]
    yield b"\xef\xbb\xbf" + _lines([head])  # spreadsheets take it for UTF-8 by these bytes
    for start in range(0, len(numbers), 1000):
        table = _take(index.scored.file, numbers[start : start + 1000])
        scores = np.stack([table.column(PROBABILITY + label).to_numpy() for label in labels], axis=1)
        texts = [table.column(ID), *([table.column(CATEGORY)] if labelled else []), table.column(PREDICTED)]
        rows = zip(*(column.to_pylist() for column in texts), scores, strict=True)
        yield _lines(
            [
                *map(_harmless, row[:-1]),
                f"{row[-1].max():.6g}",
                *(f"{score:.6g}" for score in row[-1]),
            ]
            for row in rows
        )


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _harmless(text: str | None) -> str:
    """Text that no spreadsheet takes for a formula."""
    return "'" + text if text and text[0] in "=+-@\t\r" else text or ""


def _equal(column: Any, value: str) -> Any:
    return False if column is None else np.asarray(pc.fill_null(pc.equal(column, value), False))


def _share(query: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(query.get(name) or default)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise OutOfRangeError(f"'{name}' is '{query[name][:40]}' and must be a number from 0 to 1.", parameter=name)
    return value


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
        return table.take(number_column(places, np.dtype(np.int64)))


def _check(name: str, value: str, options: tuple[str, ...]) -> None:
    if value not in options:
        raise OutOfRangeError(f"'{name}' is {value!r} and must be one of: {', '.join(options)}.", parameter=name)
