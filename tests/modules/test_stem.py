"""A network's first layers in bfloat16: torch's numbers up to rounding, and left to torch where they don't fit."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from tests.modules.convolutions import error, one_thread
from torchwire_modules.vision._fused import library, networks, stem
from torchwire_modules.vision._fused.networks import first_layers

pytestmark = pytest.mark.skipif(
    library.pairs() is None, reason="the processor has no bfloat16 vectors, or AMX, or there is no C compiler"
)

ROUNDED = 1e-2

sizes = pytest.mark.parametrize("size", [(1, 2), (2, 5), (7, 9), (32, 33), (64, 50)])
widths = pytest.mark.parametrize(("channels", "columns"), [(3, 64), (3, 96), (1, 64), (4, 32)])


def layers(channels: int = 3, columns: int = 64) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """A convolution whose weights bfloat16 holds, and a norm."""
    torch.manual_seed(0)
    convolution, norm = nn.Conv2d(channels, columns, 7, 2, 3, bias=False), nn.BatchNorm2d(columns)
    with torch.no_grad():
        convolution.weight.copy_(convolution.weight.bfloat16())
        norm.weight.uniform_(0.5, 2), norm.bias.uniform_(-1, 1)
    return convolution, norm


def images(*size: int) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(*size).bfloat16().float().to(memory_format=torch.channels_last)


def in_torch(convolution: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return functional.max_pool2d(norm(convolution(x)).relu(), 3, 2, 1)


def learned(
    parts: tuple[nn.Conv2d, nn.BatchNorm2d],
    x: Tensor,
    how: Callable[[nn.Conv2d, nn.BatchNorm2d, Tensor], Tensor] = first_layers,
) -> list[Tensor]:
    """The result, the gradients, and what the norm remembers."""
    with torch.autocast("cpu", torch.bfloat16, enabled=x.dtype == torch.float32):
        y = how(*parts, x)
    y.backward(torch.linspace(-1, 1, y.numel()).view(y.shape).to(y.dtype))
    grads = [parameter.grad for part in parts for parameter in part.parameters()]
    return [y.detach(), *(grad for grad in grads if grad is not None), *parts[1].buffers()]


@sizes
@widths
def test_scoring_gives_torchs_maps(size: tuple[int, int], channels: int, columns: int) -> None:
    (convolution, _), x, bias = layers(channels, columns), images(3, channels, *size), torch.randn(columns)
    with torch.no_grad():
        found = stem.scored(x, stem.packed(convolution.weight), bias)
        expected = functional.max_pool2d(functional.conv2d(x, convolution.weight, bias, 2, 3).relu(), 3, 2, 1)
        assert error(found, expected) < ROUNDED
        assert found.is_contiguous(memory_format=torch.channels_last)
        x[1, 0, 0, 0] = math.nan
        broken = stem.scored(x, stem.packed(convolution.weight), bias)
    assert torch.isnan(broken[1, :, 0, 0]).all()
    assert torch.equal(broken[2], found[2])


@sizes
@widths
@pytest.mark.parametrize("training", [True, False])
def test_training_is_as_near_to_double_precision_as_torchs(
    size: tuple[int, int], channels: int, columns: int, training: bool
) -> None:
    parts, x = layers(channels, columns), images(5, channels, *size)
    parts[1].train(training)
    exact, plain = ((copy.deepcopy(parts[0]), copy.deepcopy(parts[1])) for _ in range(2))
    truth = learned((exact[0].double(), exact[1].double()), x.double(), in_torch)
    for ours, theirs, right in zip(learned(parts, x), learned(plain, x, in_torch), truth, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        assert error(ours, right) < 1.5 * error(theirs, right) + 1e-3


def test_the_same_twice_gives_the_same_bits_and_fewer_threads_nearly() -> None:
    x = images(3, 3, 50, 47)
    one, other = learned(layers(), x), learned(layers(), x)
    assert all(map(torch.equal, one, other))
    with one_thread():
        alone = learned(layers(), x)
    assert all(error(found, expected) < 1e-3 for found, expected in zip(alone, one, strict=True))


def first(convolution: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor, *, paired: bool = True) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=paired):
        return first_layers(convolution, norm, x)


def is_stem(y: Tensor) -> bool:
    return y.grad_fn is not None and y.grad_fn.name() == "StemBackward"


def test_what_does_not_fit_is_left_to_torch() -> None:
    convolution, norm = layers()
    x = images(2, 3, 32, 32)
    assert is_stem(first(convolution, norm, x))
    assert not is_stem(first(convolution, norm, x.clone().requires_grad_()))  # images have no gradient
    assert not is_stem(first(convolution, norm, x, paired=False))
    assert not is_stem(first(nn.Conv2d(3, 64, 7, 2, 3), norm, x))
    torch.testing.assert_close(first(convolution, norm, x, paired=False), in_torch(convolution, norm, x))


@pytest.mark.parametrize(
    ("layer", "fits"),
    [
        (nn.Conv2d(3, 64, 7, 2, 3, bias=False), True),
        (nn.Conv2d(3, 64, 7, 2, 3), False),
        (nn.Conv2d(3, 64, 7, 1, 3, bias=False), False),
        (nn.Conv2d(3, 64, 5, 2, 2, bias=False), False),
        (nn.Conv2d(3, 48, 7, 2, 3, bias=False), False),
        (nn.Conv2d(8, 64, 7, 2, 3, bias=False), False),
    ],
)
def test_only_plain_first_convolutions_suit(layer: nn.Conv2d, fits: bool) -> None:
    assert stem.suits(layer) == fits


@pytest.mark.parametrize("name", ["resnet18", "densenet121"])
def test_networks_begin_with_it(name: str) -> None:
    network = models.get_model(name, weights=None, num_classes=3)
    plain = copy.deepcopy(network).eval()
    networks.fuse(network)
    assert list(network.state_dict()) == list(plain.state_dict())
    x = images(2, 3, 64, 64)
    torch.testing.assert_close(network.eval()(x), plain(x), atol=1e-3, rtol=1e-3)
    network.train()
    with torch.autocast("cpu", torch.bfloat16):
        loss = network(x).float().sum()
    seen, names = [loss.grad_fn], set()
    while seen:
        node = seen.pop()
        if node is not None and node not in names:
            names.add(node)
            seen += [before for before, _ in node.next_functions]
    assert "StemBackward" in {node.name() for node in names}
