"""A module that counts, keeps checkpoints, and can be held up or killed at any number."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchwire.module_api import ANY_DIRECTORY, Context, Module, Outputs, choice, integer, module, output, text


@module("counts", title="Counts", category="Tests", extendable=("to",))
class Counts(Module):
    """Adds up the numbers to ``to``, keeps a checkpoint after each, and waits after ``hold_at`` for a file."""

    to = integer(5, minimum=1, help="How far.")
    hold_at = integer(0, minimum=0, help="After which number it waits; 0 never.")
    flag = text("", help="The file that it then waits for.")
    pace = choice("even", options=("even", "falling"), help="With falling, every step depends on how many there are.")
    result = output(ANY_DIRECTORY, help="The sum.")

    def why_not_continue(self, before: Mapping[str, Any]) -> str | None:
        """A falling pace depends on the end, and nobody counts backwards."""
        if before["pace"] != "even":
            return "a falling pace depends on how far it goes; with an even one it could go on"
        return "it went farther than is asked for now" if before["to"] > self.to else None

    def run(self, ctx: Context) -> Outputs:
        """Count."""
        number, total = 0, 0
        if ctx.checkpoint is not None:
            number, total = map(int, (ctx.checkpoint.path / "state.txt").read_text().split())
            ctx.resumed(f"Goes on after {number} of {self.to}", epoch=number)
            for earlier in range(1, number + 1):
                ctx.metric(earlier, {"number": earlier})
        while number < self.to:
            while number == self.hold_at and not Path(self.flag).exists():
                ctx.check_cancelled()
                time.sleep(0.005)
            number, total = number + 1, total + number + 1
            ctx.metric(number, {"number": number})
            ctx.progress(number, self.to, unit="numbers")
            self._keep(ctx, number, total)
            ctx.log(f"counted {number}")
        if self.pace == "even":
            self._keep(ctx, number, total, final=True)
        out = ctx.output_folder("result")
        (out / "sum.txt").write_text(str(total))
        return {"result": out}

    def _keep(self, ctx: Context, number: int, total: int, *, final: bool = False) -> None:
        folder = ctx.scratch / "state"
        folder.mkdir()
        (folder / "state.txt").write_text(f"{number} {total}")
        reached = f"{number} numbers" if final else f"number {number} of {self.to}"
        info = {"epoch": number, "batch": 0, "text": reached, "done": number / self.to, "seconds": float(number)}
        ctx.save_checkpoint(folder, step=number, info=info, final=final)
