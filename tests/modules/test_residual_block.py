"""A block of a ResNet as one step: what its parts give one by one, up to rounding, and only where it may be one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from tests.modules.convolutions import error, laid_out
from torchwire_modules.vision._fused import library, networks, residual_block

pytestmark = pytest.mark.skipif(
    library.pairs() is None, reason="the processor has no bfloat16 vectors, or AMX, or there is no C compiler"
)

CHANNELS = 64


def block_of(stride: int = 1) -> BasicBlock:
    torch.manual_seed(0)
    shortcut = None if stride == 1 else nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1, stride, bias=False))
    block = BasicBlock(CHANNELS, CHANNELS, stride, shortcut).to(memory_format=torch.channels_last)
    for norm in (block.bn1, block.bn2):
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.uniform_(norm.bias, -1, 1)
    holder = nn.Sequential(block)
    networks.fuse(holder)
    return block


def maps(count: int = 4, height: int = 9, width: int = 8, *, seed: int = 1) -> Tensor:
    torch.manual_seed(seed)
    return laid_out(torch.randn(count, CHANNELS, height, width).relu())


def learned(block: BasicBlock, x: Tensor, *, paired: bool = True) -> list[Tensor]:
    """Result, gradients, and what the norms remember."""
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=paired):
        y = block(x)
    y.backward(torch.linspace(-1, 1, y.numel()).view_as(y).to(y.dtype))
    grads = [parameter.grad for parameter in (x, *block.parameters())]
    assert all(grad is not None for grad in grads)
    return [y.detach(), *(grad for grad in grads if grad is not None), *block.buffers()]


@pytest.mark.parametrize("size", [(4, 9, 8), (2, 20, 21), (8, 2, 2), (2, 33, 5)])
def test_it_is_as_near_to_double_precision_as_its_parts(
    size: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the mean of several inputs: where a ReLU's input is nearly zero, rounding decides what goes back."""
    plain = BasicBlock(CHANNELS, CHANNELS).double()
    plain.load_state_dict(block_of().state_dict())
    inputs = [maps(*size, seed=seed) for seed in range(6)]
    assert_one_step(block_of(), inputs[0], expected=True)
    truth = [learned(copy.deepcopy(plain), x.double(), paired=False) for x in inputs]
    ours = [learned(block_of(), x) for x in inputs]
    monkeypatch.setattr(residual_block, "suits", lambda *_: False)
    theirs = [learned(block_of(), x) for x in inputs]
    for number in range(len(truth[0])):
        one, other = (
            [error(made[number], right[number]) for made, right in zip(all_made, truth, strict=True)]
            for all_made in (ours, theirs)
        )
        assert sum(one) < max(2 * sum(other), 1e-5)
    assert [made.dtype for made in ours[0]] == [made.dtype for made in theirs[0]]


def test_the_same_step_twice_gives_the_same_bits() -> None:
    block = block_of()
    one, other = learned(copy.deepcopy(block), maps()), learned(copy.deepcopy(block), maps())
    assert all(map(torch.equal, one, other))


def test_it_keeps_its_input_and_the_results_of_its_convolutions_alone() -> None:
    kept: list[Tensor] = []

    def keep(saved: Tensor) -> Tensor:
        kept.append(saved)
        return saved

    x = maps().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda saved: saved), torch.autocast("cpu", torch.bfloat16):
        assert block_of()(x).requires_grad
    assert sum(one.shape == x.shape for one in kept) == 3


def test_a_number_that_is_none_is_not_hidden() -> None:
    x = maps()
    x[1, 3, 2, 2] = torch.nan
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.isnan(block_of()(x)).all()  # through the statistics


def frozen(block: BasicBlock) -> None:
    block.conv1.weight.requires_grad_(requires_grad=False)


@pytest.mark.parametrize(
    "change",
    [
        frozen,
        lambda block: block.bn1.eval(),
        lambda block: setattr(block.bn2, "track_running_stats", False),
        lambda block: setattr(block, "conv2", nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)),
    ],
)
def test_other_blocks_run_as_their_parts(change: Callable[[BasicBlock], object]) -> None:
    block = block_of()
    change(block)
    assert_one_step(block, maps(), expected=False)


def test_a_block_that_halves_its_maps_runs_as_its_parts() -> None:
    assert_one_step(block_of(stride=2), maps(), expected=False)


def test_scoring_other_precisions_and_single_positions_run_as_its_parts() -> None:
    assert_one_step(block_of(), maps(height=1, width=1), expected=False)
    assert_one_step(block_of(), maps().float(), expected=False, paired=False)
    with torch.no_grad():
        assert_one_step(block_of(), maps(), expected=False)


def assert_one_step(block: BasicBlock, x: Tensor, *, expected: bool, paired: bool = True) -> None:
    with torch.autocast("cpu", torch.bfloat16) if paired else nullcontext():
        y = block(x)
    assert (y.grad_fn is not None and y.grad_fn.name() == "ResidualBlockBackward") == expected
