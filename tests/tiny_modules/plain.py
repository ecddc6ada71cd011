"""Modules that do as they are told."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from torchwire.module_api import (
    ANY_DIRECTORY,
    MODEL_DIRECTORY,
    UNTRAINED_MODEL_DIRECTORY,
    Context,
    Estimate,
    Known,
    Module,
    Outputs,
    dataset_path,
    input,
    integer,
    module,
    number,
    output,
    text,
)


@module("source", title="Source", category="Tests")
class Source(Module):
    """Writes a file of its own."""

    content = text("hello", help="What the file says.")
    folder = output(ANY_DIRECTORY, help="The file.")

    def run(self, ctx: Context) -> Outputs:
        """Write it."""
        out = ctx.output_folder("folder")
        (out / "content.txt").write_text(self.content)
        return {"folder": out}


@module("add-file", title="Add file", category="Tests")
class AddFile(Module):
    """Passes on what it gets with one file more."""

    folder = input(ANY_DIRECTORY, help="The files so far.")
    name = text("more", help="The new file's name.")
    result = output(ANY_DIRECTORY, help="All of them.")

    def run(self, ctx: Context) -> Outputs:
        """Link and write."""
        out = ctx.output_folder("result")
        for file in ctx.input("folder").iterdir():
            ctx.link(file, out / file.name)
        (out / f"{self.name}.txt").write_text(self.name)
        return {"result": out}


@module("adds-one", title="Adds one", category="Tests")
class AddsOne(Module):
    """Reads a number and writes the next: next to nothing, and never what another node has made."""

    folder = input(ANY_DIRECTORY, help="A number, as Source writes it.")
    result = output(ANY_DIRECTORY, help="The next number.")

    def run(self, ctx: Context) -> Outputs:
        """Count."""
        out = ctx.output_folder("result")
        (out / "content.txt").write_text(str(int((ctx.input("folder") / "content.txt").read_text()) + 1))
        return {"result": out}


@module("identity", title="Identity", category="Tests")
class Identity(Module):
    """Passes on what it gets."""

    folder = input(ANY_DIRECTORY, help="Any files.")
    result = output(ANY_DIRECTORY, help="The same.")

    def run(self, ctx: Context) -> Outputs:
        """Link them all."""
        out = ctx.output_folder("result")
        for file in ctx.input("folder").iterdir():
            ctx.link(file, out / file.name)
        return {"result": out}


@module("join", title="Join", category="Tests")
class Join(Module):
    """Waits for two inputs."""

    left = input(ANY_DIRECTORY, help="One.")
    right = input(ANY_DIRECTORY, help="Another.", optional=True)
    result = output(ANY_DIRECTORY, help="Their names.")

    def run(self, ctx: Context) -> Outputs:
        """List what is in both."""
        out = ctx.output_folder("result")
        right = ctx.optional_input("right")
        names = sorted(file.name for folder in (ctx.input("left"), right) if folder for file in folder.iterdir())
        (out / "names.txt").write_text("\n".join(names))
        return {"result": out}


@module("reads-data", title="Reads data", category="Tests", cacheable=False)
class ReadsData(Module):
    """Copies a data set."""

    path = dataset_path(help="The data.")
    folder = output(ANY_DIRECTORY, help="A copy.")

    def run(self, ctx: Context) -> Outputs:
        """Copy it."""
        out = ctx.output_folder("folder")
        found = Path(ctx.resolved("path")["path"])
        for file in [found] if found.is_file() else found.iterdir():
            (out / file.name).write_bytes(file.read_bytes())
        return {"folder": out}


@module("sleeps", title="Sleeps", category="Tests")
class Sleeps(Module):
    """Waits, and looks around while it does."""

    folder = input(ANY_DIRECTORY, help="Any files.", optional=True)
    milliseconds = integer(100, minimum=0, help="How long.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Wait."""
        end = time.monotonic() + self.milliseconds / 1000
        while (left := end - time.monotonic()) > 0:
            ctx.progress(self.milliseconds - left * 1000, self.milliseconds, unit="ms")
            time.sleep(min(0.01, left))
        out = ctx.output_folder("result")
        (out / "slept.txt").write_text(str(self.milliseconds))
        return {"result": out}


