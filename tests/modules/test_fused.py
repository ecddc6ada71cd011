"""Fused batch norm and ReLU: the same numbers as the plain layers, in fewer passes over memory."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from torchwire_modules.vision._fused import library, norm_relu
from torchwire_modules.vision._fused.networks import FusedDenseBlock, first_layers, fuse, norm_then_relu
from torchwire_modules.vision._networks import freeze_backbone, train_mode

pytestmark = pytest.mark.skipif(library.kernels() is None, reason="there is no C compiler")

DENSE, RESIDUAL, DEEP = "densenet121", "resnet18", "resnet50"


def images(count: int = 2, size: int = 64, kind: torch.dtype = torch.float32) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(count, 3, size, size, dtype=kind).to(memory_format=torch.channels_last)


def pair(name: str) -> tuple[nn.Module, nn.Module]:
    """The same network plain and fused."""
    torch.manual_seed(1)
    plain = models.get_model(name, weights=None, num_classes=5).to(memory_format=torch.channels_last)
    fused = copy.deepcopy(plain)
    assert fuse(fused)
    return plain, fused


def gradients(network: nn.Module, x: Tensor) -> Tensor:
    network.zero_grad()
    nn.functional.cross_entropy(network(x), torch.arange(len(x)) % 5).backward()
    return torch.cat([p.grad.double().flatten() for p in network.parameters() if p.grad is not None])


def distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize("name", [DENSE, RESIDUAL, DEEP])
def test_gradients_are_at_least_as_near_to_double_precision_as_the_plain_ones(name: str) -> None:
    plain, fused = pair(name)
    exact = gradients(copy.deepcopy(plain).double(), images(4, kind=torch.float64))
    assert distance(gradients(fused, images(4)), exact) < max(1e-4, 2 * distance(gradients(plain, images(4)), exact))


@pytest.mark.parametrize("name", [DENSE, RESIDUAL, DEEP])
def test_running_statistics_and_scores_are_the_plain_ones(name: str) -> None:
    plain, fused = pair(name)
    for network in (plain, fused):
        network(images(4))
    for (place, ours), theirs in zip(fused.named_buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4, msg=place)
    with torch.inference_mode():
        torch.testing.assert_close(fused.eval()(images()), plain.eval()(images()), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", [DENSE, RESIDUAL])
def test_the_names_of_weights_stay(name: str) -> None:
    plain, fused = pair(name)
    assert list(plain.state_dict()) == list(fused.state_dict())
    plain.load_state_dict(fused.state_dict())


@pytest.mark.parametrize("name", [DENSE, RESIDUAL])
def test_the_same_step_twice_gives_the_same_bits(name: str) -> None:
    _, fused = pair(name)
    first = gradients(copy.deepcopy(fused), images())
    assert torch.equal(gradients(copy.deepcopy(fused), images()), first)


def test_bfloat16_follows_the_plain_network_with_autocast() -> None:
    plain, fused = pair(DENSE)
    with torch.inference_mode():
        exact = plain.eval()(images(4))
        with torch.autocast("cpu", torch.bfloat16):
            theirs, ours = plain(images(4)).float(), fused.eval()(images(4)).float()
    assert distance(ours, exact) < max(0.02, 1.5 * distance(theirs, exact))


def test_recomputing_gives_the_same_gradients_and_keeps_less() -> None:
    _, keeping = pair(DENSE)
    saving = copy.deepcopy(keeping)
    for part in saving.modules():
        if hasattr(part, "memory_efficient"):
            part.memory_efficient = True

    def kept_and_gradients(network: nn.Module) -> tuple[int, Tensor]:
        sizes: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: (sizes.append(t.nbytes), t)[1], lambda t: t):
            loss = network(images()).sum()
        loss.backward()
        return sum(sizes), torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])

    (much, one), (little, other) = kept_and_gradients(keeping), kept_and_gradients(saving)
    assert little < 0.7 * much
    assert torch.equal(one, other)


def test_a_frozen_backbone_learns_its_head_alone() -> None:
    plain, fused = pair(DENSE)
    for network in (plain, fused):
        freeze_backbone(network, "densenet")
        train_mode(network, "densenet", frozen=True)
    torch.testing.assert_close(gradients(fused, images()), gradients(plain, images()), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_is_no_number_is_not_hidden_by_the_relu(broken: float) -> None:
    x = torch.ones(2, 16, 4, 4).to(memory_format=torch.channels_last)
    x[0, 3, 1, 1] = broken
    assert torch.isnan(norm_then_relu(nn.BatchNorm2d(16), x)[:, 3]).any()


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_statistics_lose_no_digits_to_a_large_mean(kind: torch.dtype) -> None:
    x = (torch.randn(4, 32, 9, 7) + 4000).to(kind).to(memory_format=torch.channels_last)
    found = norm_relu.statistics(x)
    torch.testing.assert_close(found.mean.double(), x.double().mean((0, 2, 3)), atol=1e-3, rtol=1e-6)
    torch.testing.assert_close(found.variance.double(), x.double().var((0, 2, 3), correction=0), atol=1e-5, rtol=1e-4)


def test_rounding_to_bfloat16_is_torchs() -> None:
    x = torch.randn(2, 16, 5, 5).abs().to(torch.bfloat16).to(memory_format=torch.channels_last)
    layer = nn.BatchNorm2d(16).eval()
    expected = torch.relu(x.float() * torch.rsqrt(torch.tensor(1 + layer.eps))).to(torch.bfloat16)
    assert torch.equal(norm_then_relu(layer, x), expected)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("size", [(8, 8), (7, 5), (1, 2), (1, 1)])
def test_the_largest_of_three_by_three_is_torchs(size: tuple[int, int], kind: torch.dtype) -> None:
    x = torch.randn(2, 32, *size).relu().to(kind).to(memory_format=torch.channels_last)
    x[0, 1, 0, 0], x[1, 2, -1, -1], x[0, 3, 0, -1] = -math.nan, math.inf, -0.0
    expected = nn.functional.max_pool2d(x, 3, 2, 1)
    found = norm_relu.max_pool(x)
    torch.testing.assert_close(found, expected, atol=0, rtol=0, equal_nan=True)
    assert found.is_contiguous(memory_format=torch.channels_last)


def pooled(layer: nn.BatchNorm2d, x: Tensor) -> Tensor:
    """What follows a first convolution."""
    return first_layers(cast(nn.Conv2d, nn.Identity()), layer, x)


def normed(channels: int, *, training: bool) -> nn.BatchNorm2d:
    torch.manual_seed(5)
    layer = nn.BatchNorm2d(channels).train(training)
    with torch.no_grad():
        for value in (layer.weight, layer.bias, layer.running_mean):
            assert value is not None
            value.normal_()
    return layer


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("size", [(8, 8), (7, 5), (12, 33), (1, 2), (2, 1), (1, 1)])
def test_a_pool_behind_norm_and_relu_and_its_gradients_are_torchs(
    size: tuple[int, int], kind: torch.dtype, training: bool
) -> None:
    plain, ours = (normed(32, training=training) for _ in range(2))
    x = torch.randn(3, 32, *size).to(kind).to(memory_format=torch.channels_last)
    exact, given = x.double().requires_grad_(), x.clone().requires_grad_()
    expected = nn.functional.max_pool2d(plain.double()(exact).relu(), 3, 2, 1)
    found = pooled(ours, given)
    assert found.dtype == kind and found.is_contiguous(memory_format=torch.channels_last)
    dy = torch.randn(found.shape).to(kind)
    found.backward(dy), expected.backward(dy.double())
    assert given.grad is not None and exact.grad is not None
    near = 1e-5 if kind == torch.float32 else 5e-3
    assert distance(found.detach().double(), expected.detach()) < near
    assert distance(given.grad.double(), exact.grad) < near
    for mine, theirs in zip(ours.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None and theirs.grad is not None
        assert distance(mine.grad.double(), theirs.grad) < 1e-4
    for buffer, other in zip(ours.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(buffer.double(), other.double(), atol=1e-5, rtol=1e-5)


def test_the_first_of_equals_gets_the_gradient() -> None:
    x = torch.ones(1, 16, 4, 4).to(memory_format=torch.channels_last).requires_grad_()
    pooled(nn.BatchNorm2d(16).eval(), x).sum().backward()
    assert x.grad is not None
    assert x.grad[0, 0].nonzero().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_a_pool_hides_nothing_that_is_no_number() -> None:
    x = torch.randn(2, 16, 6, 6).to(memory_format=torch.channels_last)
    x[0, 3, 3, 3] = math.nan
    found = pooled(nn.BatchNorm2d(16).eval(), x)
    assert torch.isnan(found[0, 3]).sum() == 4 and not torch.isnan(found[:, :3]).any()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.contiguous(),  # rows that are not side by side
        lambda x: x.double(),
        lambda x: x[:, :24],  # channels that are no multiple of 16
    ],
    ids=["contiguous", "double", "channels"],
)
def test_what_does_not_fit_runs_as_before(change: Callable[[Tensor], Tensor]) -> None:
    x = change(torch.randn(3, 32, 6, 6).to(memory_format=torch.channels_last))
    layer = nn.BatchNorm2d(x.shape[1]).to(x.dtype)
    expected = torch.relu(copy.deepcopy(layer)(x))
    torch.testing.assert_close(norm_then_relu(layer, x), expected, atol=1e-5, rtol=1e-5)
    largest = nn.functional.max_pool2d(expected, 3, 2, 1)
    torch.testing.assert_close(pooled(layer, x), largest, atol=1e-5, rtol=1e-5)


def test_without_a_compiler_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    library.kernels.cache_clear()
    try:
        network = models.densenet121(weights=None, num_classes=2)
        assert not fuse(network)
        assert not any(isinstance(part, FusedDenseBlock) for part in network.modules())
    finally:
        library.kernels.cache_clear()


def test_one_value_per_channel_is_refused_as_torch_does() -> None:
    _, fused = pair(RESIDUAL)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        fused.train()(images(1, size=32))
