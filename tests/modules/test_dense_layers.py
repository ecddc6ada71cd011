"""Dense layers in kernels of their own: torch's numbers up to rounding, for every size."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import densenet

from tests.modules.convolutions import by_input, by_weight, laid_out, one_thread
from torchwire_modules.vision._fused import dense_layers, library, networks
from torchwire_modules.vision._fused.norm_relu import Norm

pytestmark = pytest.mark.skipif(
    library.pairs() is None, reason="the processor has no bfloat16 vectors, or AMX, or there is no C compiler"
)

ROUNDED, SUMMED, FEWER = 4e-3, 1e-4, 5e-3
"""Relative errors: of results in bfloat16, of sums in float32, and of either in fewer products."""


@dataclass(frozen=True)
class Layer:
    """A layer's input beside wider maps, its norm, and a weight."""

    x: Tensor
    norm: Norm
    weight: Tensor

    @property
    def active(self) -> Tensor:
        """relu(norm(x)), rounded as the kernels round it."""
        shape = (1, -1, 1, 1)
        value = self.x.float() * self.norm.scale.view(shape) + self.norm.shift.view(shape)
        return value.relu().bfloat16().float()


def layer(maps: tuple[int, int, int], depth: int, columns: int, side: int) -> Layer:
    torch.manual_seed(0)
    count, height, width = maps
    wide = laid_out(torch.randn(count, depth + 16, height, width))
    x = wide[:, :depth] if side == 1 else laid_out(wide[:, :depth])
    scale, shift, mean, inverse = torch.randn(4, depth)
    norm = Norm(scale.abs() + 0.1, shift, mean, inverse.abs() + 0.1, batch=True)
    weight = torch.randn(columns, depth, side, side) / math.sqrt(depth * side * side)
    return Layer(x, norm, weight if width % 2 else weight.to(memory_format=torch.channels_last))


def assert_near(found: Tensor, expected: Tensor, error: float) -> None:
    assert float((found.float() - expected).norm()) <= error * float(expected.norm()) + 1e-6


SIZES = [(1, 1, 1), (3, 5, 4), (2, 7, 7), (1, 40, 33), (17, 3, 2), (2, 2, 600)]
WIDTHS = [(64, 128), (144, 192), (16, 16)]


@pytest.mark.parametrize("maps", SIZES)
@pytest.mark.parametrize(("depth", "columns"), WIDTHS)
def test_a_convolution_of_one_by_one_and_its_gradients_are_torchs(
    maps: tuple[int, int, int], depth: int, columns: int
) -> None:
    one = layer(maps, depth, columns, side=1)
    weight, active = one.weight.bfloat16().float(), one.active
    y = dense_layers.narrow(one.x, one.norm, dense_layers.packed(one.weight))
    assert_near(y, functional.conv2d(active, weight), ROUNDED)

    dy = laid_out(torch.randn(y.shape))
    before = laid_out(torch.randn(maps[0], depth + 32, *maps[1:]))
    flow = before.clone(memory_format=torch.channels_last)
    d_weight, plain, weighted = dense_layers.narrow_gradient(one.x, one.norm, one.weight, dy, flow[:, :depth])
    assert_near(d_weight, by_weight(active, weight, dy), SUMMED)
    shape = (1, -1, 1, 1)
    through = one.x.float() * one.norm.scale.view(shape) + one.norm.shift.view(shape) > 0
    g = by_input(active, weight, dy) * through
    assert_near(plain, g.sum((0, 2, 3)), SUMMED)
    assert_near(weighted, (g * (one.x.float() - one.norm.mean.view(shape))).sum((0, 2, 3)), SUMMED)
    assert_near(flow[:, :depth], before[:, :depth].float() + g * one.norm.scale.view(shape), ROUNDED)
    assert torch.equal(flow[:, depth:], before[:, depth:])


@pytest.mark.parametrize("maps", SIZES)
@pytest.mark.parametrize(("depth", "columns"), [(128, 32), (192, 48), (16, 16)])
def test_a_convolution_of_three_by_three_and_its_gradients_are_torchs(
    maps: tuple[int, int, int], depth: int, columns: int
) -> None:
    one = layer(maps, depth, columns, side=3)
    weight, active = one.weight.bfloat16().float(), one.active
    wide = laid_out(torch.randn(maps[0], columns + 32, *maps[1:]))
    before = wide.clone()
    packed = dense_layers.packed_growth(one.weight, one.x)
    assert packed.fewer == (depth == 128 and maps[1:] != (1, 1))
    dense_layers.grow(one.x, one.norm, packed, into=wide[:, 16 : 16 + columns])
    rounded, summed = (FEWER, FEWER) if packed.fewer else (ROUNDED, SUMMED)
    assert_near(wide[:, 16 : 16 + columns], functional.conv2d(active, weight, padding=1), rounded)
    assert torch.equal(wide[:, :16], before[:, :16])
    assert torch.equal(wide[:, 16 + columns :], before[:, 16 + columns :])

    dy = laid_out(torch.randn(maps[0], columns, *maps[1:]))
    d_active, d_weight = dense_layers.grow_gradient(one.x, one.norm, one.weight, dy)
    assert_near(d_active, by_input(active, weight, dy), rounded)
    assert_near(d_weight, by_weight(active, weight, dy), summed)


