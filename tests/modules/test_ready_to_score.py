"""Networks made ready to score give what the plain ones give."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from torchwire_modules.vision._fused import library
from torchwire_modules.vision._fused.inference import ready_to_score
from torchwire_modules.vision._fused.library import kernels

NAMES = ["resnet18", "resnet50", "resnext50_32x4d", "densenet121"]


def trained(name: str) -> nn.Module:
    """A network whose batch norms have seen something, so that folding them wrongly shows."""
    torch.manual_seed(3)
    network = models.get_model(name, weights=None, num_classes=7).to(memory_format=torch.channels_last)
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.weight.uniform_(0.5, 1.5), part.bias.uniform_(-0.3, 0.3)
                part.running_mean.uniform_(-0.3, 0.3), part.running_var.uniform_(0.5, 1.5)
    return network.eval()


def images(size: int = 48) -> Tensor:
    torch.manual_seed(4)
    return torch.randn(3, 3, size, size)


def ready(network: nn.Module, kind: torch.dtype) -> object:
    made = ready_to_score(network, kind)
    if made is None and kernels() is None:
        pytest.skip("there is no C compiler")
    return made


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_the_plain_networks(name: str) -> None:
    network = trained(name)
    score = ready(network, torch.float32)
    with torch.inference_mode():
        torch.testing.assert_close(score(images()), network(images()), atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("name", ["resnet18", "densenet121"])
@pytest.mark.parametrize("whole", [True, False])
def test_bfloat16_is_as_near_as_autocast(name: str, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the kernels of whole layers where the processor has them, and without."""
    if not whole:
        monkeypatch.setattr(library, "pairs", lambda: None)
    network = trained(name)
    score = ready(network, torch.bfloat16)
    with torch.inference_mode():
        exact, ours = network(images()), score(images())
        with torch.autocast("cpu", torch.bfloat16):
            theirs = network(images()).float()
    assert ours.dtype == torch.float32
    assert (ours - exact).norm() < max(0.02 * exact.norm(), 2 * (theirs - exact).norm())


@pytest.mark.parametrize("name", ["resnet18", "densenet121"])
def test_a_smaller_last_batch_gives_the_same(name: str) -> None:
    """Weights are laid out for the first batch that comes."""
    network, many = trained(name), images()
    score = ready(network, torch.float32)
    with torch.inference_mode():
        score(many)
        torch.testing.assert_close(score(many[:1]), network(many[:1]), atol=2e-3, rtol=2e-3)


def test_small_and_odd_images_work() -> None:
    network = trained("densenet121")
    score = ready(network, torch.float32)
    with torch.inference_mode():
        for size in (32, 33):
            torch.testing.assert_close(score(images(size)), network(images(size)), atol=2e-3, rtol=2e-3)


def test_another_architecture_is_left_alone() -> None:
    assert ready_to_score(nn.Sequential(nn.Flatten()), torch.float32) is None
