"""Metaflow: a process for each step, every value and the state of every step in files.

Its commands include the start of an interpreter, so what a flow with no steps of its own takes is subtracted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

CHAIN, FAN = 20, 16
STEP = "    @step\n    def {name}(self{inputs}):\n        self.value = {value}\n        {next}\n\n"
HEAD = "from metaflow import FlowSpec, step\n\nclass Flow(FlowSpec):\n"
FOOT = '\nif __name__ == "__main__":\n    Flow()\n'


def flow(name: str, *steps: str) -> Path:
    """A file with a flow of these steps."""
    path = Path(f"{name}.py")
    path.write_text(HEAD + "".join(steps) + FOOT)
    return path


def step(name: str, to: str | None, value: object = 1, inputs: str = "") -> str:
    """The text of a step."""
    return STEP.format(name=name, inputs=inputs, value=value, next=f"self.next({to})" if to else "pass")


def chain(length: int) -> Path:
    """So many steps between the first and the last."""
    names = ["start", *(f"link{i}" for i in range(length)), "end"]
    return flow(f"chain{length}", *(step(n, f"self.{t}") for n, t in pairwise(names)), step("end", None))


def fan(width: int) -> Path:
    """So many steps side by side, joined, for Metaflow wants that."""
    leaves = ", ".join(f"self.leaf{i}" for i in range(width))
    return flow(
        f"fan{width}",
        step("start", leaves),
        *(step(f"leaf{i}", "self.join") for i in range(width)),
        step("join", "self.end", inputs=", inputs"),
        step("end", None),
    )


def seconds(path: Path, *command: str) -> float:
    """How long a command of a flow takes."""
    begun = time.perf_counter()
    whole = [sys.executable, str(path), "--quiet", *command, "--max-workers", "2"]
    subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return time.perf_counter() - begun


def main(what: str) -> float:
    """Measure one thing."""
    empty = seconds(chain(0), "run")
    if what == "fan-out":
        return seconds(fan(FAN), "run") - empty
    first = seconds(chain(CHAIN), "run") - empty
    return first if what == "chain" else seconds(chain(CHAIN), "resume", "end")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])) + "\n")
