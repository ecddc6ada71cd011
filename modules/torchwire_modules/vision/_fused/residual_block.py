"""A ResNet block of two convolutions of 3 x 3 around which its input is added, in bfloat16, as one step of autograd.

The first norm and its ReLU are part of the second convolution's kernels and are never kept; statistics are taken, and
the gradient that goes around is added, while a convolution writes its results.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torchvision.models.resnet import BasicBlock

from torchwire_modules.vision._fused import norm_relu, winograd
from torchwire_modules.vision._fused.norm_relu import Norm
from torchwire_modules.vision._fused.winograd import WinogradConvolution


def suits(block: BasicBlock, x: Tensor) -> bool:
    """Whether the block learns as a whole, in bfloat16, adds its input as it is, and is faster in fewer products."""
    layers = [(block.conv1, block.bn1), (block.conv2, block.bn2)]
    fewer = all(isinstance(convolution, WinogradConvolution) for convolution, _ in layers)
    counts = all(norm.training and norm_relu.is_usual(norm) for _, norm in layers)
    learns = torch.is_grad_enabled() and all(parameter.requires_grad for parameter in block.parameters())
    if block.downsample is not None or not (fewer and counts and learns):
        return False
    return x.device.type == "cpu" and winograd.wanted() and winograd.pays(x, x.shape[1])


def applied(block: BasicBlock, x: Tensor) -> Tensor:
    """What the block makes of ``x``."""
    x = x.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
    layers = (block.conv1, block.bn1), (block.conv2, block.bn2)
    parameters = [value for one, norm in layers for value in (one.weight, norm.weight, norm.bias)]
    with torch.autocast("cpu", enabled=False):
        return cast(Tensor, ResidualBlock.apply(x, block, *parameters))


class ResidualBlock(torch.autograd.Function):
    """``apply(x, block, *parameters)``; ``x`` is bfloat16 and channels-last."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, block: BasicBlock, *parameters: Tensor) -> Tensor:
        """Keep the input, and what the two convolutions give."""
        one, two = parameters[0], parameters[3]
        narrow, found = winograd.convolved_and_counted(x, winograd.packed(one), x.shape[1])
        first = Norm.of_batch(block.bn1, found)
        wide, found = winograd.convolved_and_counted(narrow, winograd.packed(two), x.shape[1], first)
        second = Norm.of_batch(block.bn2, found)
        ctx.save_for_backward(x, narrow, wide, one, two)
        ctx.norms = first, second
        return norm_relu.scale_relu(wide, second, x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """By x and the parameters."""
        x, narrow, wide, one, two = ctx.saved_tensors
        first, second = ctx.norms
        back = norm_relu.gradient(wide, dy.contiguous(memory_format=torch.channels_last), second, other=x)
        d_two = winograd.weight_gradient(narrow, back.x, first)
        d_active = winograd.convolved(back.x, winograd.packed_back(two), x.shape[1])
        inner = norm_relu.gradient(narrow, d_active, first)
        d_one = winograd.weight_gradient(x, inner.x)
        dx = winograd.convolved(inner.x, winograd.packed_back(one), x.shape[1], other=back.other)
        return dx, None, d_one, inner.weight, inner.bias, d_two, back.weight, back.bias
