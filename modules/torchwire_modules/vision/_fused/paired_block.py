"""A DenseNet block in bfloat16, as ``dense_block``, each convolution in one kernel with the norm and ReLU before it.

What is between a norm and its convolution is never kept: it is made again where it is read, in the cache. A norm by the
batch's statistics sends back, besides the gradient through it, a constant and a multiple of its input for each channel.
All layers that read a channel share its statistics, so these are summed over them and added once, when the gradient of
the channel is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from torchwire_modules.vision._fused import dense_layers, norm_relu
from torchwire_modules.vision._fused.norm_relu import Norm, Statistics


class PairedDenseBlock(torch.autograd.Function):
    """``apply(x, layers, recompute, *parameters)``, as ``DenseBlock``; with ``recompute`` it keeps its result alone."""

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
        norm_relu.statistics(x, buffer[:, :known], (mean[:known], variance[:known]))
        for number, layer in enumerate(layers):
            one, two = _weights(parameters, number)
            first = Norm.of_batch(layer.norm1, Statistics(mean[:known], variance[:known], rows))
            narrow = dense_layers.narrow(buffer[:, :known], first, dense_layers.packed(one))
            second = Norm.of_batch(layer.norm2, norm_relu.statistics(narrow))
            grown = slice(known, known + growth)
            dense_layers.grow(narrow, second, dense_layers.packed_growth(two, narrow), into=buffer[:, grown])
            norm_relu.statistics(buffer[:, grown], None, (mean[grown], variance[grown]))
            kept.append(None if recompute else narrow)
            norms.append((first, second))
            known += growth
        ctx.save_for_backward(buffer, *kept, *parameters)
        ctx.norms, ctx.mean, ctx.growth, ctx.start = norms, mean, growth, x.shape[1]
        return buffer

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: Tensor) -> Any:
        """Run the layers from the last to the first."""
        count = len(ctx.norms)
        buffer, *saved = ctx.saved_tensors
        kept, parameters = saved[:count], saved[count:]
        flow = given.clone(memory_format=torch.channels_last)  # the caller's may not be changed
        offset, slope = torch.zeros(flow.shape[1]), torch.zeros(flow.shape[1])
        gradients: list[Tensor] = []

        def complete(channels: slice) -> Tensor:
            own = ctx.mean[channels], offset[channels], slope[channels]
            return dense_layers.settled(flow[:, channels], buffer[:, channels], *own)

        for number in reversed(range(count)):
            known = ctx.start + ctx.growth * number
            (first, second), narrow = ctx.norms[number], kept[number]
            one, two = _weights(parameters, number)
            if narrow is None:
                narrow = dense_layers.narrow(buffer[:, :known], first, dense_layers.packed(one))
            d_grown = complete(slice(known, known + ctx.growth))
            d_active, d_two = dense_layers.grow_gradient(narrow, second, two, d_grown)
            d_narrow, d_weight2, d_bias2, _ = norm_relu.gradient(narrow, d_active, second)
            d_one, plain, weighted = dense_layers.narrow_gradient(
                buffer[:, :known], first, one, d_narrow, flow[:, :known]
            )
            own_offset, own_slope = norm_relu.own_share(first, plain, weighted, flow.numel() // flow.shape[1])
            offset[:known] += own_offset
            slope[:known] += own_slope
            gradients[:0] = [weighted * first.inverse, plain, d_one, d_weight2, d_bias2, d_two]
        return complete(slice(ctx.start)), None, None, *gradients


def _weights(parameters: Sequence[Tensor], number: int) -> tuple[Tensor, Tensor]:
    return parameters[6 * number + 2].detach(), parameters[6 * number + 5].detach()


def infer(x: Tensor, layers: Sequence[Any]) -> Tensor:
    """The same buffer by the running statistics, without a thought for gradients."""
    known, growth = x.shape[1], layers[0].conv2.out_channels
    buffer = norm_relu.empty(x, known + growth * len(layers))
    norm_relu.copy(x, buffer[:, :known])
    with torch.no_grad():
        for layer in layers:
            one = dense_layers.packed(layer.conv1.weight)
            narrow = dense_layers.narrow(buffer[:, :known], Norm.of_running(layer.norm1), one)
            two = dense_layers.packed_growth(layer.conv2.weight, narrow)
            dense_layers.grow(narrow, Norm.of_running(layer.norm2), two, into=buffer[:, known : known + growth])
            known += growth
    return buffer
