"""Keeps the last results in docs/benchmarks.md, with the machine and the versions they were measured on."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.bench.harness import ROOT, Measurement

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
HEAD = """| benchmark | median | spread | against | ratio | goal | holds | measured on |
|---|---|---|---|---|---|---|---|
"""


def write(results: Sequence[Measurement]) -> None:
    """Put ``results`` into the page; what was measured before under other ids stays."""
    before, rest = PAGE.read_text().split(BEGIN)
    table, after = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines()[3:] if line.startswith("|")}
    rows |= {result.id: _row(result) for result in results}
    lines = "".join(f"{rows[name]}\n" for name in sorted(rows))
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}{lines}{END}{after}")


def _row(result: Measurement) -> str:
    against = "" if result.against is None else f"{result.against[0]}: {result.against[1]:.4g}"
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    holds = {None: "", True: "yes", False: "no"}[result.holds]
    spread = f"{result.spread[0]:.4g} to {result.spread[1]:.4g}"
    cells = [result.id, f"{result.value:.4g} {result.unit}", spread, against, ratio, result.goal or "", holds, _where()]
    return f"| {' | '.join(cells)} |"


def _where() -> str:
    cores = len(os.sched_getaffinity(0))
    versions = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in ("torch", "torchvision"))
    python = platform.python_version()
    return f"{time.strftime('%Y-%m-%d')}, {cores} cores of {_processor()}, Python {python}, {versions}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "a processor")
    flags = next((line for line in lines if line.startswith("flags")), "")
    units = next((words for flag, words in (("amx_bf16", "AMX"), ("avx512_bf16", "AVX-512 bf16")) if flag in flags), "")
    return f"{name}{f' ({units})' if units else ''}"
