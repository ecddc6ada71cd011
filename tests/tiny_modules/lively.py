"""A module that does a little of everything for a while, so that there is something to disturb."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress

from torchwire.module_api import ANY_DIRECTORY, Context, Module, Outputs, flag, input, integer, module, output, text


@module("lively", title="Lively", category="Tests")
class Lively(Module):
    """Prints, reports, starts a process, links and writes files. What it makes depends on its parameters alone."""

    left = input(ANY_DIRECTORY, help="Any files.", optional=True)
    right = input(ANY_DIRECTORY, help="Any more.", optional=True)
    name = text("lively", help="Goes into what it writes.")
    lines = integer(30, minimum=1, help="How many lines it prints.")
    milliseconds = integer(150, minimum=0, help="How long it takes.")
    files = integer(3, minimum=1, help="How many files it writes.")
    child = flag(False, help="Whether it has a child process while it works.")
    result = output(ANY_DIRECTORY, help="All files.")
    other = output(ANY_DIRECTORY, help="One more file.")

    def run(self, ctx: Context) -> Outputs:
        """Be lively."""
        child = subprocess.Popen(["sleep", "600"]) if self.child else None
        for number in range(self.lines):
            ctx.log(f"line {number} of {self.name}")
            ctx.progress(number, self.lines, unit="lines")
            if number % 10 == 0:
                ctx.metric(number, {"number": number / 7})
            time.sleep(self.milliseconds / 1000 / self.lines)
        if child is not None:
            child.kill()
            child.wait()
        out, other = ctx.output_folder("result"), ctx.output_folder("other")
        for port in ("left", "right"):
            folder = ctx.optional_input(port)
            for file in sorted(folder.iterdir()) if folder else ():
                if not (out / file.name).exists():
                    ctx.link(file, out / file.name)
        for number in range(self.files):
            (out / f"{self.name}-{number}.txt").write_text(f"{self.name} {number}\n" * 500)
        (other / "other.txt").write_text(f"other of {self.name}")
        return {"result": out, "other": other}


@module("never-asks", title="Never asks", category="Tests")
class NeverAsks(Module):
    """Works, with a child in a session of its own, and takes SIGTERM for advice: only SIGKILL ends them."""

    folder = input(ANY_DIRECTORY, help="Any files.", optional=True)
    result = output(ANY_DIRECTORY, help="Never made.")

    def run(self, ctx: Context) -> Outputs:
        """Ignore whoever wants it to stop."""
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        while True:
            with suppress(BaseException):
                time.sleep(60)