@module("waits-for-file", title="Waits for a file", category="Tests")
class WaitsForFile(Module):
    """Goes on when a test says so, by making a file."""

    path = text("", help="The file that is waited for.")
    folder = input(ANY_DIRECTORY, help="Any files.", optional=True)
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Wait."""
        ctx.log("waiting")
        while not Path(self.path).exists():
            ctx.check_cancelled()
            time.sleep(0.005)
        out = ctx.output_folder("result")
        (out / "seen.txt").write_text("seen")
        return {"result": out}


@module("heavy", title="Heavy", category="Tests", distributed=True)
class Heavy(Module):
    """Takes its target for itself."""

    milliseconds = integer(50, minimum=0, help="How long.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Wait, then say how many threads it had."""
        time.sleep(self.milliseconds / 1000)
        out = ctx.output_folder("result")
        (out / "threads.txt").write_text(str(ctx.threads))
        return {"result": out}


@module("reports", title="Reports", category="Tests")
class Reports(Module):
    """Reports progress and metrics, many times."""

    steps = integer(100, minimum=1, help="How many.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Report."""
        for step in range(1, self.steps + 1):
            ctx.progress(step, self.steps, unit="steps", message=f"Step {step}")
        ctx.metric(1, {"loss": 0.5, "odd": float("nan")})
        ctx.metric(2, {"loss": 0.25, "odd": None})
        ctx.metric(0, {"accuracy": 0.75}, axis="result")
        out = ctx.output_folder("result")
        (out / "done.txt").write_text("done")
        return {"result": out}


@module("takes-model", title="Takes model", category="Tests")
class TakesModel(Module):
    """Takes what no tiny module gives."""

    model = input(MODEL_DIRECTORY, help="A model.")
    result = output(ANY_DIRECTORY, help="Never made.")


@module("lists-weights", title="Lists weights", category="Tests")
class ListsWeights(Module):
    """Copies the pretrained weights that it finds."""

    untrained_model = input(UNTRAINED_MODEL_DIRECTORY, help="A model.")
    result = output(ANY_DIRECTORY, help="The files.")

    def run(self, ctx: Context) -> Outputs:
        """Copy them."""
        out, folder = ctx.output_folder("result"), ctx.settings["pretrained_weights_folder"]
        for file in Path(folder).iterdir() if folder else ():
            (out / file.name).write_bytes(file.read_bytes())
        return {"result": out}


@module("foretells", title="Foretells", category="Tests", rehearsed=True)
class Foretells(Module):
    """Says at a rehearsal what it was told to compute on."""

    result = output(ANY_DIRECTORY, help="Nothing.")

    def run(self, ctx: Context) -> Outputs:
        """Make nothing."""
        return {"result": ctx.output_folder("result")}

    def rehearse(self, known: Known, device: str, threads: int) -> Estimate:
        """Take a second for each thread."""
        return Estimate(seconds=float(threads))


@module("needs-library", title="Needs a library", category="Tests", libraries=("tests.tiny_library",))
class NeedsLibrary(Module):
    """Looks whether its library was there before it."""

    result = output(ANY_DIRECTORY, help="Whether it was.")

    def run(self, ctx: Context) -> Outputs:
        """Look."""
        out = ctx.output_folder("result")
        (out / "loaded.txt").write_text(str("tests.tiny_library" in sys.modules))
        return {"result": out}


@module("ticks", title="Ticks", category="Tests", cacheable=False)
class Ticks(Module):
    """Reports a metric at a steady rate: the moment at which it does."""

    rate = number(50.0, minimum=0.1, help="How often in a second.")
    seconds = number(1.0, minimum=0.0, help="How long.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Report."""
        due = time.monotonic()
        for step in range(int(self.rate * self.seconds)):
            due += 1 / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            ctx.check_cancelled()
            ctx.metric(step, {"sent": time.monotonic()})
        out = ctx.output_folder("result")
        (out / "done.txt").write_text("done")
        return {"result": out}


@module("needs-torch", title="Needs torch", category="Tests", libraries=("torch", "torchvision"))
class NeedsTorch(Module):
    """Says when it could begin to use torch."""

    folder = input(ANY_DIRECTORY, help="Any files.", optional=True)
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Import it, and say when that is done."""
        import torch
        import torchvision

        ctx.metric(0, {"time": time.time()})
        out = ctx.output_folder("result")
        (out / "versions.txt").write_text(f"{torch.__version__} {torchvision.__version__}")
        return {"result": out}
