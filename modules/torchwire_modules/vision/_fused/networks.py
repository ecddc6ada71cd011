"""Puts the fused forms into torchvision's networks. Parameters, buffers and their names stay as they are."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torchvision.models import densenet, resnet

from torchwire_modules.vision._fused import norm_relu, paired_block, residual_block, stem, winograd
from torchwire_modules.vision._fused.dense_block import DenseBlock, infer
from torchwire_modules.vision._fused.library import kernels, pairs
from torchwire_modules.vision._fused.norm_relu import Norm
from torchwire_modules.vision._fused.paired_block import PairedDenseBlock
from torchwire_modules.vision._fused.stem import Stem
from torchwire_modules.vision._fused.winograd import WinogradConvolution


def fuse(network: nn.Module) -> bool:
    """Let ``network`` (a DenseNet or ResNet of torchvision's) run its batch norms and ReLUs fused, and convolutions
    in fewer products, on the CPU.

    False, and nothing is changed, where there are no kernels. What can't be fused for a given input (a GPU, another
    type, channels that are no multiple of 16) runs as it always did.
    """
    if kernels() is None:
        return False
    for part in network.modules():
        fused = FUSED.get(type(part))
        if fused is not None:
            part.__class__ = fused
        elif type(part) is nn.Conv2d and pairs() is not None and winograd.suits(part):
            part.__class__ = WinogradConvolution
    if type(network) is resnet.ResNet:
        network.__class__ = FusedResNet
    elif type(network) is densenet.DenseNet:
        network.features.__class__ = FusedFeatures
    return True


class NormRelu(torch.autograd.Function):
    """``apply(x, layer, weight, bias, other)``: ``relu(layer(x) + other)``; ``other`` may be None."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, layer: nn.BatchNorm2d, weight: Tensor, bias: Tensor, other: Tensor | None
    ) -> Tensor:
        """Keep what was given."""
        norm = Norm.of(layer, x)
        ctx.save_for_backward(x, other)
        ctx.norm = norm
        return norm_relu.scale_relu(x, norm, other)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """By x, weight, bias and other."""
        x, other = ctx.saved_tensors
        dy = dy.contiguous(memory_format=torch.channels_last)
        made = norm_relu.gradient(x, dy, ctx.norm, other=other)
        return made.x, None, made.weight, made.bias, made.other


