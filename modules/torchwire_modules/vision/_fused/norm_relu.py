"""Calls of the kernels on tensors. An activation is a channels-last tensor (n, channels, height, width), or the leading
channels of one; its rows are its n · height · width positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from torchwire_modules.vision._fused.library import kernels

KINDS = {torch.float32: "f32", torch.bfloat16: "bf16"}


@dataclass(frozen=True)
class Statistics:
    """Each channel's ``mean`` and biased ``variance`` over ``rows`` positions: float32 (channels,)."""

    mean: Tensor
    variance: Tensor
    rows: int

    def leading(self, channels: int) -> Statistics:
        """Those of the first channels."""
        return Statistics(self.mean[:channels], self.variance[:channels], self.rows)


@dataclass(frozen=True)
class Norm:
    """A batch normalisation with its statistics put in: ``x * scale + shift``, float32 (channels,)."""

    scale: Tensor
    shift: Tensor
    mean: Tensor
    inverse: Tensor  # one over the standard deviation
    batch: bool  # by the batch's own statistics, through which gradients flow too

    @classmethod
    def of(cls, layer: nn.BatchNorm2d, x: Tensor) -> Norm:
        """By the statistics of ``x`` in training, else by the running ones."""
        return cls.of_batch(layer, statistics(x)) if layer.training else cls.of_running(layer)

    @classmethod
    def of_batch(cls, layer: nn.BatchNorm2d, statistics: Statistics) -> Norm:
        """By the batch's statistics, which join the layer's running ones."""
        _run_on(layer, statistics)
        return cls._of(layer, statistics.mean, statistics.variance, batch=True)

    @classmethod
    def of_running(cls, layer: nn.BatchNorm2d) -> Norm:
        """By the layer's running statistics."""
        assert layer.running_mean is not None and layer.running_var is not None  # noqa: S101
        return cls._of(layer, layer.running_mean, layer.running_var, batch=False)

    @classmethod
    def _of(cls, layer: nn.BatchNorm2d, mean: Tensor, variance: Tensor, *, batch: bool) -> Norm:
        inverse = torch.rsqrt(variance + layer.eps)
        scale = layer.weight.detach() * inverse
        return cls(scale, layer.bias.detach() - mean * scale, mean, inverse, batch)


def _run_on(layer: nn.BatchNorm2d, statistics: Statistics) -> None:
    if layer.running_mean is None or layer.running_var is None or layer.num_batches_tracked is None:
        return
    layer.num_batches_tracked += 1
    share = 1 / float(layer.num_batches_tracked) if layer.momentum is None else layer.momentum
    unbiased = statistics.variance * (statistics.rows / max(1, statistics.rows - 1))
    layer.running_mean.lerp_(statistics.mean, share)
    layer.running_var.lerp_(unbiased, share)


def empty(like: Tensor, channels: int) -> Tensor:
    """A channels-last tensor for as many positions as ``like`` has."""
    count, _, height, width = like.shape
    shape = (count, channels, height, width)
    return torch.empty(shape, dtype=like.dtype, memory_format=torch.channels_last)


def statistics(x: Tensor, copy_to: Tensor | None = None, into: tuple[Tensor, Tensor] | None = None) -> Statistics:
    """The statistics of ``x``, written to the tensors ``into`` if given; ``x`` is copied to ``copy_to`` on the way."""
    channels, rows = x.shape[1], rows_of(x)
    mean, variance = into or (torch.empty(channels), torch.empty(channels))
    made = _call("statistics", x)(
        *placed(x), *placed(copy_to), rows, channels, mean.data_ptr(), variance.data_ptr(), torch.get_num_threads()
    )
    check_memory(made)
    return Statistics(mean, variance, rows)


