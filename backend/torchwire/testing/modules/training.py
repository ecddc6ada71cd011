"""Modules that work step by step, keep a checkpoint after each, and may do so in several processes."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torchwire.module_api import ANY_DIRECTORY, Context, Module, Outputs, integer, module, output, text
from torchwire.testing.modules.plain import HELD, hold, introduce


def keep(ctx: Context, step: int, steps: int, state: dict[str, Any]) -> None:
    """Keep the state after a step."""
    folder = ctx.scratch / "state"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "state.json").write_text(json.dumps(state))
    info = {"epoch": step, "batch": 0, "text": f"step {step} of {steps}", "done": step / steps, "seconds": float(step)}
    ctx.save_checkpoint(folder, step=step, info=info)


def kept(ctx: Context) -> dict[str, Any] | None:
    """The state to go on from."""
    if ctx.checkpoint is None:
        return None
    state: dict[str, Any] = json.loads((ctx.checkpoint.path / "state.json").read_text())
    if ctx.rank == 0:
        ctx.resumed(f"Goes on after step {state['step']}", epoch=state["step"])
    return state


@module("contract-counts", title="Counts", category="Contract", distributed=True)
class Counts(Module):
    """Adds up the numbers to ``to`` in each of its processes, and waits after ``hold_at`` for a file."""

    to = integer(5, minimum=1, help="How far.")
    hold_at = integer(0, minimum=0, help="After which number it waits; 0 never.")
    flag = text("", help=HELD)
    result = output(ANY_DIRECTORY, help="The sum.")

    def run(self, ctx: Context) -> Outputs:
        """Count."""
        total = ctx.run_ranks(self.count)
        out = ctx.output_folder("result")
        (out / "sum.txt").write_text(f"{total} in {ctx.processes}")
        return {"result": out}

    def count(self, ctx: Context) -> int:
        """Count in one process."""
        introduce(ctx)
        state = kept(ctx) or {"step": 0, "total": 0}
        for number in range(state["step"] + 1, self.to + 1):
            if number == self.hold_at + 1:
                hold(ctx, self.flag)
            state = {"step": number, "total": state["total"] + number}
            if ctx.rank == 0:
                ctx.metric(number, {"total": state["total"]})
                ctx.progress(number, self.to, unit="numbers")
                keep(ctx, number, self.to, state)
        return int(state["total"]) * ctx.processes


@module("contract-trains", title="Trains", category="Contract", distributed=True, libraries=("torch",))
class Trains(Module):
    """Fits a line through noise with momentum; several processes share each step's samples and sum their gradients."""

    steps = integer(6, minimum=1, help="How many steps.")
    hold_at = integer(0, minimum=0, help="After which step it waits; 0 never.")
    flag = text("", help=HELD)
    model = output(ANY_DIRECTORY, help="The line.")

    def run(self, ctx: Context) -> Outputs:
        """Train."""
        import torch  # noqa: F401 - once for all processes

        state = ctx.run_ranks(self.train)
        out = ctx.output_folder("model")
        (out / "weights.json").write_text(json.dumps(state["weights"]))
        return {"model": out}

    def train(self, ctx: Context) -> dict[str, Any]:
        """Train in one process."""
        import torch
        from torch import distributed

        introduce(ctx)
        draw = torch.Generator().manual_seed(7)
        samples = torch.randn(self.steps, 16, 4, generator=draw, dtype=torch.float64)
        values = samples @ torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64)
        values += torch.randn(values.shape, generator=draw, dtype=torch.float64) / 10
        state = kept(ctx) or {"step": 0, "weights": [0.0] * 4, "momentum": [0.0] * 4}
        weights = torch.tensor(state["weights"], dtype=torch.float64)
        momentum = torch.tensor(state["momentum"], dtype=torch.float64)
        with joined(ctx):
            for step in range(state["step"] + 1, self.steps + 1):
                if step == self.hold_at + 1:
                    hold(ctx, self.flag)
                mine = slice(ctx.rank, None, ctx.processes)
                inputs, wanted = samples[step - 1, mine], values[step - 1, mine]
                gradient = inputs.T @ (inputs @ weights - wanted) / samples.shape[1]
                if ctx.processes > 1:
                    distributed.all_reduce(gradient)
                momentum = 0.5 * momentum + gradient
                weights = weights - 0.2 * momentum
                state = {"step": step, "weights": weights.tolist(), "momentum": momentum.tolist()}
                if ctx.rank == 0:
                    ctx.metric(step, {"gradient": float(gradient.norm())})
                    ctx.progress(step, self.steps, unit="steps")
                    keep(ctx, step, self.steps, state)
        return state


@contextmanager
def joined(ctx: Context) -> Iterator[None]:
    """Within it the processes can speak to each other; whoever started them may have joined them already."""
    from torch import distributed

    if ctx.processes == 1 or distributed.is_initialized():
        yield
        return
    meeting = ctx.settings.get("meeting")  # whoever started processes on several machines says where they meet
    if meeting is None:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
        meeting = f"file://{(ctx.scratch.parent if ctx.rank else ctx.scratch) / 'meeting'}"
    distributed.init_process_group("gloo", meeting, world_size=ctx.processes, rank=ctx.rank)
    yield
    distributed.destroy_process_group()
