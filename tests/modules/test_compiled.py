"""Networks that torch compiles: how it is chosen, and that training stays what it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch._inductor import config

from tests.modules.test_training_loop import Quiet, Tensors, Tiny, same
from torchwire.errors import OutOfRangeError, RunCancelled
from torchwire_modules.training import _compiled
from torchwire_modules.training._batches import Batch
from torchwire_modules.training._compiled import compiling, forward_of
from torchwire_modules.training._device import repeatable
from torchwire_modules.training._loop import Trainer
from torchwire_modules.training._run import check_arithmetic
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.vision.arithmetic import DEFAULT, GRAPHS, OFF, PLAIN, Arithmetic, Hardware, choose

CPU, GPU, APPLE = Hardware("cpu", "amx"), Hardware("cuda", "gpu"), Hardware("mps")
set_up: Any = config.patch  # type: ignore[attr-defined]
COMPILED = Arithmetic("fp32", "channels_last", False, "asked for", DEFAULT, "asked for")
EAGER = Arithmetic("fp32", "channels_last", False, "asked for")


@pytest.mark.parametrize(
    ("machine", "side", "batch", "compiled"),
    [
        (GPU, 32, 64, GRAPHS),
        (GPU, 224, 16, GRAPHS),
        (GPU, 224, 40, GRAPHS),
        (GPU, 224, 41, DEFAULT),
        (GPU, 64, 1024, DEFAULT),
        (CPU, 32, 16, DEFAULT),
        (APPLE, 224, 16, OFF),
    ],
)
def test_graphs_are_taken_where_a_gpu_waits_for_its_kernels(
    machine: Hardware, side: int, batch: int, compiled: str
) -> None:
    made = choose(machine, "resnet", (side, side), compile=True, batch_size=batch, kernels=True)
    assert made.compiled == compiled and made.compiled_why
    assert not made.fused or compiled == OFF
    assert choose(machine, "resnet", (side, side), batch_size=batch).compiled == OFF


def test_work_that_goes_on_is_compiled_as_it_was() -> None:
    began = choose(GPU, "resnet", (32, 32), compile=True, batch_size=8)
    assert choose(CPU, "resnet", (224, 224), batch_size=999, recorded=began.as_json()) == began
    older = {name: value for name, value in PLAIN.as_json().items() if not name.startswith("compiled")}
    assert choose(CPU, "resnet", (224, 224), recorded=older) == PLAIN
    check_arithmetic(began, "cuda:0")


class Uneven(Tensors):
    """The last batch is smaller than the others."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(3, seed)
        last = self.batches[-1]
        self.batches[-1] = Batch(last.images[:3], last.labels[:3], [], last.number, range(3))
        self.images = 11


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[CompileCounterWithBackend]:
    """Compiles without making code, and counts how often."""
    torch._dynamo.reset()
    counter = CompileCounterWithBackend("aot_eager")
    monkeypatch.setattr(_compiled, "BACKEND", counter)
    yield counter
    torch._dynamo.reset()


def trainer(arithmetic: Arithmetic) -> Trainer:
    torch.manual_seed(1)
    recipe = Recipe(epochs=3, batch_size=4, learning_rate=0.05, patience=9, print_frequency=1)
    return Trainer(Tiny(), "resnet", recipe, Uneven(), Uneven(9), "cpu", arithmetic)  # type: ignore[arg-type]


def test_a_smaller_last_batch_is_computed_eagerly_and_nothing_is_compiled_twice(
    counter: CompileCounterWithBackend,
) -> None:
    with repeatable(1, 1):
        eager, heard = Quiet(), Quiet()
        plain = trainer(EAGER).fit(eager)
        best = trainer(COMPILED).fit(heard)
    assert counter.frame_count == 2  # one for training, one for evaluating
    assert best.weights.keys() == plain.weights.keys() == Tiny().state_dict().keys()
    assert [epoch.val_loss for epoch in heard.epochs] == pytest.approx([e.val_loss for e in eager.epochs], rel=1e-4)


def test_compiled_training_goes_on_bit_for_bit(counter: CompileCounterWithBackend) -> None:
    with repeatable(1, 1):
        whole = trainer(COMPILED).fit(Quiet()).weights
        stopped = trainer(COMPILED)
        with pytest.raises(RunCancelled):
            stopped.fit(Quiet(stop_after=4))
        again = trainer(COMPILED)
        again.load_state_dict(stopped.state_dict())
        assert same(again.fit(Quiet()).weights, whole)


def test_without_a_compiler_the_parameter_is_named(tmp_path: Path) -> None:
    with (
        set_up({"cpp.cxx": ("no-such-compiler",)}),
        pytest.raises(OutOfRangeError, match=r"no C\+\+ compiler") as raised,
        compiling(COMPILED, "cpu", tmp_path, exact=True),
    ):
        pass
    assert raised.value.parameter == "compile"
    assert "to off" in (raised.value.hint or "")


def test_what_is_refused_by_the_compiler_names_the_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(graph: object, inputs: object) -> object:
        raise ValueError("no")

    monkeypatch.setattr(_compiled, "BACKEND", refuse)
    with pytest.raises(OutOfRangeError, match="can't be compiled") as raised:
        forward_of(torch.nn.Linear(2, 2), COMPILED, 4)(torch.ones(4, 2))
    assert raised.value.parameter == "compile"
    torch._dynamo.reset()


def test_off_is_the_network_itself(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 2)
    with compiling(EAGER, "cpu", tmp_path, exact=True):
        assert forward_of(network, EAGER, 4) is network
    assert not list(tmp_path.iterdir())


def test_code_is_made_in_this_process_into_the_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one test that has the compiler at work, on as little as there is."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    network, images = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten()), torch.randn(4, 3, 2, 2)
    before, processes = os.environ.get(_compiled.CACHE), psutil.Process().children()
    with (
        # Precompiled headers and trying what the compiler knows of the processor would take most of the time.
        set_up({"cpp_cache_precompile_headers": False, "cpp.vec_isa_ok": True}),
        compiling(COMPILED, "cpu", tmp_path / "compiled", exact=True),
        torch.inference_mode(),
    ):
        forward = forward_of(network, COMPILED, 4)
        assert torch.equal(forward(images), network(images))
        assert forward(images[:3]).shape == (3, 12)
    assert list((tmp_path / "compiled").rglob("*.so"))
    assert not list(temporary.iterdir())
    assert os.environ.get(_compiled.CACHE) == before
    assert psutil.Process().children() == processes
