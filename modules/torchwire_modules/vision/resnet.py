"""ResNet image classifiers (He et al. 2016, arXiv:1512.03385) and their wider kin.

ResNeXt: Xie et al. 2017, arXiv:1611.05431. Wide ResNet: Zagoruyko and Komodakis 2016, arXiv:1605.07146.
"""

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

VARIANTS = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)


@module("resnet", title="ResNet", category="Computer Vision / Image Classification", version=1)
class ResNet(Module):
    """Describe a ResNet classifier for Train PyTorch Model to fit."""

    untrained_model = output(
        UNTRAINED_MODEL_DIRECTORY, help="The architecture with its options; Train PyTorch Model fits it."
    )

    model_name = choice(
        "resnext101_32x8d",
        options=VARIANTS,
        label="Model name",
        help="Which ResNet. The number after the name is its depth in layers; ResNeXt splits its channels into groups, "
        "Wide ResNet has twice as many of them. resnet18 is the fastest.",
    )
    pretrained = flag(
        True,
        help="Start from weights learnt on ImageNet: far better than starting from scratch when you have few images. "
        "They are fetched once, when the model is trained.",
    )
    zero_init_residual = flag(
        False,
        help="Start each residual branch at zero, so that a block begins as the identity. It often helps training "
        "from scratch and has no effect on pretrained weights.",
    )

    def run(self, ctx: Context) -> Outputs:
        """Write the description."""
        folder = ctx.output_folder("untrained_model")
        options = {"zero_init_residual": self.zero_init_residual}
        UntrainedModel("resnet", self.model_name, self.pretrained, options).write(folder)
        return {"untrained_model": folder}

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """The architecture."""
        model = ModelFacts("resnet", self.model_name, self.pretrained, {"zero_init_residual": self.zero_init_residual})
        return {"untrained_model": Facts(model=model)}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """Weights that are wanted and not there."""
        return remarks_on_weights(self.model_name, known) if self.pretrained else ()
