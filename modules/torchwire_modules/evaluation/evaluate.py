"""Evaluate Model: how good a scored data set is, or two side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchwire.errors import TorchwireError
from torchwire.module_api import (
    DATA_FRAME_DIRECTORY,
    Context,
    Known,
    Module,
    Outputs,
    Remark,
    input,
    module,
    output,
)

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
        from torchwire.data_types.scores import ScoredTable  # late, so that listing the palette loads no pyarrow
        from torchwire_modules.evaluation._evaluation import read_scores, save
        from torchwire_modules.evaluation._metrics import evaluate

        folder = ctx.output_folder("evaluation_results")
        wired = [port for port in PORTS if port == PORTS[0] or ctx.optional_input(port) is not None]
        models, scored = [], []
        for number, port in enumerate(wired):
            ctx.check_cancelled()
            try:
                table = ScoredTable.open(ctx.input(port))
                scores = read_scores(table)
            except TorchwireError as error:
                error.port = port
                raise
            models.append({"name": port, **evaluate(scores), "images_digest": table.images_digest})
            scored.append((table, scores))
            ctx.progress(number + 1, len(wired), unit="models")
        save(folder, models, scored)
        report(ctx, models)
        return {"evaluation_results": folder}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Scored images without true labels."""
        for port in PORTS:
            if known.input(port).labelled is False:
                text = "The scored images have no labels, so there is nothing to compare the model's answers with."
                yield Remark("unlabelled", "error", text, port=port)


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
