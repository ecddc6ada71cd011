"""Modules that write, join, talk and break, in one process."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from torchwire.module_api import ANY_DIRECTORY, Context, Module, Outputs, choice, input, integer, module, output, text

HELD = "The file that it waits for where it is held up; it must lie where both sides see it."


def introduce(ctx: Context) -> None:
    """Print which process this is, so that a test can find it."""
    print(f"I am process {os.getpid()} on {socket.gethostname()}", flush=True)  # noqa: T201 - what is printed is the log


def hold(ctx: Context, flag: str) -> None:
    """Wait until somebody makes the file ``flag``; does not wait when it has no name."""
    while flag and not Path(flag).exists():
        ctx.check_cancelled()
        time.sleep(0.01)


@module("contract-writes", title="Writes", category="Contract")
class Writes(Module):
    """Writes some files, one of them in a folder of its own."""

    content = text("hello", help="What they say.")
    files = integer(3, minimum=1, help="How many.")
    folder = output(ANY_DIRECTORY, help="The files.")

    def run(self, ctx: Context) -> Outputs:
        """Write them."""
        out = ctx.output_folder("folder")
        for number in range(self.files):
            (out / f"{number}.txt").write_text(f"{self.content} {number}\n")
        (out / "deeper").mkdir()
        (out / "deeper" / "größe.bin").write_bytes(bytes(range(256)) * 256)
        return {"folder": out}


@module("contract-joins", title="Joins", category="Contract")
class Joins(Module):
    """Passes on the files of two nodes, without a copy where that can be."""

    left = input(ANY_DIRECTORY, help="Some files.")
    right = input(ANY_DIRECTORY, help="More files.", optional=True)
    result = output(ANY_DIRECTORY, help="All of them.")
    names = output(ANY_DIRECTORY, help="What they are called.")

    def run(self, ctx: Context) -> Outputs:
        """Link them and list them."""
        out, names = ctx.output_folder("result"), ctx.output_folder("names")
        found = []
        for port in ("left", "right"):
            folder = ctx.optional_input(port)
            for file in sorted(folder.rglob("*")) if folder else ():
                if file.is_file():
                    ctx.link(file, out / port / file.relative_to(folder or file))
                    found.append(f"{port}/{file.relative_to(folder or file).as_posix()}")
        (names / "names.txt").write_text("\n".join(found))
        return {"result": out, "names": names}


@module("contract-talks", title="Talks", category="Contract")
class Talks(Module):
    """Prints numbered lines, reports progress and metrics, and can be held up twice on the way."""

    folder = input(ANY_DIRECTORY, help="Any files.", optional=True)
    lines = integer(30, minimum=1, help="How many lines.")
    first_hold = integer(0, minimum=0, help="Before which line it is held up; 0 never.")
    first_flag = text("", help=HELD)
    second_hold = integer(0, minimum=0, help="Before which line it is held up once more; 0 never.")
    second_flag = text("", help=HELD)
    mark = text("", help="A file that it makes before it is held up the second time.")
    result = output(ANY_DIRECTORY, help="One file.")

    def run(self, ctx: Context) -> Outputs:
        """Talk."""
        introduce(ctx)
        for number in range(1, self.lines + 1):
            if number == self.first_hold:
                hold(ctx, self.first_flag)
            if number == self.second_hold:
                if self.mark:
                    Path(self.mark).touch()
                hold(ctx, self.second_flag)
            print(f"line {number}", flush=True)  # noqa: T201 - what is printed is the log
            ctx.metric(number, {"square": number * number / 4}, axis="batch")
            ctx.progress(number, self.lines, unit="lines", message=f"Line {number}")
        out = ctx.output_folder("result")
        (out / "lines.txt").write_text(str(self.lines))
        return {"result": out}


@module("contract-breaks", title="Breaks", category="Contract")
class Breaks(Module):
    """Takes some memory, says a few lines, waits to be let go, and then ends in ``way``."""

    way = choice("raises", options=("raises", "exits", "segfault"), help="How it ends.")
    flag = text("", help=HELD)
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Break."""
        introduce(ctx)
        taken = bytearray(os.urandom(1 << 16)) * 512
        for number in range(30):
            print(f"line {number}", flush=True)  # noqa: T201 - what is printed is the log
        hold(ctx, self.flag)
        print(f"the last line, with {len(taken) >> 20} MiB", flush=True)  # noqa: T201 - what is printed is the log
        if self.way == "exits":
            os._exit(3)
        if self.way == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(60)
        raise ZeroDivisionError("one over nothing")