Gradients = list[Tensor]


def block(growth: int, start: int) -> nn.Module:
    torch.manual_seed(2)
    made = densenet._DenseBlock(5, start, bn_size=4, growth_rate=growth, drop_rate=0.0)
    for part in made.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1, 0.3)
            nn.init.normal_(part.bias, 0, 0.3)
    laid: nn.Module = made.to(memory_format=torch.channels_last)
    return laid


def fused(plain: nn.Module) -> nn.Module:
    made: nn.Module = copy.deepcopy(plain)
    made.__class__ = networks.FusedDenseBlock
    return made


def stepped(module: nn.Module, x: Tensor) -> tuple[Tensor, Gradients]:
    """The result and the gradients by x and the parameters, all in double precision."""
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=x.dtype == torch.float32):
        y = module(x)
    torch.manual_seed(3)
    (y.double() * torch.randn(y.shape)).sum().backward()
    assert x.grad is not None
    return y.detach().double(), [x.grad.double(), *(p.grad.double() for p in module.parameters() if p.grad is not None)]


def apart(one: Gradients, other: Gradients) -> float:
    a, b = (torch.cat([value.flatten() for value in values]) for values in (one, other))
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize(("growth", "start"), [(32, 64), (48, 96)])
@pytest.mark.parametrize("maps", [(2, 9, 7), (4, 14, 14)])
@pytest.mark.parametrize("whole", [True, False])
def test_a_block_is_about_as_near_to_double_precision_as_the_plain_one(
    growth: int, start: int, maps: tuple[int, int, int], whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the kernels of whole layers, and without them, as where there is AMX."""
    other = "DenseBlock" if whole else "PairedDenseBlock"
    monkeypatch.setattr(networks, other, None)  # it may not stand in
    if not whole:
        monkeypatch.setattr(networks, "pairs", lambda: None)
    plain = block(growth, start)
    x = laid_out(torch.randn(maps[0], start, *maps[1:]) + torch.randn(start, 1, 1)).float()
    exact, exact_gradients = stepped(copy.deepcopy(plain).double(), x.double())
    theirs, their_gradients = stepped(copy.deepcopy(plain), x)
    ours = fused(plain)
    found, found_gradients = stepped(ours, x)
    assert apart([found], [exact]) < 1.3 * apart([theirs], [exact])
    assert apart(found_gradients, exact_gradients) < 1.3 * apart(their_gradients, exact_gradients)

    reference = copy.deepcopy(plain)
    stepped(reference, x)
    for (name, mine), buffer in zip(ours.named_buffers(), reference.buffers(), strict=True):
        torch.testing.assert_close(mine, buffer, atol=0.02, rtol=0.02, msg=name)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        reference.load_state_dict(ours.state_dict())
        expected = reference.eval()(x).double()
        assert apart([ours.eval()(x).double()], [expected]) < 0.01


def test_a_block_gives_the_same_bits_twice() -> None:
    plain, x = block(32, 64), laid_out(torch.randn(3, 64, 20, 20)).float()
    (one, gradients), (other, again) = stepped(fused(plain), x), stepped(fused(plain), x)
    assert torch.equal(one, other)
    assert all(torch.equal(a, b) for a, b in zip(gradients, again, strict=True))


def test_recomputing_gives_the_same_bits_and_keeps_its_result_alone() -> None:
    keeping, x = fused(block(32, 64)), laid_out(torch.randn(3, 64, 20, 20)).float()
    saving = copy.deepcopy(keeping)
    for part in saving.children():
        vars(part)["memory_efficient"] = True

    def maps_and_gradients(module: nn.Module) -> tuple[int, Gradients]:
        maps: list[int] = []

        def keep(kept: Tensor) -> Tensor:
            maps.append(kept.shape[1] if kept.dtype == torch.bfloat16 and kept.shape[2:] == x.shape[2:] else 0)
            return kept

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept):
            gradients = stepped(module, x)[1]
        return sum(maps), gradients

    (much, one), (little, other) = maps_and_gradients(keeping), maps_and_gradients(saving)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert much - little == 5 * 4 * 32  # what is between the two convolutions of five layers


def norms() -> Gradients:
    """Of a block's result and gradients."""
    y, gradients = stepped(fused(block(32, 64)), laid_out(torch.arange(2.0 * 64 * 81).sin().view(2, 64, 9, 9)).float())
    return [value.norm() for value in (y, *gradients)]


def test_fewer_threads_than_were_asked_for_do_all_the_work() -> None:
    expected = norms()
    with one_thread():
        found = norms()
    torch.testing.assert_close(torch.stack(found), torch.stack(expected), atol=1e-4, rtol=1e-2)


def test_what_is_no_number_is_not_hidden() -> None:
    one = layer((1, 4, 4), 32, 16, side=1)
    one.x[0, 3, 1, 1] = math.nan
    assert torch.isnan(dense_layers.narrow(one.x, one.norm, dense_layers.packed(one.weight))[0, :, 1, 1]).all()