class NormReluPool(torch.autograd.Function):
    """``apply(x, layer, weight, bias)``: the largest of 3 x 3 positions at every second one of ``relu(layer(x))``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: nn.BatchNorm2d, weight: Tensor, bias: Tensor) -> Tensor:
        """Keep what was given, and which positions were the largest."""
        norm = Norm.of(layer, x)
        made = norm_relu.relu_pool(x, norm)
        ctx.save_for_backward(x, made.which, made.picked)
        ctx.norm = norm
        return made.y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """By x, weight and bias."""
        x, which, picked = ctx.saved_tensors
        dy = dy.contiguous(memory_format=torch.channels_last)
        pooling = norm_relu.Pooling.of(x, ctx.norm, which, picked, dy)
        return norm_relu.relu_pool_gradient(x, pooling, dy), None, pooling.weight, pooling.bias


def first_layers(convolution: nn.Conv2d, layer: nn.BatchNorm2d, images: Tensor) -> Tensor:
    """``images`` convolved and normed by ``layer``, the ReLU of that, the largest of 3 x 3 at every second position."""
    if _is_stem(convolution, layer, images):
        with torch.autocast("cpu", enabled=False):
            return cast(Tensor, Stem.apply(images, layer, convolution.weight, layer.weight, layer.bias))
    x = convolution(images)
    if _can_fuse(x, layer) and x.is_contiguous(memory_format=torch.channels_last):
        return cast(Tensor, NormReluPool.apply(x, layer, layer.weight, layer.bias))
    return functional.max_pool2d(functional.relu(layer(x)), 3, 2, 1)


def _is_stem(convolution: nn.Conv2d, layer: nn.BatchNorm2d, images: Tensor) -> bool:
    if images.device.type != "cpu" or images.requires_grad or not winograd.wanted() or pairs() is None:
        return False
    positions = images.shape[0] * ((images.shape[2] + 1) // 2) * ((images.shape[3] + 1) // 2)
    fits = stem.suits(convolution) and convolution.weight.dtype == torch.float32
    return fits and norm_relu.is_usual(layer) and (not layer.training or positions > 1)


class FusedResNet(resnet.ResNet):  # type: ignore[misc]  # torchvision brings no types
    """A ResNet."""

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = first_layers(self.conv1, self.bn1, x)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return cast(Tensor, self.fc(torch.flatten(self.avgpool(x), 1)))


class FusedFeatures(nn.Sequential):
    """A DenseNet but for its head."""

    def forward(self, x: Tensor) -> Tensor:
        parts = dict(self.named_children())
        x = first_layers(cast(nn.Conv2d, parts.pop("conv0")), cast(nn.BatchNorm2d, parts.pop("norm0")), x)
        for name, part in parts.items():
            if name not in ("relu0", "pool0"):
                x = part(x)
        return x


def norm_then_relu(layer: nn.BatchNorm2d, x: Tensor, other: Tensor | None = None) -> Tensor:
    """``relu(layer(x) + other)``, fused where that can be."""
    if _can_fuse(x, layer) and (other is None or (other.dtype == x.dtype and norm_relu.fits(other))):
        return cast(Tensor, NormRelu.apply(x, layer, layer.weight, layer.bias, other))
    y = nn.BatchNorm2d.forward(layer, x)
    return functional.relu(y if other is None else y + other)


class FusedTransition(densenet._Transition):  # type: ignore[misc]  # torchvision brings no types
    """Between two blocks: norm, ReLU, a pointwise convolution, and a mean over 2 x 2 positions.

    The mean is taken before the convolution, which gives the same (both are linear, and the convolution looks at one
    position at a time) for a quarter of its work.
    """

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.conv(self.pool(norm_then_relu(self.norm, x))))


class FusedDenseBlock(densenet._DenseBlock):  # type: ignore[misc]  # torchvision brings no types
    """A dense block over one buffer."""

    def forward(self, x: Tensor) -> Tensor:
        layers = list(self.values())
        kind = norm_relu.computed_in(x)
        fits = x.device.type == "cpu" and kind in norm_relu.KINDS and all(map(_is_plain, layers))
        learning = torch.is_grad_enabled() and any(p.requires_grad for p in (x, *self.parameters()))
        if not fits or learning != self.training:
            return cast(Tensor, super().forward(x))
        x = x.to(kind).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", enabled=False):
            paired = x.dtype == torch.bfloat16 and pairs() is not None
            if not learning:
                return paired_block.infer(x, layers) if paired else infer(x, layers)
            parameters = [value for layer in layers for value in _parameters(layer)]
            block = PairedDenseBlock if paired else DenseBlock
            return cast(Tensor, block.apply(x, layers, layers[0].memory_efficient, *parameters))


class FusedBasicBlock(resnet.BasicBlock):  # type: ignore[misc]  # torchvision brings no types
    """ResNet's block of two convolutions."""

    def forward(self, x: Tensor) -> Tensor:
        if residual_block.suits(self, x):
            return residual_block.applied(self, x)
        shortcut = x if self.downsample is None else self.downsample(x)
        y = norm_then_relu(self.bn1, self.conv1(x))
        return norm_then_relu(self.bn2, self.conv2(y), _as(shortcut, y))


class FusedBottleneck(resnet.Bottleneck):  # type: ignore[misc]  # torchvision brings no types
    """ResNet's block of three convolutions."""

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = norm_then_relu(self.bn1, self.conv1(x))
        y = norm_then_relu(self.bn2, self.conv2(y))
        return norm_then_relu(self.bn3, self.conv3(y), _as(shortcut, y))


FUSED: dict[type[nn.Module], type[nn.Module]] = {
    densenet._DenseBlock: FusedDenseBlock,
    densenet._Transition: FusedTransition,
    resnet.BasicBlock: FusedBasicBlock,
    resnet.Bottleneck: FusedBottleneck,
}


def _can_fuse(x: Tensor, layer: nn.BatchNorm2d) -> bool:
    ours = x.device.type == "cpu" and norm_relu.fits(x) and norm_relu.is_usual(layer)
    return ours and (not layer.training or x.numel() > x.shape[1])  # torch refuses one value per channel, in words


def _as(shortcut: Tensor, y: Tensor) -> Tensor:
    return shortcut.to(y.dtype)


def _is_plain(layer: nn.Module) -> bool:
    wide = cast(densenet._DenseLayer, layer)
    sizes = (wide.norm1.num_features, wide.norm2.num_features, wide.conv2.out_channels)
    return not wide.drop_rate and not any(size % 16 for size in sizes)


def _parameters(layer: Any) -> tuple[Tensor, ...]:
    one, two = layer.norm1, layer.norm2
    return one.weight, one.bias, layer.conv1.weight, two.weight, two.bias, layer.conv2.weight
