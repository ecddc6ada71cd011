"""What tests of convolutions in bfloat16 share: torch's gradients, and kernels with fewer threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, channels_last
from torch.nn import grad

from torchwire_modules.vision._fused import library


def laid_out(x: Tensor) -> Tensor:
    """``x`` as the kernels take it."""
    return x.bfloat16().contiguous(memory_format=channels_last)


def by_input(x: Tensor, weight: Tensor, dy: Tensor) -> Tensor:
    """The gradient by the input of a convolution that keeps the size, in float32."""
    made: Tensor = grad.conv2d_input(x.shape, weight, dy.float(), padding=weight.shape[2] // 2)  # type: ignore[no-untyped-call]
    return made


def by_weight(x: Tensor, weight: Tensor, dy: Tensor) -> Tensor:
    """The same by its weight."""
    made: Tensor = grad.conv2d_weight(x.float(), weight.shape, dy.float(), padding=weight.shape[2] // 2)  # type: ignore[no-untyped-call]
    return made


def error(found: Tensor, expected: Tensor) -> float:
    """How far ``found`` is from ``expected``, as a part of that."""
    return float((found.double() - expected.double()).norm() / (expected.double().norm() + 1e-9))


@contextmanager
def one_thread() -> Iterator[None]:
    """No region of the kernels gets more than one thread within, whatever it asks for."""
    kernels = library.kernels()
    assert kernels is not None
    kernels.omp_set_max_active_levels(0)
    try:
        yield
    finally:
        kernels.omp_set_max_active_levels(1)
