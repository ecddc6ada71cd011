"""What training asks of torch, and that it is taken back."""

from __future__ import annotations

import pytest
import torch

from torchwire_modules.training._device import repeatable


def settings() -> tuple[object, ...]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.backends.cudnn.benchmark,
        torch.backends.cudnn.allow_tf32,
        torch.get_float32_matmul_precision(),
        torch.get_num_threads(),
    )


@pytest.mark.parametrize(
    ("exact", "expected"), [(True, (True, False, False, "highest", 1)), (False, (False, True, True, "high", 1))]
)
def test_a_gpu_may_take_faster_ways_only_where_that_was_said(exact: bool, expected: tuple[object, ...]) -> None:
    before = settings()
    with repeatable(1, 1, exact=exact):
        assert settings() == expected
    assert settings() == before
