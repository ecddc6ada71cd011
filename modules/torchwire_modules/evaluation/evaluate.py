"""Evaluate Model: how good a scored data set is, or two side by side."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from torchwire.data_types.data_frame import write_data_frame
from torchwire.data_types.scores import CATEGORY, EVALUATION, ID, PREDICTED, PREDICTIONS, ScoredTable
from torchwire.errors import InvalidDatasetError, NotLabeledDatasetError, TorchwireError
from torchwire.module_api import DATA_FRAME_DIRECTORY, Context, Module, Outputs, input, module, output
from torchwire_modules.evaluation.metrics import Scores, evaluate

PORTS = ("scored_dataset", "scored_dataset_to_compare")


@module(
    "evaluate-model",
    title="Evaluate Model",
    category="Scoring and Evaluation",
    version=1,
    libraries=("numpy", "pyarrow"),
)
class EvaluateModel(Module):
    """Compare scored labels with true ones: confusion matrix, accuracy, precision, recall, F1, ROC and AUC."""

    scored_dataset = input(DATA_FRAME_DIRECTORY, help="The scored images of a model, with their true labels.")
    scored_dataset_to_compare = input(
        DATA_FRAME_DIRECTORY, optional=True, help="The scored images of a second model, to see both side by side."
    )
    evaluation_results = output(
        DATA_FRAME_DIRECTORY, help="One row of figures per model, with all the details beside it."
    )

    def run(self, ctx: Context) -> Outputs:
        """Evaluate each scored data set that is wired in."""
        folder = ctx.output_folder("evaluation_results")
        wired = [port for port in PORTS if port == PORTS[0] or ctx.optional_input(port) is not None]
        models, predictions = [], []
        for number, port in enumerate(wired):
            ctx.check_cancelled()
            try:
                table = ScoredTable.open(ctx.input(port))
                scores = read_scores(table)
            except TorchwireError as error:
                error.port = port
                raise
            models.append({"name": port, **evaluate(scores), "images_digest": table.images_digest})
            predictions.append(_predictions(number, table, scores))
            ctx.progress(number + 1, len(wired), unit="models")
        record = json.dumps({"models": models}, allow_nan=False, ensure_ascii=False)
        (folder / EVALUATION).write_text(record, encoding="utf-8")
        pq.write_table(pa.concat_tables(predictions), folder / PREDICTIONS, compression="zstd")
        write_data_frame(folder, pa.Table.from_pylist([summary(model) for model in models]), kind="evaluation")
        report(ctx, models)
        return {"evaluation_results": folder}


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


def report(ctx: Context, models: list[dict[str, Any]]) -> None:
    """Show the headline figures on the node: the first model's, and the second's with ``_compared``."""
    values: dict[str, float | None] = {}
    for model, ending in zip(models, ("", "_compared"), strict=False):
        values |= {
            f"accuracy{ending}": model["accuracy"],
            f"macro_f1{ending}": model["macro"]["f1"],
            f"auc{ending}": model["auc"]["macro"],
        }
        ctx.log(
            f"{model['name']}: {model['total']} images, accuracy {model['accuracy']:.4f}, "
            f"macro F1 {model['macro']['f1']:.4f}"
        )
    ctx.metric(0, values, axis="result")


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
