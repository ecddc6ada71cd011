"""The first convolution of a network, 7 x 7 at every second pixel, of few channels: in bfloat16, by a kernel that reads
a patch's lines as they lie. oneDNN takes twice as long for it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from torchwire_modules.vision._fused import dense_layers
from torchwire_modules.vision._fused.paired_convolution import PairedConvolution, is_plain


def suits(layer: nn.Conv2d) -> bool:
    """Whether the layer is such a convolution, without a bias, of as many columns as the kernel takes."""
    even = layer.out_channels % dense_layers.PANEL == 0 and layer.in_channels <= 4
    return even and is_plain(layer, side=dense_layers.STEM, step=2)


class FirstMaps(torch.autograd.Function):
    """``apply(x, weight)``: ``x``, bfloat16 and channels-last, convolved with a float32 weight."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """Keep what was given."""
        ctx.save_for_backward(x, weight)
        return dense_layers.stem_convolution(x, dense_layers.packed_stem(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """By x and weight, as torch does."""
        x, weight = ctx.saved_tensors
        how = [2, 2], [dense_layers.STEM // 2] * 2, [1, 1], False, [0, 0], 1, [*ctx.needs_input_grad, False]
        dx, dw, _ = torch.ops.aten.convolution_backward(dy, x, weight.to(dy.dtype), None, *how)
        return dx, None if dw is None else dw.to(weight.dtype)


class FirstConvolution(PairedConvolution):
    """A convolution that ``suits``."""

    by = FirstMaps
