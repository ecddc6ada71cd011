"""The loop on random tensors and a network of a few weights."""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from torchwire.errors import RunCancelled
from torchwire_modules.training._batches import Batch
from torchwire_modules.training._device import repeatable
from torchwire_modules.training._loop import Epoch, Trainer
from torchwire_modules.training._state import read_state, write_state
from torchwire_modules.training.errors import TrainingDivergedError
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.vision.arithmetic import PLAIN, Arithmetic


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small are no work for two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Tiny(nn.Module):
    """A convolution, batch norm and a head called ``fc``, as in a ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.fc = nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.body(images).mean((2, 3)))  # type: ignore[no-any-return]


class Tensors:
    """Batches that are there already, the same every epoch but for their order."""

    def __init__(self, count: int = 5, seed: int = 0, size: int = 4) -> None:
        draw = torch.Generator().manual_seed(seed)
        self.batches = [
            Batch(
                torch.rand(size, 3, 8, 8, generator=draw),
                torch.randint(0, 2, (size,), generator=draw),
                [],
                n,
                range(size),
            )
            for n in range(count)
        ]
        self.images = count * size

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, epoch: int, start: int = 0) -> Generator[Batch, None, None]:
        turn = epoch % len(self.batches)
        yield from (self.batches[turn:] + self.batches[:turn])[start:]


class Quiet:
    """A listener that remembers, and may stop training after a number of steps."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.losses: list[float] = []
        self.epochs: list[Epoch] = []
        self.steps, self.stop_after = 0, stop_after

    def trained(self, trainer: Trainer, loss: float | None) -> None:
        self.steps += 1
        self.losses += [] if loss is None else [loss]
        if self.steps == self.stop_after:
            raise RunCancelled

    def validated(self, trainer: Trainer, batch: int) -> None:
        pass

    def epoch_ended(self, trainer: Trainer, epoch: Epoch) -> None:
        self.epochs.append(epoch)


def trainer(recipe: Recipe, training: Tensors | None = None, arithmetic: Arithmetic = PLAIN) -> Trainer:
    torch.manual_seed(recipe.seed)
    return Trainer(Tiny(), "resnet", recipe, training or Tensors(), Tensors(2, seed=9), "cpu", arithmetic)  # type: ignore[arg-type]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_the_loss_falls(optimizer: str) -> None:
    heard = Quiet()
    trainer(Recipe(epochs=12, learning_rate=0.05, optimizer=optimizer, patience=99), Tensors(2)).fit(heard)
    assert heard.epochs[-1].train_loss < heard.epochs[0].train_loss


def test_the_same_seed_gives_the_same_bits() -> None:
    weights = [trainer(Recipe(epochs=3, seed=seed)).fit(Quiet()).weights for seed in (4, 4, 5)]
    assert same(weights[0], weights[1])
    assert not same(weights[0], weights[2])


@pytest.mark.parametrize("stop_after", [1, 5, 7, 12])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_resuming_gives_the_bits_of_an_uninterrupted_run(optimizer: str, stop_after: int, tmp_path: Path) -> None:
    recipe = Recipe(
        epochs=3, learning_rate=0.02, schedule="cosine", optimizer=optimizer, patience=99, print_frequency=2
    )
    whole, heard = trainer(recipe), Quiet()
    whole.fit(heard)
    interrupted, heard_before = trainer(recipe), Quiet(stop_after)
    with pytest.raises(RunCancelled):
        interrupted.fit(heard_before)
    write_state(tmp_path, "state", interrupted.state_dict())
    resumed, heard_after = trainer(recipe), Quiet()
    resumed.load_state_dict(read_state(tmp_path, "state"))
    resumed.fit(heard_after)
    assert heard_before.losses + heard_after.losses == heard.losses
    assert same(dict(whole.network.state_dict()), dict(resumed.network.state_dict()))
    assert same(whole.best.weights, resumed.best.weights)
    assert [e.train_loss for e in whole.history] == [e.train_loss for e in resumed.history]


def test_losses_are_told_every_print_frequency_and_at_the_end_of_an_epoch() -> None:
    heard = Quiet()
    trainer(Recipe(epochs=2, print_frequency=2)).fit(heard)
    assert (len(heard.losses), heard.steps) == (6, 10)


def test_the_mean_of_told_losses_is_the_epochs() -> None:
    heard = Quiet()
    trainer(Recipe(epochs=1, print_frequency=1)).fit(heard)
    assert math.fsum(heard.losses) / 5 == pytest.approx(heard.epochs[0].train_loss)


def test_patience_ends_training_and_the_best_weights_are_kept() -> None:
    trained = trainer(Recipe(epochs=50, learning_rate=3.0, patience=2, schedule="constant"))
    best = trained.fit(Quiet())
    losses = [epoch.val_loss for epoch in trained.history]
    assert len(losses) < 50
    assert best.loss == min(losses) == losses[best.epoch - 1]
    assert len(losses) == best.epoch + 2
    trained.network.load_state_dict(best.weights)
    assert trained._validate(Quiet()).mean_loss() == best.loss


