"""A module that works in several processes, and what may go wrong in one of them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from torchwire.errors import InvalidDatasetError
from torchwire.module_api import ANY_DIRECTORY, Context, Module, Outputs, choice, integer, module, output, text

SIGNALS = {"killed": signal.SIGKILL, "segfault": signal.SIGSEGV, "stopped": signal.SIGSTOP}
WAYS = ("well", "raises", "refuses", "exits", "waits", *SIGNALS)


@module("several", title="Several", category="Tests", distributed=True)
class Several(Module):
    """Each process leaves a file; one of them behaves in ``way``."""

    way = choice("well", options=WAYS, help="How the rank behaves.")
    rank = integer(1, minimum=0, help="Which one.")
    once = text("", help="A file that is made before it behaves so; when it is there, all goes well.")
    result = output(ANY_DIRECTORY, help="The files.")

    def run(self, ctx: Context) -> Outputs:
        """Work in all processes."""
        folder = ctx.folder / "said"
        folder.mkdir()
        ctx.run_ranks(self.work)
        result = ctx.output_folder("result")
        for file in folder.iterdir():
            file.rename(result / file.name)
        return {"result": result}

    def work(self, ctx: Context) -> None:
        """Work as one of them."""
        print(f"I am {ctx.rank} of {ctx.processes}", flush=True)  # noqa: T201 - what is printed is the log
        ctx.metric(1, {"rank": ctx.rank}, axis="result")
        ctx.progress(ctx.rank + 1, ctx.processes)
        (ctx.scratch / "own").write_text(str(ctx.rank))
        about = f"{ctx.rank} {ctx.processes} {ctx.threads} {ctx.device} {ctx.scratch.name}"
        (ctx.folder / "said" / f"{ctx.rank}.txt").write_text(about)
        if ctx.rank == 0:
            (ctx.log_folder / "curves").write_text(about)
        if self.way == "well" or (self.once and Path(self.once).exists()):
            return
        if ctx.rank != self.rank:
            time.sleep(60)  # for a peer that does not come, without a look whether the run is cancelled
        if self.once:
            time.sleep(0.5)  # so that a test may look at the processes first
            Path(self.once).touch()
        self.behave()
        time.sleep(60)

    def behave(self) -> None:
        """Do what was asked for."""
        if self.way == "raises":
            raise ZeroDivisionError("one over nothing")
        if self.way == "refuses":
            raise InvalidDatasetError("These images will not do.", hint="Take others.")
        if self.way == "exits":
            os._exit(3)
        if self.way in SIGNALS:
            os.kill(os.getpid(), SIGNALS[self.way])