def scale_relu(x: Tensor, norm: Norm, other: Tensor | None = None) -> Tensor:
    """``relu(norm(x) + other)`` as a new tensor."""
    y = empty(x, x.shape[1])
    _call("scale_relu", x)(
        *placed(x), norm.scale.data_ptr(), norm.shift.data_ptr(), *placed(other), *placed(y), rows_of(x),
        x.shape[1], torch.get_num_threads(),
    )  # fmt: skip
    return y


class Gradient(NamedTuple):
    """The gradients of ``relu(norm(x) + other)`` by x, the layer's weight and bias, and ``other``."""

    x: Tensor
    weight: Tensor
    bias: Tensor
    other: Tensor | None


def gradient(
    x: Tensor, dy: Tensor, norm: Norm, *, other: Tensor | None = None, add_to: Tensor | None = None
) -> Gradient:
    """From that of the result, ``dy``. The gradient by x is added to ``add_to`` if given."""
    channels, rows = x.shape[1], rows_of(x)
    plain, weighted = _sums(x, dy, norm, other)
    offset, slope = _share_of(norm, plain, weighted, rows)
    dx = empty(x, channels) if add_to is None else add_to
    d_other = None if other is None else empty(x, channels)
    _call("relu_norm_gradient", x)(
        *placed(x), *placed(other), *placed(dy), norm.scale.data_ptr(), norm.shift.data_ptr(), norm.mean.data_ptr(),
        offset.data_ptr(), slope.data_ptr(), *placed(dx), add_to is not None, *placed(d_other), rows, channels,
        torch.get_num_threads(),
    )  # fmt: skip
    return Gradient(dx, weighted * norm.inverse, plain, d_other)


def _sums(x: Tensor, dy: Tensor, norm: Norm, other: Tensor | None) -> tuple[Tensor, Tensor]:
    """By channel, of the gradient by the norm's result and of that times ``x - mean``."""
    sums = torch.empty(2, x.shape[1])
    made = _call("relu_norm_sums", x)(
        *placed(x), *placed(other), *placed(dy), norm.scale.data_ptr(), norm.shift.data_ptr(), norm.mean.data_ptr(),
        sums.data_ptr(), rows_of(x), x.shape[1], torch.get_num_threads(),
    )  # fmt: skip
    check_memory(made)
    return sums[0], sums[1]


def _share_of(norm: Norm, plain: Tensor, weighted: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    if norm.batch:
        return own_share(norm, plain, weighted, rows)
    nothing = torch.zeros_like(plain)
    return nothing, nothing


class Pooled(NamedTuple):
    """``max_pool(relu(norm(x)))`` over 3 x 3 positions at every second one, which of them it was, and x there."""

    y: Tensor
    which: Tensor  # uint8: 0 to 8, or 255 where y is zero
    picked: Tensor


def relu_pool(x: Tensor, norm: Norm) -> Pooled:
    """Of a whole activation."""
    shape = x.shape[0], x.shape[1], (x.shape[2] + 1) // 2, (x.shape[3] + 1) // 2
    y, picked = (torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last) for _ in range(2))
    which = torch.empty(shape, dtype=torch.uint8, memory_format=torch.channels_last)
    _call("relu_pool", x)(
        x.data_ptr(), norm.scale.data_ptr(), norm.shift.data_ptr(), y.data_ptr(), picked.data_ptr(), which.data_ptr(),
        *_images(x), torch.get_num_threads(),
    )  # fmt: skip
    return Pooled(y, which, picked)


@dataclass(frozen=True)
class Pooling:
    """What the gradient by x of ``relu_pool`` is made of, and the gradients by the layer's weight and bias."""

    norm: Norm
    which: Tensor
    offset: Tensor
    slope: Tensor
    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, x: Tensor, norm: Norm, which: Tensor, picked: Tensor, dy: Tensor) -> Pooling:
        """From the gradient by the result, ``dy``."""
        plain, weighted = _sums(picked, dy, norm, None)
        return cls(norm, which, *_share_of(norm, plain, weighted, rows_of(x)), weighted * norm.inverse, plain)

    @property
    def given(self) -> tuple[int, int, int, int]:
        """As the kernels take it."""
        norm = self.norm
        return norm.scale.data_ptr(), norm.mean.data_ptr(), self.offset.data_ptr(), self.slope.data_ptr()


