"""Modules that do to their process, and to what they write, all that they should not."""

from __future__ import annotations

import builtins
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from torchwire.module_api import ANY_DIRECTORY, Context, Module, Outputs, choice, input, integer, module, output


class Unprintable(Exception):  # noqa: N818 - a module names its errors as it likes
    """Can neither be pickled nor shown."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def __str__(self) -> str:
        raise RuntimeError("not even this")

    __repr__ = __str__


@module("raises", title="Raises", category="Tests")
class Raises(Module):
    """Raises something that is no ordinary error."""

    what = choice(
        "unprintable",
        options=("unprintable", "recursion", "interrupt", "exit-text", "base", "group", "own-cancel", "escape"),
        help="What.",
    )
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Raise it."""
        match self.what:
            case "unprintable":
                raise Unprintable
            case "recursion":
                return self.run(ctx)
            case "interrupt":
                raise KeyboardInterrupt
            case "exit-text":
                sys.exit("that is all")
            case "base":
                raise GeneratorExit
            case "group":
                raise ExceptionGroup("many", [ValueError(str(number)) for number in range(100)])
            case "escape":
                raise ValueError("\x1b[31mred alert\x1b[2J")
        raise BaseException("of no kind")


@module("returns", title="Returns", category="Tests")
class Returns(Module):
    """Returns something that is no folder of its own."""

    what = choice(
        "none",
        options=("none", "list", "number", "outside", "root", "missing", "file", "link", "pipe", "odd-keys"),
        help="What.",
    )
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Return it."""
        out = ctx.output_folder("result")
        (ctx.folder / "file").write_text("a file")
        given: Any = {
            "none": None,
            "list": [out],
            "number": {"result": 7},
            "outside": {"result": Path("/tmp")},  # noqa: S108 - nothing is written there
            "root": {"result": ctx.folder},
            "missing": {"result": ctx.folder / "missing"},
            "file": {"result": ctx.folder / "file"},
            "odd-keys": {7: out, None: out},
        }.get(self.what, {"result": out})
        if self.what == "link":
            (out / "link").symlink_to("/etc", target_is_directory=True)
        if self.what == "pipe":
            os.mkfifo(out / "pipe")
        return given  # type: ignore[no-any-return]


@module("spoils", title="Spoils", category="Tests")
class Spoils(Module):
    """Does something to its process, then goes on as if nothing had happened."""

    what = choice(
        "streams",
        options=(
            "streams",
            "descriptors",
            "all-descriptors",
            "surroundings",
            "signals",
            "alarm",
            "thread",
            "fork",
            "children",
            "builtins",
            "own-events",
            "own-request",
            "unlinks-events",
        ),
        help="What.",
    )
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Do it."""
        out = ctx.output_folder("result")
        attempt = ctx.folder.parent
        getattr(self, "_" + self.what.replace("-", "_"))(attempt)
        (out / "done.txt").write_text("done")
        ctx.metric(1, {"value": 1})
        if self.what == "fork" and os.fork() == 0:
            (out / "copy.txt").write_text("from the copy")
        return {"result": out}

    def _streams(self, _: Path) -> None:
        sys.stdout.close()
        sys.stderr.close()

    def _descriptors(self, _: Path) -> None:
        for number in (0, 1, 2):
            os.close(number)

    def _all_descriptors(self, _: Path) -> None:
        os.closerange(0, 1000)

    def _surroundings(self, _: Path) -> None:
        os.chdir("/")
        os.umask(0o777)
        os.environ.clear()
        os.nice(5)
        sys.path.clear()
        sys.setrecursionlimit(200)

    def _signals(self, _: Path) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)

    def _alarm(self, _: Path) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0.2)

    def _thread(self, _: Path) -> None:
        threading.Thread(target=lambda: time.sleep(600), daemon=False).start()

    def _fork(self, _: Path) -> None:
        return

    def _children(self, _: Path) -> None:
        for _number in range(3):
            subprocess.Popen([sys.executable, "-c", ENDLESS], start_new_session=True)

    def _builtins(self, _: Path) -> None:
        def nothing(*_: object, **__: object) -> None:
            raise RuntimeError("there is no print any more")

        builtins.print = nothing

    def _own_events(self, attempt: Path) -> None:
        forged = [
            {"type": "node.metric", "data": {}},
            {"type": "node.metric", "data": {"axis": "epoch", "step": "x", "values": []}},
            {"type": "node.output", "data": {"port": "result"}},
            {"type": "attempt.done", "data": {"outputs": {"result": {"digest": "../../x", "size": 1, "files": 1}}}},
            {"type": "attempt.started", "data": {"pid": "1"}},
            {"type": "node.log", "data": {"lines": [["x", 1, None]]}, "read": 7},
            {"type": 7, "data": None},
            [],
            "text",
        ]
        with (attempt / "events.jsonl").open("ab") as file:
            for event in forged:
                file.write(json.dumps(event).encode() + b"\n")
            file.write(b"\n" * 10_000 + b"\xff\x00{" * 10_000 + b"\n" + b"[" * 100_000 + b"\n")
            file.write(b"x" * (3 << 20))  # without an end

    def _own_request(self, attempt: Path) -> None:
        (attempt / "request.json").unlink()

    def _unlinks_events(self, attempt: Path) -> None:
        (attempt / "events.jsonl").unlink()


