"""The first layers of a network in bfloat16: a convolution of 7 x 7 at every second pixel of few channels, batch norm,
ReLU, and the largest of 3 x 3 positions at every second one.

The convolution's result is the largest activation of the network, so its gradient is never kept: stem_gradient.c makes
it a few rows at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from torchwire_modules.vision._fused import dense_layers, library, norm_relu
from torchwire_modules.vision._fused.dense_layers import PANEL, Packed
from torchwire_modules.vision._fused.norm_relu import Norm, check_memory
from torchwire_modules.vision._fused.winograd import is_plain

SIDE = 7
MOST_CHANNELS = 4


def suits(layer: nn.Conv2d) -> bool:
    """Whether the layer is such a convolution, without a bias, of as many columns as the kernels take."""
    even = layer.out_channels % PANEL == 0 and layer.in_channels <= MOST_CHANNELS
    return even and is_plain(layer, side=SIDE, step=2)


class Lines(NamedTuple):
    """Images with zeros around them, bfloat16 (n, height, width, channels), and the maps' height and width."""

    values: Tensor
    rows: int
    places: int

    @classmethod
    def of(cls, images: Tensor) -> Lines:
        """Of ``images`` (n, channels, height, width)."""
        count, channels, height, width = images.shape
        around = SIDE // 2
        values = torch.zeros(count, height + 2 * around + 1, width + 2 * around + 2, channels, dtype=torch.bfloat16)
        values[:, around : around + height, around : around + width] = images.permute(0, 2, 3, 1)
        return cls(values, (height + 1) // 2, (width + 1) // 2)

    @property
    def given(self) -> tuple[int, int, int, int]:
        """Where they lie, how many lines each has, a line's values and a position's."""
        return self.values.data_ptr(), self.values.shape[1], self.values.stride(1), self.values.shape[3]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many images there are, and the maps' height and width."""
        return self.values.shape[0], self.rows, self.places

    @property
    def patch(self) -> tuple[int, int]:
        """Lines that a position reads, and an even number of values of each."""
        values = SIDE * self.values.shape[3]
        return SIDE, values + values % 2


def packed(weight: Tensor) -> Packed:
    """Weights (columns, channels, 7, 7) as the kernels read them: an even number of values of each of seven lines."""
    columns = weight.shape[0]
    lines = weight.permute(0, 2, 3, 1).reshape(columns, SIDE, 1, -1)
    lines = functional.pad(lines, (0, lines.shape[3] % 2)).permute(0, 3, 1, 2).contiguous()
    depth = lines.shape[1]
    return dense_layers.pack(lines, 0, 1, (SIDE, depth, columns), (SIDE, depth * SIDE))


def scored(images: Tensor, weights: Packed, bias: Tensor) -> Tensor:
    """The ReLU of ``images`` (n, channels, height, width) convolved and a bias, and the largest of 3 x 3 of that."""
    lines = Lines.of(images)
    y = _empty(lines, weights, (lines.rows + 1) // 2, (lines.places + 1) // 2)
    made = _kernels().stem(
        *lines.given, weights.values.data_ptr(), bias.data_ptr(), y.data_ptr(), *lines.sizes, *lines.patch,
        weights.columns, torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)
    return y


def convolved(lines: Lines, weights: Packed) -> Tensor:
    """Maps of images."""
    y = _empty(lines, weights, lines.rows, lines.places)
    _kernels().stem_convolution(
        *lines.given, weights.values.data_ptr(), y.data_ptr(), *lines.sizes, *lines.patch, weights.columns,
        torch.get_num_threads(),
    )  # fmt: skip
    return y


def weight_gradient(lines: Lines, x: Tensor, pooling: norm_relu.Pooling, dy: Tensor) -> Tensor:
    """From that of the largest of 3 x 3, ``dy``; ``x`` are the maps. Float32 (columns, channels, 7, 7)."""
    channels, columns = lines.values.shape[3], x.shape[1]
    d_weight = torch.empty(SIDE, SIDE, channels, columns)
    made = _kernels().stem_gradient(
        *lines.given, x.data_ptr(), pooling.which.data_ptr(), dy.data_ptr(), *pooling.given, d_weight.data_ptr(),
        *lines.sizes, columns, torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)
    return d_weight.permute(3, 2, 0, 1)


class Stem(torch.autograd.Function):
    """``apply(images, layer, weight, norm_weight, norm_bias)``; ``layer`` is the norm. Images get no gradient."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, layer: nn.BatchNorm2d, weight: Tensor, *of_norm: Tensor) -> Tensor:
        """Keep the images, their maps, and which positions were the largest."""
        lines = Lines.of(images)
        x = convolved(lines, packed(weight))
        norm = Norm.of(layer, x)
        made = norm_relu.relu_pool(x, norm)
        ctx.save_for_backward(lines.values, x, made.which, made.picked)
        ctx.norm, ctx.sizes = norm, lines[1:]
        return made.y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """By the weights."""
        values, x, which, picked = ctx.saved_tensors
        dy = dy.contiguous(memory_format=torch.channels_last)
        pooling = norm_relu.Pooling.of(x, ctx.norm, which, picked, dy)
        d_weight = weight_gradient(Lines(values, *ctx.sizes), x, pooling, dy)
        return None, None, d_weight, pooling.weight, pooling.bias


def _empty(lines: Lines, weights: Packed, rows: int, places: int) -> Tensor:
    shape = lines.values.shape[0], weights.columns, rows, places
    return torch.empty(shape, dtype=torch.bfloat16, memory_format=torch.channels_last)


def _kernels() -> Any:
    return library.pairs()
