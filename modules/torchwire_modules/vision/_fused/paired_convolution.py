"""A convolution that is a kernel of its own for bfloat16 on the CPU, and torch's for anything else."""

from __future__ import annotations

from typing import ClassVar, cast

import torch
from torch import Tensor, nn


def is_plain(layer: nn.Conv2d, side: int, step: int) -> bool:
    """Whether the layer is a convolution of ``side`` x ``side`` at every ``step``-th position, zeros around the maps,
    without groups, gaps or a bias."""
    how = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups, layer.padding_mode
    plain = (side, side), (step, step), (side // 2, side // 2), (1, 1), 1, "zeros"
    return layer.bias is None and how == plain


class PairedConvolution(nn.Conv2d):
    """Parameters are as torch's. ``by.apply(x, weight)`` convolves bfloat16, channels-last, with a float32 weight."""

    by: ClassVar[type[torch.autograd.Function]]

    def forward(self, x: Tensor) -> Tensor:
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        if x.device.type != "cpu" or kind != torch.bfloat16 or self.weight.dtype != torch.float32:
            return super().forward(x)
        x = x.to(kind).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", enabled=False):
            return cast(Tensor, self.by.apply(x, self.weight))