ENDLESS = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True: time.sleep(0.01)
"""


@module("floods", title="Floods", category="Tests")
class Floods(Module):
    """Says far too much."""

    what = choice(
        "metrics",
        options=("metrics", "odd-metrics", "progress", "binary", "one-line", "log", "child-log"),
        help="What.",
    )
    megabytes = integer(100, minimum=1, help="How much of it is printed.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Say it."""
        out = ctx.output_folder("result")
        match self.what:
            case "metrics":
                for step in range(100_000):
                    ctx.metric(step, {"value": step})
            case "odd-metrics":
                for step, value in enumerate((float("nan"), float("inf"), -float("inf"), 10**400, 2**70, 1e308)):
                    ctx.metric(step, {"value": value, "x" * 500: 1.0})
                ctx.metric(10**400, {"value": 1.0})
            case "progress":
                for step in range(100_000):
                    ctx.progress(step, 10**400, unit="u" * 10_000, message="m" * 10_000)
            case "binary":
                for _ in range(self.megabytes):
                    os.write(1, os.urandom(1 << 20))
            case "one-line":
                for _ in range(self.megabytes):
                    os.write(1, b"x" * (1 << 20))
            case "log":
                for number in range(self.megabytes):
                    os.write(1, b"%07d %s\n" % (number, b"y" * 1000) * 1024)
            case "child-log":
                code = f"import os\nfor _ in range({self.megabytes}): os.write(1, b'spam\\n' * 200_000)"
                subprocess.run([sys.executable, "-c", code], check=True)
        print("the last line", flush=True)  # noqa: T201
        (out / "done.txt").write_text("done")
        return {"result": out}


@module("leaves-at-once", title="Leaves at once", category="Tests")
class LeavesAtOnce(Module):
    """Ends its process past everything."""

    code = integer(0, minimum=0, help="Its exit code.")
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Leave."""
        print("leaving", flush=True)  # noqa: T201
        os._exit(self.code)


@module("floods-behind", title="Floods behind", category="Tests")
class FloodsBehind(Module):
    """Says much after something else."""

    folder = input(ANY_DIRECTORY, help="What it waits for.")
    what = choice("metrics", options=("metrics", "log"), help="What.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Say it."""
        out = ctx.output_folder("result")
        if self.what == "metrics":
            for step in range(20_000):
                ctx.metric(step, {"value": step})
        else:
            for number in range(4 << 10):
                os.write(1, b"%07d %s\n" % (number, b"y" * 1000))
        (out / "done.txt").write_text("done")
        return {"result": out}
