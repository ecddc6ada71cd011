"""What Evaluate Model reads and writes. Apart from the module, so that listing the palette loads no numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from torchwire.data_types.data_frame import write_data_frame
from torchwire.data_types.scores import CATEGORY, EVALUATION, ID, PREDICTED, PREDICTIONS, ScoredTable
from torchwire.errors import InvalidDatasetError, NotLabeledDatasetError
from torchwire_modules.evaluation._metrics import Scores


def read_scores(table: ScoredTable) -> Scores:
    """The scores with their true labels as numbers.

    Categories that the model doesn't know come after its own. Raises NotLabeledDatasetError without true labels and
    InvalidDatasetError without rows.
    """
    if not table.labelled:
        raise NotLabeledDatasetError(
            "The scored images have no true labels to compare with.",
            hint="Score a labelled image directory: one folder per category.",
        )
    if not table.total:
        raise InvalidDatasetError("The scored data set is empty.", hint="Score at least one image.")
    truth, predicted = table.column(CATEGORY).to_pylist(), table.column(PREDICTED).to_pylist()
    known = len(table.labels)
    labels = table.labels + sorted({*truth, *predicted} - set(table.labels))
    number = {label: at for at, label in enumerate(labels)}
    scores: NDArray[np.float64] = np.full((table.total, len(labels)), -1.0)
    scores[:, :known] = table.probabilities()
    return Scores(
        labels,
        np.array([number[label] for label in truth], dtype=np.int64),
        np.array([number[label] for label in predicted], dtype=np.int64),
        scores,
        frozenset(range(known, len(labels))),
    )


def save(folder: Path, models: Sequence[dict[str, Any]], scored: Sequence[tuple[ScoredTable, Scores]]) -> None:
    """Write the details, each image's prediction, and a table with one row of figures per model."""
    record = json.dumps({"models": models}, allow_nan=False, ensure_ascii=False)
    (folder / EVALUATION).write_text(record, encoding="utf-8")
    predictions = [_predictions(number, table, scores) for number, (table, scores) in enumerate(scored)]
    pq.write_table(pa.concat_tables(predictions), folder / PREDICTIONS, compression="zstd")
    write_data_frame(folder, pa.Table.from_pylist([summary(model) for model in models]), kind="evaluation")


def summary(model: dict[str, Any]) -> dict[str, Any]:
    """The headline figures of one model: a row of the table."""
    return {
        "model": model["name"],
        "images": model["total"],
        "accuracy": model["accuracy"],
        "top5": model["top5"],
        **{f"micro_{name}": value for name, value in model["micro"].items()},
        **{f"macro_{name}": value for name, value in model["macro"].items()},
        "macro_auc": model["auc"]["macro"],
    }


def _predictions(number: int, table: ScoredTable, scores: Scores) -> Any:
    return pa.table(
        {
            "model": pa.array([number] * table.total, pa.int8()),
            "id": table.column(ID),
            "category": table.column(CATEGORY),
            "predicted": table.column(PREDICTED),
            "confidence": scores.probabilities.max(axis=1),
        }
    )
