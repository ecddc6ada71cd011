"""A DenseNet block over one buffer: no concatenation, each feature map's statistics taken once.

Every layer of a block reads all feature maps before it and adds a few of its own (Huang et al. 2017,
arXiv:1608.06993, section 3). Written plainly, that concatenates and normalises the same maps again and again, and a
training step spends most of its time there. Here the maps lie side by side in one channels-last buffer: a layer reads
the leading channels and its own are written behind them. The batch's mean and variance of a channel are the same for
every layer that reads it, so they are taken when it is written. The gradient is a buffer of the same shape, to which
the layers add from the last to the first.

What is computed is torchvision's ``_DenseBlock``, up to rounding; the parameters are its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from torchwire_modules.vision._fused import norm_relu
from torchwire_modules.vision._fused.norm_relu import Norm, Statistics

convolution = torch.ops.aten.convolution.default
convolution_backward = torch.ops.aten.convolution_backward.default


class DenseBlock(torch.autograd.Function):
    """``apply(x, layers, recompute, *parameters)``: the buffer with all feature maps, (n, channels, height, width).

    ``parameters`` are those of all layers, in order: norm1.weight, norm1.bias, conv1.weight, norm2.weight, norm2.bias,
    conv2.weight. With ``recompute`` the normalised maps are made again in the backward pass instead of kept.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, layers: Sequence[Any], recompute: bool, *parameters: Tensor) -> Tensor:
        """Run the layers."""
        known, growth = x.shape[1], parameters[5].shape[0]
        total = known + growth * len(layers)
        buffer = norm_relu.empty(x, total)
        mean, variance = torch.empty(total), torch.empty(total)
        rows = x.shape[0] * x.shape[2] * x.shape[3]
        kept: list[Tensor | None] = []
        norms: list[tuple[Norm, Norm]] = []
        weights: list[tuple[Tensor, Tensor]] = []
        norm_relu.statistics(x, buffer[:, :known], (mean[:known], variance[:known]))
        for number, layer in enumerate(layers):
            own = parameters[6 * number : 6 * number + 6]
            one, two = own[2].detach().to(x.dtype), own[5].detach().to(x.dtype)
            first = Norm.of_batch(layer.norm1, Statistics(mean[:known], variance[:known], rows))
            wide = norm_relu.scale_relu(buffer[:, :known], first)
            narrow = _convolved(wide, one, 0)
            second = Norm.of_batch(layer.norm2, norm_relu.statistics(narrow))
            active = norm_relu.scale_relu(narrow, second)
            grown = slice(known, known + growth)
            norm_relu.statistics(_convolved(active, two, 1), buffer[:, grown], (mean[grown], variance[grown]))
            kept += [narrow, None if recompute else wide, None if recompute else active]
            norms.append((first, second))
            weights.append((one, two))
            known += growth
        ctx.save_for_backward(buffer, *kept)
        ctx.norms, ctx.weights, ctx.growth, ctx.start = norms, weights, growth, x.shape[1]
        return buffer

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: Tensor) -> Any:
        """Run the layers from the last to the first."""
        buffer, *kept = ctx.saved_tensors
        flow = given.clone(memory_format=torch.channels_last)  # the caller's may not be changed
        gradients: list[Tensor | None] = []
        for number in reversed(range(len(ctx.norms))):
            known = ctx.start + ctx.growth * number
            (first, second), (one, two) = ctx.norms[number], ctx.weights[number]
            narrow, wide, active = kept[3 * number : 3 * number + 3]
            if active is None:
                active = norm_relu.scale_relu(narrow, second)
            grown = norm_relu.copied(flow[:, known : known + ctx.growth])
            d_active, d_two = _convolution_gradient(grown, active, two, 1)
            d_narrow, d_weight2, d_bias2, _ = norm_relu.gradient(narrow, d_active, second)
            if wide is None:
                wide = norm_relu.scale_relu(buffer[:, :known], first)
            d_wide, d_one = _convolution_gradient(d_narrow, wide, one, 0)
            onto = flow[:, :known]
            _, d_weight1, d_bias1, _ = norm_relu.gradient(buffer[:, :known], d_wide, first, add_to=onto)
            gradients[:0] = [d_weight1, d_bias1, d_one.float(), d_weight2, d_bias2, d_two.float()]
        return norm_relu.copied(flow[:, : ctx.start]), None, None, *gradients


def _convolved(x: Tensor, weight: Tensor, padding: int) -> Tensor:
    y: Tensor = torch.ops.aten.convolution.default(
        x, weight, None, [1, 1], [padding, padding], [1, 1], False, [0, 0], 1
    )
    return y.contiguous(memory_format=torch.channels_last)


def _convolution_gradient(dy: Tensor, x: Tensor, weight: Tensor, padding: int) -> tuple[Tensor, Tensor]:
    dx, dw, _ = convolution_backward(
        dy, x, weight, None, [1, 1], [padding, padding], [1, 1], False, [0, 0], 1, [True, True, False]
    )
    return dx.contiguous(memory_format=torch.channels_last), dw


def infer(x: Tensor, layers: Sequence[Any]) -> Tensor:
    """The same buffer by the running statistics, without a thought for gradients."""
    known, growth = x.shape[1], layers[0].conv2.out_channels
    buffer = norm_relu.empty(x, known + growth * len(layers))
    norm_relu.copy(x, buffer[:, :known])
    with torch.no_grad():
        for layer in layers:
            wide = norm_relu.scale_relu(buffer[:, :known], Norm.of_running(layer.norm1))
            narrow = _convolved(wide, layer.conv1.weight.to(x.dtype), 0)
            active = norm_relu.scale_relu(narrow, Norm.of_running(layer.norm2))
            grown = _convolved(active, layer.conv2.weight.to(x.dtype), 1)
            norm_relu.copy(grown, buffer[:, known : known + growth])
            known += growth
    return buffer
