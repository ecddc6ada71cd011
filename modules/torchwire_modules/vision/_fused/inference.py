"""A trained network made ready to score: batch norms folded into convolutions, ReLUs and sums done on the way out.

On the CPU, with oneDNN. A convolution followed by a batch norm is one convolution with other weights (the running
statistics are constants now); oneDNN applies a ReLU, or adds a shortcut, while it writes the result. In a DenseNet
norms come before convolutions: the first of a layer stays, in one pass with its ReLU over the block's buffer, and the
second folds into the convolution before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.models import densenet, resnet

from torchwire_modules.vision._fused import dense_layers, library, norm_relu, stem, winograd
from torchwire_modules.vision._fused.library import kernels
from torchwire_modules.vision._fused.norm_relu import Norm

Part = Callable[[Tensor], Tensor]


def ready_to_score(network: nn.Module, kind: torch.dtype) -> Part | None:
    """A function from images (n, 3, height, width) float32 to logits (n, classes) float32; ``kind`` is the type within.

    None for what can't be made ready here: another architecture, no oneDNN, no fused kernels for a DenseNet.
    """
    if not _has_onednn() or kind not in norm_relu.KINDS:
        return None
    if isinstance(network, resnet.ResNet):
        return _Resnet(network.eval(), kind)
    if isinstance(network, densenet.DenseNet) and kernels() is not None and _even(network):
        return _Densenet(network.eval(), kind)
    return None


class _Convolution:
    """A convolution with the batch norm behind it folded in; ``relu`` is done in one go.

    So is adding to ``shortcut``, which holds the result then.
    """

    def __init__(self, layer: nn.Conv2d, norm: nn.BatchNorm2d | None, kind: torch.dtype, *, relu: bool) -> None:
        weight, bias = _folded(layer, norm)
        self._weight = weight.to(kind, memory_format=torch.channels_last)
        self._bias = None if bias is None else bias.to(kind)
        self._how = list(layer.padding), list(layer.stride), list(layer.dilation), layer.groups
        self._relu = relu
        self._packed = False

    def __call__(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        if not self._packed:
            self._pack(x)
        mkldnn: Any = torch.ops.mkldnn
        given = x, self._weight, self._bias, *self._how
        if shortcut is None:
            return cast(Tensor, mkldnn._convolution_pointwise(*given, "relu" if self._relu else "none", [], ""))
        end = "relu" if self._relu else None
        return cast(Tensor, mkldnn._convolution_pointwise_.binary(shortcut, *given, "add", 1.0, end, [], None))

    def _pack(self, x: Tensor) -> None:
        """Lay the weights out as oneDNN wants them for the first batch; else it does so again for each one."""
        reorder: Any = torch.ops.mkldnn._reorder_convolution_weight
        self._weight = reorder(self._weight, *self._how, list(x.shape))
        self._packed = True


class _WinogradConvolution:
    """The same of 3 x 3 in bfloat16, in fewer products; with a ReLU. The shortcut is left as it was."""

    def __init__(self, layer: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        weight, self._bias = _folded(layer, norm)
        self._weights, self._columns = winograd.packed(weight), layer.out_channels

    def __call__(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        x = _laid_out(x, torch.bfloat16)
        other = None if shortcut is None else _laid_out(shortcut, torch.bfloat16)
        return winograd.convolved(x, self._weights, self._columns, self._bias, other, relu=True)


class _Chosen:
    """Whichever of the two is faster for the first batch that comes."""

    def __init__(self, layer: nn.Conv2d, norm: nn.BatchNorm2d, kind: torch.dtype) -> None:
        self._given = layer, norm, kind
        self._made: _Convolution | _WinogradConvolution | None = None

    def __call__(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        if self._made is None:
            layer, norm, kind = self._given
            fewer = _in_pairs(kind) and winograd.suits(layer) and winograd.pays(x, layer.out_channels)
            self._made = _WinogradConvolution(layer, norm) if fewer else _Convolution(layer, norm, kind, relu=True)
        return self._made(x, shortcut)


def _folded(layer: nn.Conv2d, norm: nn.BatchNorm2d | None) -> tuple[Tensor, Tensor | None]:
    """The weight and bias of a convolution with the norm behind it, if there is one."""
    weight, bias = layer.weight, layer.bias
    if norm is not None:
        assert norm.running_mean is not None and norm.running_var is not None  # noqa: S101
        weight, bias = fuse_conv_bn_weights(
            weight, bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
    return weight.detach(), None if bias is None else bias.detach()


def _in_pairs(kind: torch.dtype) -> bool:
    return kind == torch.bfloat16 and library.pairs() is not None


def _stem(layer: nn.Conv2d, norm: nn.BatchNorm2d, pool: nn.MaxPool2d, kind: torch.dtype) -> Part:
    """From images to the first maps: a convolution of 7 x 7 at every second pixel, norm, ReLU and a max pool."""
    if not _in_pairs(kind):
        return _Stem(layer, norm, pool, kind)
    weight, bias = _folded(layer, norm)
    assert bias is not None  # noqa: S101
    weights = stem.packed(weight)
    return lambda images: stem.scored(images, weights, bias)


class _Stem:
    """``_stem`` by oneDNN.

    Three channels are too few to fill the processor's vectors. Two neighbouring pixels side by side in memory are one
    pixel of six channels, so the same is a convolution of 7 x 4 pairs, at every one of them.
    """

    def __init__(self, layer: nn.Conv2d, norm: nn.BatchNorm2d, pool: nn.MaxPool2d, kind: torch.dtype) -> None:
        pairs = nn.Conv2d(6, layer.out_channels, (7, 4), (2, 1), (3, 0), bias=False)
        taps = nn.functional.pad(layer.weight.detach(), (1, 0)).view(-1, 3, 7, 4, 2)
        pairs.weight = nn.Parameter(taps.permute(0, 4, 1, 2, 3).flatten(1, 2))
        self._convolution, self._pool, self._kind = _Convolution(pairs, norm, kind, relu=True), pool, kind

    def __call__(self, images: Tensor) -> Tensor:
        count, _, height, width = images.shape
        columns = (width + 1) // 2
        padded = torch.zeros(count, height, 2 * columns + 6, 3, dtype=self._kind)
        padded[:, :, 4 : 4 + width] = images.permute(0, 2, 3, 1)
        maps = self._convolution(padded.view(count, height, columns + 3, 6).permute(0, 3, 1, 2))
        whole = kernels() is not None and norm_relu.fits(maps)
        return norm_relu.max_pool(maps) if whole else cast(Tensor, self._pool(maps))


class _Resnet:
    def __init__(self, network: resnet.ResNet, kind: torch.dtype) -> None:
        self._stem, self._head = _stem(network.conv1, network.bn1, network.maxpool, kind), network.fc
        stages = (network.layer1, network.layer2, network.layer3, network.layer4)
        self._blocks = [_Residual(block, kind) for stage in stages for block in stage]

    def __call__(self, images: Tensor) -> Tensor:
        x = self._stem(images)
        for block in self._blocks:
            x = block(x)
        return cast(Tensor, self._head(x.float().mean((2, 3))))


class _Residual:
    """A basic block or a bottleneck."""

    def __init__(self, block: Any, kind: torch.dtype) -> None:
        pairs = [(block.conv1, block.bn1), (block.conv2, block.bn2)]
        pairs += [(block.conv3, block.bn3)] if isinstance(block, resnet.Bottleneck) else []
        self._convolutions = [_Chosen(layer, norm, kind) for layer, norm in pairs]
        down = block.downsample
        self._shortcut = None if down is None else _Convolution(down[0], down[1], kind, relu=False)

    def __call__(self, x: Tensor) -> Tensor:
        shortcut = x if self._shortcut is None else self._shortcut(x)
        for convolution in self._convolutions[:-1]:
            x = convolution(x)
        return self._convolutions[-1](x, shortcut)


class _Densenet:
    def __init__(self, network: densenet.DenseNet, kind: torch.dtype) -> None:
        parts = network.features
        self._stem = _stem(parts.conv0, parts.norm0, parts.pool0, kind)
        self._parts: list[Part] = []
        for part in parts.children():
            if isinstance(part, densenet._DenseBlock):
                layers = list(part.values())
                self._parts.append(_PairedBlock(layers) if _in_pairs(kind) else _Block(layers, kind))
            elif isinstance(part, densenet._Transition):
                self._parts.append(_Narrowing(part, kind))
        self._last, self._head = Norm.of_running(parts.norm5), network.classifier

    def __call__(self, images: Tensor) -> Tensor:
        x = self._stem(images)
        for part in self._parts:
            x = part(x)
        return cast(Tensor, self._head(norm_relu.scale_relu(x, self._last).float().mean((2, 3))))


class _Block:
    """A dense block over one buffer, as in ``dense_block``."""

    def __init__(self, layers: list[Any], kind: torch.dtype) -> None:
        self._layers = [
            (
                Norm.of_running(layer.norm1),
                _Convolution(layer.conv1, layer.norm2, kind, relu=True),
                _Convolution(layer.conv2, None, kind, relu=False),
            )
            for layer in layers
        ]
        self._growth = layers[0].conv2.out_channels

    def __call__(self, x: Tensor) -> Tensor:
        known = x.shape[1]
        buffer = norm_relu.empty(x, known + self._growth * len(self._layers))
        norm_relu.copy(_laid_out(x, x.dtype), buffer[:, :known])
        for norm, one, two in self._layers:
            grown = two(one(norm_relu.scale_relu(buffer[:, :known], norm)))
            norm_relu.copy(_laid_out(grown, x.dtype), buffer[:, known : known + self._growth])
            known += self._growth
        return buffer


class _Narrowing:
    """A transition, its mean taken before its convolution."""

    def __init__(self, part: Any, kind: torch.dtype) -> None:
        self._norm, self._pool = Norm.of_running(part.norm), part.pool
        self._convolution = _Convolution(part.conv, None, kind, relu=False)

    def __call__(self, x: Tensor) -> Tensor:
        return self._convolution(self._pool(norm_relu.scale_relu(x, self._norm)))


class _PairedBlock:
    """The same in bfloat16, each convolution in one kernel with the norm and ReLU before it."""

    def __init__(self, layers: list[Any]) -> None:
        self._layers = []
        for layer in layers:
            weight, bias = _folded(layer.conv1, layer.norm2)
            assert bias is not None  # noqa: S101
            self._layers.append((Norm.of_running(layer.norm1), dense_layers.packed(weight), bias))
        self._weights = [layer.conv2.weight.detach() for layer in layers]
        self._packed: list[dense_layers.Packed] = []
        self._growth = layers[0].conv2.out_channels

    def __call__(self, x: Tensor) -> Tensor:
        if not self._packed:  # as is best for the first batch that comes
            self._packed = [dense_layers.packed_growth(weight, x) for weight in self._weights]
        known = x.shape[1]
        buffer = norm_relu.empty(x, known + self._growth * len(self._layers))
        norm_relu.copy(_laid_out(x, x.dtype), buffer[:, :known])
        for (norm, one, bias), two in zip(self._layers, self._packed, strict=True):
            narrow = dense_layers.narrow(buffer[:, :known], norm, one, bias)
            dense_layers.grow(narrow, None, two, into=buffer[:, known : known + self._growth])
            known += self._growth
        return buffer


def _laid_out(x: Tensor, kind: torch.dtype) -> Tensor:
    return x.to(kind).contiguous(memory_format=torch.channels_last)


def _even(network: densenet.DenseNet) -> bool:
    return not any(m.num_features % 16 for m in network.modules() if isinstance(m, nn.BatchNorm2d))


def _has_onednn() -> bool:
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
