"""Score Image Model: what a trained model thinks of each image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from torchwire.data_types.model import TrainedModel
from torchwire.errors import InvalidDatasetError, InvalidModelDirectoryError
from torchwire.module_api import (
    DATA_FRAME_DIRECTORY,
    IMAGE_DIRECTORY,
    MODEL_DIRECTORY,
    Context,
    Estimate,
    Facts,
    Known,
    Module,
    Outputs,
    Remark,
    choice,
    input,
    module,
    output,
)
from torchwire_modules.training.forethought import listed

if TYPE_CHECKING:
    from pathlib import Path

    from torchwire_modules.evaluation._inference import Comparison
    from torchwire_modules.training._datasets import ImageSet

BATCH_SIZE = 32
COMPARED = 256
"""Images that are scored in float32 as well, at most one in twenty, to say how much a faster arithmetic differs."""
AGREEMENT = 0.995
"""The share of equal labels under which the log warns."""


@module(
    "score-image-model",
    title="Score Image Model",
    category="Scoring and Evaluation",
    version=1,
    libraries=("torch", "torchvision", "pillow", "pyarrow"),
    rehearsed=True,
)
class ScoreImageModel(Module):
    """Predict the category of each image with a trained model, and how probable each category is."""

    trained_model = input(MODEL_DIRECTORY, help="The model to use: the output of Train PyTorch Model.")
    dataset = input(
        IMAGE_DIRECTORY, help="The images to score, labelled or not. The model's own transformation is applied to them."
    )
    scored_dataset = output(
        DATA_FRAME_DIRECTORY, help="One row per image: its label if it has one, all probabilities, the scored label."
    )

    precision = choice(
        "auto",
        options=("auto", "fp32", "bf16"),
        group="Arithmetic",
        help="Auto takes bfloat16 where the processor or GPU has units for it, and says how often the label differs.",
    )

    def run(self, ctx: Context) -> Outputs:
        """Score every image."""
        from torchwire.data_types.columns import number_column  # late: these load numpy, pyarrow and torch
        from torchwire.data_types.scores import ScoredWriter
        from torchwire_modules.evaluation import _inference
        from torchwire_modules.training._datasets import at_port, pixel_cache
        from torchwire_modules.training._device import memory_errors
        from torchwire_modules.vision._hardware import chosen

        with at_port("trained_model"):
            model = TrainedModel.read(ctx.input("trained_model"))
            network = _inference.load_network(model, ctx.device)
        images = open_images(model, ctx.input("dataset"))
        folder, total, done = ctx.output_folder("scored_dataset"), images.images.total, 0
        records = images.images.records
        labelled = images.images.labelled
        arithmetic = chosen(ctx.device, model.family, images.image_size, precision=self.precision)
        comparison = None
        if arithmetic.precision != "fp32":
            comparison = _inference.Comparison(_inference.exact_logits(network), compared_of(total))
        logits = _inference.fast_logits(network, ctx.device, arithmetic)
        cache, (height, width) = pixel_cache(ctx.settings), images.image_size
        keeps = cache is not None and cache.has_room(total * height * width * 3)
        with (
            _inference.cpu_threads(ctx.threads),
            memory_errors("Score on a machine with more memory, or train on smaller images."),
            images.store(ctx.scratch, budget=None if keeps else 0, cache=cache) as store,
            closing(
                _inference.probabilities(
                    logits, images.batches(store, BATCH_SIZE, cores=ctx.threads, device=ctx.device), comparison
                )
            ) as scored,
            ScoredWriter(
                folder, list(model.categories), labelled=labelled, images_digest=ctx.input_digest("dataset")
            ) as table,
        ):
            for indices, scores in scored:
                rows = number_column(indices)
                categories = records.column("category").take(rows).to_pylist() if labelled else []
                table.write(records.column("id").take(rows).to_pylist(), categories, scores)
                done += len(indices)
                ctx.progress(done, total, unit="images", message=f"{done} of {total} images")
                ctx.check_cancelled()
        ctx.log(f"Scored {total} images with {model.model_name} in {arithmetic.precision}: {arithmetic.why}.")
        if comparison is not None:
            _tell(ctx, arithmetic.precision, comparison)
        return {"scored_dataset": folder}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """A row for each image."""
        images, model = known.input("dataset"), known.input("trained_model")
        return {"scored_dataset": Facts(rows=images.images, labelled=images.labelled, categories=model.categories)}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Images of categories that the model has never seen, or none at all."""
        images, model = known.input("dataset"), known.input("trained_model")
        if images.images == 0:
            yield Remark("empty-set", "error", "The dataset holds no images.", port="dataset")
        if images.labelled and images.categories is not None and model.categories is not None:
            spare = [name for name in images.categories if name not in model.categories]
            if spare:
                text = f"The model knows no {listed(spare)}: such images count as wrong."
                yield Remark("categories-differ", "warning", text, port="dataset")

    def rehearse(self, known: Known, device: str, threads: int) -> Estimate:
        """Score a batch of random pixels."""
        from torchwire_modules.training._rehearsal import rehearse_scoring  # late: it loads torch

        compared = compared_of(known.input("dataset").images or 0)
        return rehearse_scoring(known, self.precision, BATCH_SIZE, compared, device, threads)


def compared_of(total: int) -> int:
    """How many of ``total`` images are scored in float32 as well, if that isn't the precision anyway."""
    return min(COMPARED, max(1, total // 20))


def _tell(ctx: Context, precision: str, comparison: Comparison) -> None:
    share = comparison.equal / max(1, comparison.images)
    ctx.log(
        f"Of {comparison.images} images scored in fp32 as well, {comparison.equal} ({share:.1%}) got the same label; "
        f"probabilities differ by {comparison.largest:.4f} at most."
    )
    if share < AGREEMENT and comparison.images >= 1 / (1 - AGREEMENT):
        ctx.log(f"That is less than {AGREEMENT:.1%}. Set 'Precision' to fp32 if {precision} is not exact enough here.")


def open_images(model: TrainedModel, folder: Path) -> ImageSet:
    """The images with the model's transformation in place of their own.

    Raises InvalidDatasetError for no or empty image directory, InvalidModelDirectoryError when the model's
    transformation leaves images of different sizes.
    """
    from torchwire.data_types.image_directory import ImageDirectory
    from torchwire_modules.training._datasets import ImageSet, at_port, one_size
    from torchwire_modules.vision.transform_ops import Transform

    with at_port("dataset"):
        images = ImageDirectory.open(folder)
        if not images.total:
            raise InvalidDatasetError("The dataset holds no images.", hint="Look at the report of skipped files.")
    transform = Transform(model.input["transformations"], train=False)
    try:
        size = one_size(images, transform, "dataset")
    except InvalidDatasetError as error:
        raise InvalidModelDirectoryError(
            f"The model does not bring these images to one size. {error.message}",
            hint="Train it on images with 'Resize' and 'Center crop'; the same is then done before scoring.",
            port="trained_model",
        ) from error
    return ImageSet("dataset", images, transform, size)