def test_the_kept_weights_are_copies() -> None:
    trained = trainer(Recipe(epochs=1))
    best = trained.fit(Quiet())
    kept = best.weights["fc.weight"].clone()
    with torch.no_grad():
        trained.network.fc.weight.add_(1)  # type: ignore[union-attr,operator]
    assert torch.equal(best.weights["fc.weight"], kept)


@pytest.mark.parametrize("rate", [1e30, 1e300])
def test_a_loss_that_is_not_finite_is_an_error_that_says_what_to_change(rate: float) -> None:
    with pytest.raises(TrainingDivergedError) as raised:
        trainer(Recipe(epochs=3, learning_rate=rate, schedule="constant")).fit(Quiet())
    assert raised.value.parameter == "learning_rate"
    assert f"{rate / 2:g}" in (raised.value.hint or "")


@pytest.mark.parametrize("rate", [5e-324, 1e-300])
def test_a_tiny_learning_rate_changes_nothing_and_works(rate: float) -> None:
    trained = trainer(Recipe(epochs=1, learning_rate=rate, weight_decay=0.0))
    before = trained.network.fc.weight.clone()  # type: ignore[union-attr,operator]
    trained.fit(Quiet())
    assert torch.equal(trained.network.fc.weight, before)  # type: ignore[arg-type,union-attr]


def test_bf16_trains_weights_that_stay_fp32() -> None:
    trained = trainer(Recipe(epochs=2), arithmetic=Arithmetic("bf16", "channels_last", False, "asked for"))
    assert all(value.dtype in (torch.float32, torch.int64) for value in trained.fit(Quiet()).weights.values())


@pytest.mark.parametrize(("precision", "scales"), [("fp16", True), ("bf16", False), ("fp32", False)])
def test_gradients_of_float16_alone_are_scaled(precision: str, scales: bool) -> None:
    made = trainer(Recipe(epochs=1), arithmetic=Arithmetic(precision, "channels_last", fused=False, why="asked for"))
    assert made.scaler.is_enabled() is scales


def test_class_weights_and_smoothing_change_the_training_loss_only() -> None:
    plain, weighted = (
        trainer(Recipe(epochs=1, learning_rate=1e-300, weight_decay=0.0, **more))
        for more in ({}, {"class_weights": (5.0, 1.0), "label_smoothing": 0.3})  # type: ignore[arg-type]
    )
    plain.fit(Quiet())
    weighted.fit(Quiet())
    assert plain.history[0].train_loss != weighted.history[0].train_loss
    assert plain.history[0].val_loss == weighted.history[0].val_loss


def test_what_repeatable_sets_is_put_back() -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state()
    with repeatable(-3, before[0] + 1):
        assert torch.get_num_threads() == before[0] + 1
        assert torch.are_deterministic_algorithms_enabled()
        torch.rand(3)
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[:2]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_random_numbers_go_on_where_they_were(tmp_path: Path) -> None:
    trained = trainer(Recipe())
    write_state(tmp_path, "state", trained.state_dict())
    drawn = [(random.random(), np.random.rand(), float(torch.rand(()))) for _ in range(2)]  # noqa: S311
    trained.load_state_dict(read_state(tmp_path, "state"))
    again = [(random.random(), np.random.rand(), float(torch.rand(()))) for _ in range(2)]  # noqa: S311
    assert again == drawn


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    state = {"a": [1, 0.1, None, math.inf, "x"], "b": {0: {"t": torch.arange(6).view(2, 3).T}}, "c": torch.tensor(1.5)}
    write_state(tmp_path, "state", state)
    back = read_state(tmp_path, "state")
    assert back["a"] == state["a"]
    assert torch.equal(back["b"][0]["t"], state["b"][0]["t"])  # type: ignore[index,call-overload]
    assert back["c"].shape == ()


@pytest.mark.parametrize("class_weights", [None, (0.5, 2.0)])
def test_the_parts_of_a_batch_weigh_as_much_as_the_whole(class_weights: tuple[float, ...] | None) -> None:
    draw = torch.Generator().manual_seed(3)
    logits, labels = torch.randn(7, 2, generator=draw), torch.tensor([0, 1, 1, 0, 0, 1, 0])
    weight = None if class_weights is None else torch.tensor(class_weights)
    learns = trainer(Recipe(class_weights=class_weights))
    learns.training.labels = labels
    total = torch.zeros(())
    for part in (range(4), range(4, 7)):
        batch = Batch(torch.empty(0), labels[list(part)], list(part), 0, range(7))
        mean = functional.cross_entropy(logits[list(part)], batch.labels, weight=weight, label_smoothing=0.1)
        total = total + mean * learns._weight(batch)
    assert torch.allclose(total, functional.cross_entropy(logits, labels, weight=weight, label_smoothing=0.1))
