"""Other programs to measure beside ours, each installed from PyPI into an environment that is theirs alone."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.bench.harness import ROOT

SAME = ("torch", "torchvision", "pillow", "numpy")
"""What peers get in our own version, so that only what they do differs."""


class NoPeerError(Exception):
    """A peer can't be installed here; the benchmark goes on without it and says so."""


def environment(name: str, packages: Sequence[str], *, with_torch: bool = False) -> Path:
    """The python of ``build/bench-environments/<name>``, with ``packages`` in it; made when it isn't there."""
    wanted = [*packages, *(f"{name}=={version(name).partition('+')[0]}" for name in SAME if with_torch)]
    folder = ROOT / "build" / "bench-environments" / name
    mark = folder / hashlib.sha256("\0".join(wanted).encode()).hexdigest()[:16]
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        uv = shutil.which("uv") or str(ROOT / "build" / "uv" / "bin" / "uv")
        for command in (
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [
                uv,
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                "--python",
                str(folder / "bin" / "python"),
                *wanted,
            ],
        ):
            try:
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
            except (OSError, subprocess.SubprocessError) as error:
                raise NoPeerError(f"{name}: {getattr(error, 'stderr', None) or error}") from error
        mark.touch()
    return folder / "bin" / "python"
