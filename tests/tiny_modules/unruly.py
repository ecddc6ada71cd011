"""Modules that fail in every way that a module can."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from torchwire.errors import InvalidDatasetError, TorchwireError
from torchwire.module_api import (
    ANY_DIRECTORY,
    Context,
    Module,
    Outputs,
    choice,
    input,
    integer,
    module,
    number,
    output,
    text,
)

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""


@module("fails-on-run", title="Fails on run", category="Tests")
class FailsOnRun(Module):
    """Fails."""

    how = choice("bug", options=("bug", "known", "memory", "exit", "output", "nothing"), help="In which way.")
    folder = input(ANY_DIRECTORY, help="Any files.", optional=True)
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Fail."""
        match self.how:
            case "bug":
                raise ValueError("seven is not a colour")
            case "known":
                raise InvalidDatasetError("The data set is empty.", hint="Choose another one.")
            case "memory":
                raise MemoryError
            case "exit":
                sys.exit(3)
            case "output":
                return {"elsewhere": ctx.folder}
        return {}


@module("kills-itself", title="Kills itself", category="Tests")
class KillsItself(Module):
    """Ends its own process with a signal, after some last words."""

    with_signal = integer(int(signal.SIGKILL), help="Which one.")
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """End."""
        print("last words", flush=True)  # noqa: T201
        os.kill(os.getpid(), self.with_signal)
        time.sleep(60)
        return {}


@module("prints-a-lot", title="Prints a lot", category="Tests")
class PrintsALot(Module):
    """Prints lines to both streams, from a child process too."""

    lines = integer(100, minimum=0, help="How many.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Print."""
        for line in range(self.lines):
            print(f"line {line}")  # noqa: T201
        print("to stderr", file=sys.stderr)  # noqa: T201
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        print("no end of line", end="")  # noqa: T201
        out = ctx.output_folder("result")
        (out / "done.txt").write_text("done")
        return {"result": out}


@module("has-stubborn-child", title="Has a stubborn child", category="Tests")
class HasStubbornChild(Module):
    """Starts a process in a session of its own that ignores SIGTERM, and never asks about cancelling itself."""

    pid_file = text("", help="Where the child writes its pid.")
    waits = choice("yes", options=("yes", "no"), help="Whether it waits, or leaves the child behind.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Start it."""
        subprocess.Popen([sys.executable, "-c", STUBBORN, self.pid_file], start_new_session=True)
        while not Path(self.pid_file).exists() or not Path(self.pid_file).read_text():
            time.sleep(0.01)
        while self.waits == "yes":
            try:
                time.sleep(600)
            except BaseException:  # noqa: BLE001, S112 - not even SIGTERM ends it
                continue
        out = ctx.output_folder("result")
        (out / "done.txt").write_text("done")
        return {"result": out}


@module("tells-environment", title="Tells its environment", category="Tests")
class TellsEnvironment(Module):
    """Writes down the names in its environment, and what it can see of its surroundings."""

    result = output(ANY_DIRECTORY, help="The names.")

    def run(self, ctx: Context) -> Outputs:
        """Write them."""
        out = ctx.output_folder("result")
        (out / "names.txt").write_text("\n".join(sorted(os.environ)))
        (out / "session.txt").write_text(f"{os.getpid()} {os.getsid(0)}")
        (out / "document.txt").write_text(str(ctx.document["name"]))
        (out / "settings.txt").write_text("\n".join(sorted(ctx.settings)))
        return {"result": out}


@module("takes-memory", title="Takes memory", category="Tests")
class TakesMemory(Module):
    """Takes more and more memory, and holds it for a while."""

    megabytes = integer(64, minimum=1, help="How much.")
    milliseconds = integer(0, minimum=0, help="How long it holds it.")
    within = choice(
        "machine", options=("machine", "own limit", "control group"), help="What keeps it from getting so much."
    )
    limit_megabytes = integer(64, minimum=1, help="How much it can get.")
    batch_size = integer(64, minimum=1, help="What one might make smaller.")
    who = choice("itself", options=("itself", "child"), help="Which process takes it.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Take it."""
        limit = self.limit_megabytes << 20
        if self.within == "own limit":
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        if self.within == "control group":
            enter_group(limit)
        print("taking memory", flush=True)  # noqa: T201
        if self.who == "child":
            code = f"import time; held = b'x' * ({self.megabytes} << 20); time.sleep({self.milliseconds} / 1000)"
            subprocess.run([sys.executable, "-c", code], check=True)
        else:
            held = [b"x" * (1 << 20) for _ in range(self.megabytes)]
            time.sleep(self.milliseconds / 1000)
            del held
        out = ctx.output_folder("result")
        (out / "done.txt").write_text("done")
        return {"result": out}


GROUPS = Path("/sys/fs/cgroup/memory")
"""Where control groups for memory are made (version 1)."""


def enter_group(limit: int) -> None:
    """Put this process in a control group that can have no more memory than that."""
    group = GROUPS / f"torchwire-test-{os.getpid()}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(limit))
    (group / "cgroup.procs").write_text(str(os.getpid()))


@module("diverges", title="Diverges", category="Tests")
class Diverges(Module):
    """Fails as training does when its loss is no number any more."""

    learning_rate = number(0.1, minimum=0.0, help="What one might make smaller.")
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Fail."""
        ctx.metric(1, {"train_loss": float("nan")})
        raise TrainingDivergedError("The loss is nan.", hint="Halve the learning rate.", parameter="learning_rate")


class TrainingDivergedError(TorchwireError):
    """As the one of the training modules."""

    cause = "nan-loss"


@module("fills-disk", title="Fills disk", category="Tests")
class FillsDisk(Module):
    """Writes until the disk is full."""

    where = choice("output", options=("output", "log", "metrics", "device"), help="What it writes.")
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Write."""
        if self.where == "device":
            Path("/dev/full").write_text("x" * 100_000)
        out = ctx.output_folder("result")
        with (out / "big").open("wb") as file:
            for step in range(1 << 20):
                file.write(b"x" * 65536)
                if self.where == "log":
                    print("y" * 65536)  # noqa: T201
                if self.where == "metrics":
                    ctx.metric(step, {"value": step})
        return {"result": out}


@module("crashes-in-c", title="Crashes in C", category="Tests")
class CrashesInC(Module):
    """Reads where it may not."""

    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Crash."""
        self.read_address(0)
        return {}

    def read_address(self, address: int) -> None:
        """Read from an address in memory."""
        ctypes.string_at(address)


@module("never-ends", title="Never ends", category="Tests")
class NeverEnds(Module):
    """Hears neither the cancel flag nor SIGTERM, and has a child like itself."""

    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Go on for ever."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", STUBBORN, os.devnull], start_new_session=True)
        print(f"child {child.pid}", flush=True)  # noqa: T201
        while True:
            time.sleep(600)


@module("sleeps-then-fails", title="Sleeps, then fails", category="Tests")
class SleepsThenFails(Module):
    """Fails after a while, and counts how often."""

    path = text("", help="A file that grows by one letter each time.")
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Count, wait, fail."""
        with Path(self.path).open("a") as file:
            file.write("x")
        time.sleep(0.3)
        raise InvalidDatasetError("It never works.")
