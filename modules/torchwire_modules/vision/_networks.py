"""Build torchvision's DenseNets and ResNets from what a model folder says about them.

DenseNet: Huang et al. 2017, arXiv:1608.06993. ResNet: He et al. 2016, arXiv:1512.03385; ResNeXt: Xie et al. 2017,
arXiv:1611.05431; Wide ResNet: Zagoruyko and Komodakis 2016, arXiv:1605.07146.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torchvision import models

from torchwire.errors import InvalidModelDirectoryError

HEADS = {"densenet": "classifier", "resnet": "fc"}
"""The name of the last, fully connected layer in each family."""

OPTIONS = {"densenet": ("memory_efficient",), "resnet": ("zero_init_residual",)}
"""The options of each family that torchvision's builder takes."""


def build(family: str, model_name: str, options: Mapping[str, Any], classes: int) -> nn.Module:
    """Return the network with a new head for ``classes`` classes, all weights drawn from torch's global generator.

    Raises InvalidModelDirectoryError for an architecture or option that isn't ours.
    """
    if family not in HEADS or model_name not in names_of(family):
        raise InvalidModelDirectoryError(
            f"There is no architecture '{model_name}' in the family '{family}'.",
            hint="Wire the output of a DenseNet or ResNet node.",
        )
    if unknown := sorted(set(options) - set(OPTIONS[family])):
        raise InvalidModelDirectoryError(f"{model_name} has no option '{unknown[0]}'.")
    return cast(nn.Module, models.get_model(model_name, weights=None, num_classes=classes, **options))


def names_of(family: str) -> list[str]:
    """The names torchvision gives to the classifiers of ``family``."""
    return [name for name in models.list_models(module=models) if name.startswith(PREFIXES[family])]


PREFIXES = {"densenet": ("densenet",), "resnet": ("resnet", "resnext", "wide_resnet")}


def head_of(network: nn.Module, family: str) -> nn.Linear:
    """The layer that turns features into one logit per class."""
    return cast(nn.Linear, getattr(network, HEADS[family]))


def freeze_backbone(network: nn.Module, family: str) -> None:
    """Stop the gradient of every parameter but the head's. ``train_mode`` then also keeps running statistics still."""
    network.requires_grad_(False)
    head_of(network, family).requires_grad_(True)


def train_mode(network: nn.Module, family: str, *, frozen: bool) -> None:
    """Switch to training. With ``frozen``, only the head: batch norm of the backbone uses and keeps what it has."""
    network.train(not frozen)
    head_of(network, family).train()


def load_weights(network: nn.Module, weights: Mapping[str, Tensor], *, source: str) -> None:
    """Copy ``weights`` into ``network``. Raises InvalidModelDirectoryError for a missing, spare or misshapen tensor."""
    try:
        network.load_state_dict(dict(weights), strict=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1:2]
        raise InvalidModelDirectoryError(
            f"The weights in {source} do not fit the architecture: {first[0].strip() if first else error}",
            hint="Train the model again, or wire the trained model that belongs to this architecture.",
        ) from error


def parameter_count(network: nn.Module) -> int:
    """How many numbers are learnt."""
    return sum(parameter.numel() for parameter in network.parameters())


def meta_network(family: str, model_name: str, classes: int) -> nn.Module:
    """The network without memory for its weights, to count and shape-check."""
    with torch.device("meta"):
        return build(family, model_name, {}, classes)
