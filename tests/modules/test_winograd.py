"""Convolutions in fewer products: torch's numbers, exactly where nothing is rounded, else about as near as bfloat16."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from tests.modules.convolutions import by_input, by_weight, laid_out, one_thread
from torchwire_modules.vision._fused import library, winograd
from torchwire_modules.vision._fused.networks import fuse
from torchwire_modules.vision._fused.norm_relu import Norm
from torchwire_modules.vision._fused.winograd import Winograd, WinogradConvolution

pytestmark = pytest.mark.skipif(
    library.pairs() is None, reason="the processor has no bfloat16 vectors, or AMX, or there is no C compiler"
)

ROUNDED = 5e-3
"""Relative error of transforms in bfloat16."""
SIZES = [(1, 1, 1), (3, 5, 4), (2, 7, 7), (1, 40, 33), (17, 3, 2), (2, 2, 300)]
WIDTHS = [(64, 64), (128, 32), (64, 192)]

sizes = pytest.mark.parametrize("maps", SIZES)
widths = pytest.mark.parametrize(("depth", "columns"), WIDTHS)


def given(maps: tuple[int, int, int], depth: int, columns: int) -> tuple[Tensor, Tensor, Tensor]:
    """An activation, a weight, and a gradient by the result."""
    torch.manual_seed(0)
    count, height, width = maps
    weight = torch.randn(columns, depth, 3, 3) / math.sqrt(depth * 9)
    x, dy = (laid_out(torch.randn(count, channels, height, width)) for channels in (depth, columns))
    return x, weight if width % 2 else weight.to(memory_format=torch.channels_last), dy


def whole(maps: tuple[int, int, int], depth: int, columns: int) -> tuple[Tensor, Tensor, Tensor]:
    """The same of small whole numbers, which no transform has to round."""
    torch.manual_seed(0)
    count, height, width = maps
    x, dy = (laid_out(torch.randint(-3, 4, (count, size, height, width)).float()) for size in (depth, columns))
    return x, 4 * torch.randint(-2, 3, (columns, depth, 3, 3)).float(), dy


def convolved(x: Tensor, weight: Tensor) -> Tensor:
    return winograd.convolved(x, winograd.packed(weight), weight.shape[0])


def convolved_back(dy: Tensor, weight: Tensor) -> Tensor:
    return winograd.convolved(dy, winograd.packed_back(weight), weight.shape[1])


def assert_near(found: Tensor, expected: Tensor) -> None:
    found, expected = found.detach().float(), expected.detach()
    assert float((found - expected).norm()) <= ROUNDED * float(expected.norm())


@sizes
@widths
def test_whole_numbers_give_torchs_bits(maps: tuple[int, int, int], depth: int, columns: int) -> None:
    x, weight, dy = whole(maps, depth, columns)
    assert torch.equal(convolved(x, weight), functional.conv2d(x.float(), weight, padding=1).bfloat16())
    assert torch.equal(convolved_back(dy, weight), by_input(x, weight, dy).bfloat16())
    assert torch.equal(winograd.weight_gradient(x, dy), by_weight(x, weight, dy))


@sizes
@widths
def test_results_and_gradients_are_torchs_up_to_rounding(maps: tuple[int, int, int], depth: int, columns: int) -> None:
    x, weight, dy = given(maps, depth, columns)
    assert_near(convolved(x, weight), functional.conv2d(x.float(), weight, padding=1))
    assert_near(convolved_back(dy, weight), by_input(x, weight, dy))
    assert_near(winograd.weight_gradient(x, dy), by_weight(x, weight, dy))


@sizes
def test_a_norm_and_relu_before_it_stop_at_the_edge(maps: tuple[int, int, int]) -> None:
    """What lies outside is zero, not the ReLU of the norm of zero."""
    x, weight, dy = given(maps, 128, 32)
    scale, shift = torch.randn(2, 128)
    norm = Norm(scale, shift, shift, scale, batch=True)
    active = (x.float() * scale.view(-1, 1, 1) + shift.view(-1, 1, 1)).relu()
    wide = laid_out(torch.randn(maps[0], 96, *maps[1:]))
    before = wide.clone()
    winograd.convolved(x, winograd.packed(weight), 32, norm=norm, into=wide[:, 32:64])
    assert_near(wide[:, 32:64], functional.conv2d(active, weight, padding=1))
    assert torch.equal(wide[:, :32], before[:, :32]) and torch.equal(wide[:, 64:], before[:, 64:])
    assert_near(winograd.weight_gradient(x, dy, norm), by_weight(active, weight, dy))


def test_many_tiles_are_summed_block_by_block() -> None:
    x, weight, dy = whole((9, 60, 61), 64, 64)
    assert torch.equal(winograd.weight_gradient(x, dy), by_weight(x, weight, dy))


@pytest.mark.parametrize("relu", [True, False])
def test_a_bias_and_a_shortcut_are_added_before_the_relu(relu: bool) -> None:
    x, weight, other = whole((2, 7, 5), 64, 128)
    bias, before = torch.arange(-64.0, 64.0), other.clone()
    found = winograd.convolved(x, winograd.packed(weight), 128, bias, other, relu=relu)
    expected = functional.conv2d(x.float(), weight, bias, padding=1) + other.float()
    assert torch.equal(found, (expected.relu() if relu else expected).bfloat16())
    assert torch.equal(other, before)


@sizes
@widths
def test_statistics_are_those_of_the_result(maps: tuple[int, int, int], depth: int, columns: int) -> None:
    x, weight, _ = whole(maps, depth, columns)
    y, found = winograd.convolved_and_counted(x, winograd.packed(weight), columns)
    assert torch.equal(y, convolved(x, weight))
    result = functional.conv2d(x.double(), weight.double(), padding=1).movedim(1, 0).flatten(1)
    assert found.rows == result.shape[1]
    torch.testing.assert_close(found.mean, result.mean(1).float(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found.variance, result.var(1, correction=0).float(), rtol=1e-5, atol=0)
    with one_thread():
        _, alone = winograd.convolved_and_counted(x, winograd.packed(weight), columns)
    torch.testing.assert_close(alone.mean, found.mean, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(alone.variance, found.variance, rtol=1e-5, atol=0)


def test_statistics_lose_no_digits_to_a_large_mean() -> None:
    x, weight = laid_out(torch.randint(0, 2, (4, 64, 30, 30)).float()), torch.zeros(32, 64, 3, 3)
    weight[:, 0, 1, 1], x[:, 1], weight[:, 1, 1, 1] = 1, 1, 4096  # 4096 or 4097, inside and at the edge
    _, found = winograd.convolved_and_counted(x, winograd.packed(weight), 32)
    result = x[:, 0].double()
    torch.testing.assert_close(found.mean, (4096 + result.mean()).float().expand(32))
    torch.testing.assert_close(found.variance, result.var(correction=0).float().expand(32), rtol=1e-4, atol=0)


@pytest.mark.parametrize(("depth", "columns"), [(64, 64), (64, 192), (128, 192)])
def test_fewer_threads_than_were_asked_for_do_all_the_work(depth: int, columns: int) -> None:
    """Sums over tiles that a thread keeps to itself are split by thread; all else is the same to the last bit."""
    x, weight, dy = given((3, 21, 30), depth, columns)

    def made() -> tuple[Tensor, Tensor, Tensor]:
        return convolved(x, weight), convolved_back(dy, weight), winograd.weight_gradient(x, dy)

    expected = made()
    with one_thread():
        found = made()
    assert all(torch.equal(one, other) for one, other in zip(found[:2], expected[:2], strict=True))
    torch.testing.assert_close(found[2], expected[2], atol=1e-4, rtol=1e-4)


def test_the_same_twice_gives_the_same_bits() -> None:
    x, _, dy = given((3, 21, 30), 64, 64)
    assert torch.equal(winograd.weight_gradient(x, dy), winograd.weight_gradient(x, dy))


def test_what_is_no_number_is_not_hidden_and_stays_in_its_image() -> None:
    x, weight, _ = given((3, 6, 6), 64, 64)
    expected = convolved(x, weight)
    x[1, 3, 2, 2] = math.nan
    found = convolved(x, weight)
    assert torch.isnan(found[1, :, 1:4, 1:4]).all()
    assert torch.equal(found[::2], expected[::2])


@pytest.mark.parametrize(
    ("layer", "fits"),
    [
        (nn.Conv2d(64, 128, 3, padding=1, bias=False), True),
        (nn.Conv2d(64, 128, 3, padding=1), False),
        (nn.Conv2d(64, 128, 3, padding=1, stride=2, bias=False), False),
        (nn.Conv2d(64, 128, 3, padding=2, dilation=2, bias=False), False),
        (nn.Conv2d(64, 128, 3, bias=False), False),
        (nn.Conv2d(64, 128, 3, padding=1, groups=32, bias=False), False),
        (nn.Conv2d(64, 128, 1, bias=False), False),
        (nn.Conv2d(64, 32, 3, padding=1, bias=False), True),
        (nn.Conv2d(64, 48, 3, padding=1, bias=False), False),
        (nn.Conv2d(96, 64, 3, padding=1, bias=False), False),
        (nn.Conv2d(64, 64, 3, padding=1, padding_mode="reflect", bias=False), False),
    ],
)
def test_only_plain_convolutions_of_even_channels_suit(layer: nn.Conv2d, fits: bool) -> None:
    assert winograd.suits(layer) == fits


def test_few_tiles_are_convolved_as_ever() -> None:
    x, weight, dy = given((1, 1, 1), 512, 512)
    assert not winograd.pays(x, 512)
    x.requires_grad_(), weight.requires_grad_()
    y = Winograd.apply(x, weight)
    y.backward(dy)
    assert torch.equal(y, functional.conv2d(x, weight.bfloat16(), padding=1))
    assert x.grad is not None and weight.grad is not None
    assert_near(x.grad, by_input(x, weight, dy))
    assert_near(weight.grad, by_weight(x, weight, dy))


def test_other_types_run_as_ever() -> None:
    layer = nn.Conv2d(64, 64, 3, padding=1, bias=False)
    x = torch.randn(2, 64, 9, 9)
    expected = layer(x)
    layer.__class__ = WinogradConvolution
    assert torch.equal(layer(x), expected)
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(x)
    assert found.dtype == torch.bfloat16 and not torch.equal(found.float(), expected)
    assert_near(found, expected)


def test_weights_that_are_frozen_get_no_gradient() -> None:
    x, weight, dy = given((2, 6, 6), 64, 64)
    x.requires_grad_()
    Winograd.apply(x, weight).backward(dy)
    assert x.grad is not None and weight.grad is None
    x, weight = x.detach(), weight.requires_grad_()
    Winograd.apply(x, weight).backward(dy)
    assert weight.grad is not None


def gradients(network: nn.Module, x: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=x.dtype == torch.float32):
        logits = network(x)
    nn.functional.cross_entropy(logits, torch.arange(len(x)) % 5).backward()
    return torch.cat([p.grad.double().flatten() for p in network.parameters() if p.grad is not None])


@pytest.mark.parametrize(
    ("maps", "pays"), [((64, 1, 1), False), ((7, 2, 2), False), ((8, 2, 2), True), ((1, 5, 5), True)]
)
def test_it_pays_for_more_than_one_position_and_many_tiles(maps: tuple[int, int, int], pays: bool) -> None:
    assert winograd.pays(torch.empty(maps[0], 512, *maps[1:]), 512) == pays


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_network_is_about_as_near_to_double_precision_as_the_plain_one(name: str) -> None:
    torch.manual_seed(1)
    plain = models.get_model(name, weights=None, num_classes=5).to(memory_format=torch.channels_last)
    fused, exact = copy.deepcopy(plain), copy.deepcopy(plain).double()
    assert fuse(fused)
    assert any(isinstance(part, WinogradConvolution) for part in fused.modules())
    x = torch.randn(8, 3, 64, 64).to(memory_format=torch.channels_last)
    truth, theirs, ours = gradients(exact, x.double()), gradients(plain, x), gradients(fused, x)
    assert (ours - truth).norm() < 1.5 * (theirs - truth).norm()
