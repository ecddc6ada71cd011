"""Convolutions of 3 x 3 in bfloat16 in less than half the products; winograd.c says how. Lavin and Gray 2016,
arXiv:1509.09308.

Transforms are rounded to bfloat16 as operands are, so that a result is about twice as far from float32's as that of a
plain convolution in bfloat16: 0.4 and 0.2 percent.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from torchwire_modules.vision._fused import library
from torchwire_modules.vision._fused.norm_relu import (
    Norm,
    Statistics,
    check_memory,
    computed_in,
    empty,
    placed,
    rows_of,
)

DEPTH, COLUMNS = 64, 32
"""Channels that are summed, and those of the result, are multiples of these."""
WORTH = 64
"""Channels for each tile, up to which results are faster than plain ones: with weights packed before, 512 channels at
2 x 2 positions of 8 images come to 1.5 of these, of 4 images to 0.6. A single position comes to 0.1 to 0.7."""
PLACES = 16
"""Products of a tile of 2 x 2 positions."""


def suits(layer: nn.Conv2d) -> bool:
    """Whether the layer is a convolution of 3 x 3, at every position, without a bias, of channels the kernels take."""
    return takes(layer.weight) and is_plain(layer, side=3, step=1)


def is_plain(layer: nn.Conv2d, side: int, step: int) -> bool:
    """Whether the layer is a convolution of ``side`` x ``side`` at every ``step``-th position, zeros around the maps,
    without groups, gaps or a bias."""
    how = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups, layer.padding_mode
    plain = (side, side), (step, step), (side // 2, side // 2), (1, 1), 1, "zeros"
    return layer.bias is None and how == plain


def takes(weight: Tensor) -> bool:
    """Whether there are as many channels as the kernels need."""
    columns, depth = weight.shape[:2]
    return depth % DEPTH == 0 and columns % COLUMNS == 0


def wanted() -> bool:
    """Whether networks are to compute in bfloat16 here."""
    return torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def pays(x: Tensor, columns: int) -> bool:
    """Whether there is more than one position, most of whose products would be of zeros, and so many tiles that reading
    the larger weights is worth it."""
    count, channels, height, width = x.shape
    tiles = count * ((height + 1) // 2) * ((width + 1) // 2)
    return height * width > 1 and tiles * WORTH >= min(channels, columns)


def packed(weight: Tensor) -> Tensor:
    """Weights, float32 (columns, depth, 3, 3), as ``convolved`` reads them."""
    return _packed("winograd_weights", weight, weight.shape[1], weight.shape[0])


def packed_back(weight: Tensor) -> Tensor:
    """The same for the way back: what were columns are summed, and taps turn around."""
    return _packed("winograd_weights_back", weight, weight.shape[0], weight.shape[1])


def _packed(name: str, weight: Tensor, depth: int, columns: int) -> Tensor:
    weight = weight.contiguous(memory_format=torch.channels_last)
    room = torch.empty(PLACES * depth * columns, dtype=torch.bfloat16)
    getattr(_kernels(), name)(weight.data_ptr(), depth, columns, room.data_ptr(), torch.get_num_threads())
    return room


def convolved(
    x: Tensor,
    weights: Tensor,
    columns: int,
    bias: Tensor | None = None,
    other: Tensor | None = None,
    *,
    norm: Norm | None = None,
    relu: bool = False,
    into: Tensor | None = None,
) -> Tensor:
    """``x``, bfloat16 and channels-last, or ``relu(norm(x))``, convolved with packed weights; then ``bias``, float32
    (columns,), and ``other``, of the result's form, are added and the ReLU is taken, as they are wanted. The result is
    written to ``into`` if that is given."""
    y = empty(x, columns) if into is None else into
    _convolve(x, norm, weights, bias, other, relu, y, None)
    return y


def convolved_and_counted(
    x: Tensor, weights: Tensor, columns: int, norm: Norm | None = None
) -> tuple[Tensor, Statistics]:
    """The same, and the result's statistics, which are taken before it is rounded."""
    y = empty(x, columns)
    found = Statistics(torch.empty(columns), torch.empty(columns), rows_of(y))
    _convolve(x, norm, weights, None, None, False, y, found)
    return y, found


def _convolve(
    x: Tensor,
    norm: Norm | None,
    weights: Tensor,
    bias: Tensor | None,
    other: Tensor | None,
    relu: bool,
    y: Tensor,
    found: Statistics | None,
) -> None:
    count, depth, height, width = x.shape
    made = _kernels().winograd(
        x.data_ptr(), *_given(norm), weights.data_ptr(), None if bias is None else bias.data_ptr(),
        None if other is None else other.data_ptr(), relu, *placed(y),
        *((None, None) if found is None else (found.mean.data_ptr(), found.variance.data_ptr())),
        count, height, width, depth, y.shape[1], torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)


def weight_gradient(x: Tensor, dy: Tensor, norm: Norm | None = None) -> Tensor:
    """From that by the result, both bfloat16 and channels-last: float32 (columns, depth, 3, 3)."""
    count, depth, height, width = x.shape
    columns = dy.shape[1]
    d_weight = torch.empty(columns, 3, 3, depth)
    made = _kernels().winograd_weight_gradient(
        x.data_ptr(), *_given(norm), dy.data_ptr(), d_weight.data_ptr(), count, height, width, depth, columns,
        torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)
    return d_weight.permute(0, 3, 1, 2)


def _given(norm: Norm | None) -> tuple[int | None, int | None]:
    return (None, None) if norm is None else (norm.scale.data_ptr(), norm.shift.data_ptr())


class Winograd(torch.autograd.Function):
    """``apply(x, weight)``: ``x``, bfloat16 and channels-last, convolved with a float32 weight, zeros around it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """Keep what was given."""
        ctx.save_for_backward(x, weight)
        if pays(x, weight.shape[0]):
            return convolved(x, packed(weight), weight.shape[0])
        return functional.conv2d(x, weight.to(x.dtype), padding=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """By x and weight."""
        x, weight = ctx.saved_tensors
        dy = dy.contiguous(memory_format=torch.channels_last)
        dx = dw = None
        if ctx.needs_input_grad[0]:
            if pays(dy, weight.shape[1]):
                dx = convolved(dy, packed_back(weight), weight.shape[1])
            else:
                dx = functional.conv_transpose2d(dy, weight.to(dy.dtype), padding=1)
        if ctx.needs_input_grad[1]:
            dw = weight_gradient(x, dy)
        return dx, dw


class WinogradConvolution(nn.Conv2d):
    """A convolution that ``suits``. Parameters are as torch's."""

    def forward(self, x: Tensor) -> Tensor:
        kind = computed_in(x)
        if x.device.type != "cpu" or kind != torch.bfloat16 or self.weight.dtype != torch.float32:
            return super().forward(x)
        x = x.to(kind).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", enabled=False):
            return cast(Tensor, Winograd.apply(x, self.weight))


def _kernels() -> Any:
    return library.pairs()
