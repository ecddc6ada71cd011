"""What training asks of torch, and that it is taken back."""

from __future__ import annotations

import pytest
import torch

from torchwire_modules.training._batches import Batches
from torchwire_modules.training._device import make_optimizer, repeatable
from torchwire_modules.training.recipe import Recipe


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


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_steps_are_taken_in_one_pass_except_on_apples_gpu(optimizer: str) -> None:
    for device, fused in (("cuda:1", True), ("cpu", True), ("mps", False)):
        made = make_optimizer(torch.nn.Linear(2, 2), Recipe(optimizer=optimizer), device)
        assert bool(made.defaults["fused"]) is fused


@pytest.mark.parametrize(("device", "expected"), [("cuda:1", ["pinned", ("cuda:1", True)]), ("mps", [("mps", True)])])
def test_batches_go_to_a_gpu_without_waiting(device: str, expected: list[object]) -> None:
    done: list[object] = []

    class Tensor:
        def pin_memory(self) -> Tensor:
            done.append("pinned")
            return self

        def to(self, where: str, *, non_blocking: bool) -> Tensor:
            done.append((where, non_blocking))
            return self

    Batches([], [], lambda tensors, seeds: tensors, batch_size=1, device=device)._moved(Tensor())  # type: ignore
    assert done == expected
