"""Calls of the kernels for whole dense layers. Activations are as in ``norm_relu``, of bfloat16; weights are a layer's
own, float32 (columns, depth, height, width)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchwire_modules.vision._fused import library
from torchwire_modules.vision._fused.norm_relu import Norm, _check, _place, _rows, empty

PANEL = 32
"""Columns of weights that lie side by side once they are packed."""


def packed(weight: Tensor) -> Tensor:
    """Weights as ``narrow`` and ``grow`` read them."""
    columns, depth, height, width = weight.shape
    return _packed(weight, 0, weight.stride(3), (height * width, depth, columns), (weight.stride(1), weight.stride(0)))


def packed_back(weight: Tensor) -> Tensor:
    """Weights as the way back reads them: what were columns are summed, and taps turn around."""
    columns, depth, height, width = weight.shape
    last, step = (height * width - 1) * weight.stride(3), -weight.stride(3)
    return _packed(weight, last, step, (height * width, columns, depth), (weight.stride(0), weight.stride(1)))


def _packed(weight: Tensor, first: int, step: int, sizes: tuple[int, int, int], strides: tuple[int, int]) -> Tensor:
    taps, depth, columns = sizes
    room = torch.empty(-(-columns // PANEL) * PANEL * taps * depth, dtype=torch.bfloat16)
    start = weight.data_ptr() + first * weight.element_size()
    _kernels().pack_weights(start, step, *strides, taps, depth, columns, room.data_ptr(), torch.get_num_threads())
    return room


def narrow(x: Tensor, norm: Norm, weight: Tensor) -> Tensor:
    """``relu(norm(x))`` convolved 1 x 1."""
    columns = weight.shape[0]
    weights, y = packed(weight), empty(x, columns)
    made = _kernels().narrow(
        *_place(x), norm.scale.data_ptr(), norm.shift.data_ptr(), weights.data_ptr(), None, y.data_ptr(),
        _rows(x), x.shape[1], columns, torch.get_num_threads(),
    )  # fmt: skip
    _check(made)
    return y


def narrow_gradient(x: Tensor, norm: Norm, weight: Tensor, dy: Tensor, flow: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From that of ``narrow``'s result, ``dy``: by the weight, and the sums (channels,) of the gradient by ``norm``'s
    result and of that times ``x - mean``. The gradient by x is added to ``flow``, without the norm's own share."""
    given = *_place(x), norm.scale.data_ptr(), norm.shift.data_ptr()
    sizes = _rows(x), x.shape[1], weight.shape[0], torch.get_num_threads()
    d_weight, sums = torch.empty(weight.shape), torch.empty(2, x.shape[1])
    _check(_kernels().narrow_weights(*given, dy.data_ptr(), d_weight.data_ptr(), *sizes))
    back = packed_back(weight)
    made = _kernels().narrow_gradient(
        *given, norm.mean.data_ptr(), dy.data_ptr(), back.data_ptr(), *_place(flow), sums.data_ptr(), *sizes
    )
    _check(made)
    return d_weight, sums[0], sums[1]


def grow(x: Tensor, norm: Norm, weight: Tensor, into: Tensor) -> None:
    """``relu(norm(x))`` convolved 3 x 3, zeros around it, written to ``into``."""
    _grow(x, (norm.scale.data_ptr(), norm.shift.data_ptr()), packed(weight), into)


def grow_gradient(x: Tensor, norm: Norm, weight: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """From that of ``grow``'s result, ``dy``: by ``relu(norm(x))``, and by the weight."""
    d_active = empty(x, x.shape[1])
    _grow(dy, (None, None), packed_back(weight), d_active)
    columns, depth, *taps = weight.shape
    d_weight = torch.empty(columns, *taps, depth)
    made = _kernels().grow_weights(
        x.data_ptr(), norm.scale.data_ptr(), norm.shift.data_ptr(), dy.data_ptr(), d_weight.data_ptr(), *_images(x),
        columns, torch.get_num_threads(),
    )  # fmt: skip
    _check(made)
    return d_active, d_weight.permute(0, 3, 1, 2)


def settled(flow: Tensor, x: Tensor, mean: Tensor, offset: Tensor, slope: Tensor) -> Tensor:
    """``flow + offset + slope * (x - mean)``, the last four (channels,)."""
    y = empty(x, x.shape[1])
    _kernels().settled(
        *_place(flow), *_place(x), mean.data_ptr(), offset.data_ptr(), slope.data_ptr(), y.data_ptr(), _rows(x),
        x.shape[1], torch.get_num_threads(),
    )  # fmt: skip
    return y


def _grow(x: Tensor, norm: tuple[int | None, int | None], weights: Tensor, into: Tensor) -> None:
    made = _kernels().grow(
        x.data_ptr(), *norm, weights.data_ptr(), *_place(into), *_images(x), into.shape[1], torch.get_num_threads()
    )
    _check(made)


def _images(x: Tensor) -> tuple[int, int, int, int]:
    count, channels, height, width = x.shape
    return count, height, width, channels


def _kernels() -> Any:
    return library.dense_layers()