def relu_pool_gradient(x: Tensor, pooling: Pooling, dy: Tensor) -> Tensor:
    """By ``x``, from that of ``relu_pool``'s result, ``dy``."""
    dx = empty(x, x.shape[1])
    _call("relu_pool_gradient", x)(
        x.data_ptr(), pooling.which.data_ptr(), dy.data_ptr(), *pooling.given, dx.data_ptr(), *_images(x),
        torch.get_num_threads(),
    )  # fmt: skip
    return dx


def own_share(norm: Norm, plain: Tensor, weighted: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """What the batch's statistics add to the gradient by x: ``offset + slope * (x - mean)``, from the sums (channels,)
    of the gradient by the norm's result and of that times ``x - mean``."""
    offset = norm.scale * plain * (-1 / rows)
    return offset, norm.scale * norm.inverse * norm.inverse * weighted * (-1 / rows)


def max_pool(x: Tensor) -> Tensor:
    """The largest of 3 x 3 positions at every second position of a whole activation, in which nothing is below zero."""
    count, channels, height, width = x.shape
    shape = (count, channels, (height + 1) // 2, (width + 1) // 2)
    y = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
    _call("max_pool", x)(x.data_ptr(), y.data_ptr(), count, height, width, channels, torch.get_num_threads())
    return y


def copied(x: Tensor) -> Tensor:
    """A copy of leading or inner channels, in rows without gaps."""
    y = empty(x, x.shape[1])
    _call("copy", x)(*placed(x), *placed(y), rows_of(x), x.shape[1], torch.get_num_threads())
    return y


def copy(x: Tensor, to: Tensor) -> None:
    """Copy ``x`` to a tensor of the same size, leading or inner channels of which either may be."""
    _call("copy", x)(*placed(x), *placed(to), rows_of(x), x.shape[1], torch.get_num_threads())


def fits(x: Tensor) -> bool:
    """Whether the kernels can read ``x`` as it lies."""
    _, channels, height, width = x.shape
    step = _stride(x)
    return x.dtype in KINDS and channels % 16 == 0 and x.stride() == (height * width * step, 1, width * step, step)


def computed_in(x: Tensor) -> torch.dtype:
    """What a layer computes in on the CPU: what autocast says, else as ``x`` is."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype


def is_usual(layer: nn.BatchNorm2d) -> bool:
    """Whether the layer has weights and running statistics."""
    return bool(layer.affine and layer.track_running_stats)


def rows_of(x: Tensor) -> int:
    """How many positions an activation has."""
    return x.shape[0] * x.shape[2] * x.shape[3]


def _images(x: Tensor) -> tuple[int, int, int, int]:
    """Their count, height, width and channels."""
    count, channels, height, width = x.shape
    return count, height, width, channels


def _stride(x: Tensor) -> int:
    """Values from one position to the next. The stride of a dimension of one says nothing, so the last that counts."""
    _, channels, height, width = x.shape
    if width > 1:
        return x.stride(3)
    if height > 1:
        return x.stride(2)
    return x.stride(0) if x.shape[0] > 1 else channels


def placed(x: Tensor | None) -> tuple[int, int]:
    """Where an activation lies and how far its rows are apart, as the kernels take it; nowhere without one."""
    return (0, 0) if x is None else (x.data_ptr(), _stride(x))


def _call(name: str, x: Tensor) -> Any:
    return getattr(kernels(), f"{name}_{KINDS[x.dtype]}")


def check_memory(made: int) -> None:
    """Raise MemoryError if that is what a kernel answered."""
    if made:
        raise MemoryError("no memory left for a kernel's sums and packed rows")
