"""The time that training is said to need still, from what Train reports to what people see."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.modules.fake_context import FakeContext
from torchwire.execution.reporting import Course
from torchwire_modules.training import _report
from torchwire_modules.training._loop import Epoch

EPOCHS, STEPS, CHECKS = 6, 50, 6


class Steps:
    """Stands for the batches of training."""

    images = STEPS

    def __len__(self) -> int:
        return STEPS


def foretold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: float, check: float
) -> list[tuple[float, float, float]]:
    """Train without training: a step takes a second, in the first epoch ``first``, a validation batch ``check``.

    Returns for each report how many epochs were done, the seconds that were left, and those that were foretold.
    """
    clock, course, found = [100.0], Course(), []

    class Listening(FakeContext):
        def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
            found.append((done / total * EPOCHS, clock[0], course.seconds_left(clock[0], done, total)))

    monkeypatch.setattr(_report.time, "perf_counter", lambda: clock[0])
    curves: Any = SimpleNamespace(add_epoch=lambda epoch: None)
    report = _report.Report(Listening(tmp_path / "node"), curves)
    trainer: Any = SimpleNamespace(
        epoch=0,
        batch=0,
        training=Steps(),
        validation=range(CHECKS),
        recipe=SimpleNamespace(epochs=EPOCHS),
        best=SimpleNamespace(epoch=0),
    )
    for epoch in range(EPOCHS):
        took = first if epoch == 0 else 1.0
        for batch in range(STEPS):
            clock[0] += took
            trainer.batch = batch + 1
            report.trained(trainer, None)
        for batch in range(CHECKS):
            clock[0] += check
            report.validated(trainer, batch)
        trainer.epoch, trainer.batch = epoch + 1, 0
        report.epoch_ended(trainer, Epoch(epoch + 1, 1, 1, 1, 1, None, 0.1, 1 / took, 1, 1))
    return [(epochs, clock[0] - now, left) for epochs, now, left in found if left is not None]


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_log_forgets_what_the_first_steps_alone_have_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may compile the network."""
    clock, ctx = Clock(), FakeContext(tmp_path / "node")
    monkeypatch.setattr(_report.time, "perf_counter", clock)
    curves: Any = SimpleNamespace(add_epoch=lambda epoch: None)
    report = _report.Report(ctx, curves)
    trainer: Any = SimpleNamespace(
        epoch=0, batch=0, training=Steps(), validation=range(CHECKS),
        recipe=SimpleNamespace(epochs=EPOCHS), best=SimpleNamespace(epoch=0),
    )  # fmt: skip
    began = clock.now
    for batch in range(STEPS):
        clock.now += 600 if batch == 0 else 1
        trainer.batch = batch + 1
        report.trained(trainer, None)
    for batch in range(CHECKS):
        clock.now += 0.5
        report.validated(trainer, batch)
    report.epoch_ended(trainer, Epoch(1, 1, 1, 1, 1, None, 0.1, 1, clock.now - began, 1))
    assert f"about {(EPOCHS - 1) * (STEPS + CHECKS * 0.5):.0f} s left" in ctx.logs[-1]


def furthest_off(found: list[tuple[float, float, float]], since: float) -> float:
    """How far a foretold end is off, as a share of what was left, from so many epochs on."""
    return max(abs(left - truth) / truth for epochs, truth, left in found if since <= epochs and truth > 5)


@pytest.mark.parametrize("check", [0.2, 1 / 3, 0.6])
def test_it_is_steady_from_the_first_epoch_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: float) -> None:
    assert furthest_off(foretold(tmp_path, monkeypatch, 1.0, check), 1.0) < 0.1


def test_a_slow_first_epoch_is_soon_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one decodes the images."""
    assert furthest_off(foretold(tmp_path, monkeypatch, 2.0, 0.4), 1.4) < 0.1
