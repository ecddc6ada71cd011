"""Calls of the kernels for whole dense layers. Activations are as in ``norm_relu``, of bfloat16; weights are a layer's
own, float32 (columns, depth, height, width)."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchwire_modules.vision._fused import library, winograd
from torchwire_modules.vision._fused.norm_relu import Norm, check_memory, empty, placed, rows_of

PANEL = 32
"""Columns of weights that lie side by side once they are packed."""


class Packed(NamedTuple):
    """Weights as the kernels read them, how many columns they have, and whether they are for fewer products."""

    values: Tensor
    columns: int
    fewer: bool = False


def packed(weight: Tensor) -> Packed:
    """Weights as ``narrow`` and ``grow`` read them."""
    columns, depth, height, width = weight.shape
    return pack(weight, 0, weight.stride(3), (height * width, depth, columns), (weight.stride(1), weight.stride(0)))


def packed_growth(weight: Tensor, x: Tensor) -> Packed:
    """Weights as ``grow`` reads them for maps like ``x``, for fewer products if that pays."""
    if _fewer(weight, x):
        return Packed(winograd.packed(weight), weight.shape[0], fewer=True)
    return packed(weight)


def _fewer(weight: Tensor, x: Tensor) -> bool:
    return winograd.takes(weight) and winograd.pays(x, weight.shape[0])


def packed_back(weight: Tensor) -> Packed:
    """Weights as the way back reads them: what were columns are summed, and taps turn around."""
    columns, depth, height, width = weight.shape
    last, step = (height * width - 1) * weight.stride(3), -weight.stride(3)
    return pack(weight, last, step, (height * width, columns, depth), (weight.stride(0), weight.stride(1)))


def pack(weight: Tensor, first: int, step: int, sizes: tuple[int, int, int], strides: tuple[int, int]) -> Packed:
    """Weights of any order: taps are ``step`` apart from the ``first`` on, depth and columns as the ``strides`` say;
    ``sizes`` are of taps, depth and columns."""
    taps, depth, columns = sizes
    room = torch.empty(-(-columns // PANEL) * PANEL * taps * depth, dtype=torch.bfloat16)
    start = weight.data_ptr() + first * weight.element_size()
    _kernels().pack_weights(start, step, *strides, taps, depth, columns, room.data_ptr(), torch.get_num_threads())
    return Packed(room, columns)


def narrow(x: Tensor, norm: Norm, weights: Packed, bias: Tensor | None = None) -> Tensor:
    """``relu(norm(x))`` convolved 1 x 1; with ``bias``, float32 (columns,), the ReLU of that and the bias."""
    y = empty(x, weights.columns)
    made = _kernels().narrow(
        *placed(x), norm.scale.data_ptr(), norm.shift.data_ptr(), weights.values.data_ptr(),
        None if bias is None else bias.data_ptr(), y.data_ptr(), rows_of(x), x.shape[1], weights.columns,
        torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)
    return y


def narrow_gradient(x: Tensor, norm: Norm, weight: Tensor, dy: Tensor, flow: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From that of ``narrow``'s result, ``dy``: by the weight, and the sums (channels,) of the gradient by ``norm``'s
    result and of that times ``x - mean``. The gradient by x is added to ``flow``, without the norm's own share."""
    given = *placed(x), norm.scale.data_ptr(), norm.shift.data_ptr()
    sizes = rows_of(x), x.shape[1], weight.shape[0], torch.get_num_threads()
    d_weight, sums = torch.empty(weight.shape), torch.empty(2, x.shape[1])
    check_memory(_kernels().narrow_weights(*given, dy.data_ptr(), d_weight.data_ptr(), *sizes))
    back = packed_back(weight)
    made = _kernels().narrow_gradient(
        *given, norm.mean.data_ptr(), dy.data_ptr(), back.values.data_ptr(), *placed(flow), sums.data_ptr(), *sizes
    )
    check_memory(made)
    return d_weight, sums[0], sums[1]


def grow(x: Tensor, norm: Norm | None, weights: Packed, into: Tensor) -> None:
    """``relu(norm(x))``, or ``x`` itself, convolved 3 x 3, zeros around it, written to ``into``."""
    if weights.fewer:
        winograd.convolved(x, weights.values, weights.columns, norm=norm, into=into)
        return
    scale, shift = (None, None) if norm is None else (norm.scale.data_ptr(), norm.shift.data_ptr())
    made = _kernels().grow(
        x.data_ptr(), scale, shift, weights.values.data_ptr(), *placed(into), *_images(x), weights.columns,
        torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)


def grow_gradient(x: Tensor, norm: Norm, weight: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """From that of ``grow``'s result, ``dy``: by ``relu(norm(x))``, and by the weight."""
    if _fewer(weight, x):
        d_active = winograd.convolved(dy, winograd.packed_back(weight), weight.shape[1])
        return d_active, winograd.weight_gradient(x, dy, norm)
    d_active = empty(x, x.shape[1])
    grow(dy, None, packed_back(weight), d_active)
    columns, depth, *taps = weight.shape
    d_weight = torch.empty(columns, *taps, depth)
    made = _kernels().grow_weights(
        x.data_ptr(), norm.scale.data_ptr(), norm.shift.data_ptr(), dy.data_ptr(), d_weight.data_ptr(), *_images(x),
        columns, torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)
    return d_active, d_weight.permute(0, 3, 1, 2)


def settled(flow: Tensor, x: Tensor, mean: Tensor, offset: Tensor, slope: Tensor) -> Tensor:
    """``flow + offset + slope * (x - mean)``, the last four (channels,)."""
    y = empty(x, x.shape[1])
    _kernels().settled(
        *placed(flow), *placed(x), mean.data_ptr(), offset.data_ptr(), slope.data_ptr(), y.data_ptr(), rows_of(x),
        x.shape[1], torch.get_num_threads(),
    )  # fmt: skip
    return y


def _images(x: Tensor) -> tuple[int, int, int, int]:
    count, channels, height, width = x.shape
    return count, height, width, channels


def _kernels() -> Any:
    return library.pairs()
