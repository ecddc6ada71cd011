"""DenseNet image classifiers (Huang et al. 2017, arXiv:1608.06993)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torchwire.data_types.model import UntrainedModel
from torchwire.module_api import (
    UNTRAINED_MODEL_DIRECTORY,
    Context,
    Facts,
    Known,
    ModelFacts,
    Module,
    Outputs,
    Remark,
    choice,
    flag,
    module,
    output,
)
from torchwire_modules.vision.weight_files import remarks_on_weights

VARIANTS = ("densenet121", "densenet161", "densenet169", "densenet201")


@module("densenet", title="DenseNet", category="Computer Vision / Image Classification", version=1)
class DenseNet(Module):
    """Describe a DenseNet classifier for Train PyTorch Model to fit."""

    untrained_model = output(
        UNTRAINED_MODEL_DIRECTORY, help="The architecture with its options; Train PyTorch Model fits it."
    )

    model_name = choice(
        "densenet201",
        options=VARIANTS,
        label="Model name",
        help="Which DenseNet. The number is its depth in layers: deeper is slower and often more accurate.",
    )
    pretrained = flag(
        True,
        help="Start from weights learnt on ImageNet: far better than starting from scratch when you have few images. "
        "They are fetched once, when the model is trained.",
    )
    memory_efficient = flag(
        False, help="Compute some results again in the backward pass: about a third less memory, a tenth slower."
    )

    def run(self, ctx: Context) -> Outputs:
        """Write the description."""
        folder = ctx.output_folder("untrained_model")
        options = {"memory_efficient": self.memory_efficient}
        UntrainedModel("densenet", self.model_name, self.pretrained, options).write(folder)
        return {"untrained_model": folder}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """The architecture."""
        model = ModelFacts("densenet", self.model_name, self.pretrained, {"memory_efficient": self.memory_efficient})
        return {"untrained_model": Facts(model=model)}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Weights that are wanted and not there."""
        return remarks_on_weights(self.model_name, known) if self.pretrained else ()
