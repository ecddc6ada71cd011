"""What a zygote does to get ready."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from torchwire.execution.launcher import kind_for, kinds_of

PRELOADS = """
import sys
from torchwire.execution.zygote import get_ready, preload
assert preload(["apart"]) == []
for _ in get_ready(["apart"], without=["slow"]):
    pass
assert "apart._quick" in sys.modules
assert "apart._needs_slow" not in sys.modules
assert "slow" not in sys.modules
import apart._needs_slow
assert sys.modules["slow"].there
"""

COLLAPSES = """
import os
from torchwire.execution.hugepages import collapse
kept = [bytes([i % 256]) * 1000 for i in range(20_000)]
before = [hash(b) for b in kept]
steps = sum(1 for _ in collapse())
assert [hash(b) for b in kept] == before
pid = os.fork()
if pid == 0:
    kept.append(b"in the child")
    os._exit(len(kept) != 20_001)
assert os.waitpid(pid, 0)[1] == 0
"""


def run(code: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200, cwd=folder)


def test_a_light_zygote_imports_all_that_needs_no_heavy_library(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("there = True")
    package = tmp_path / "apart"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "_quick.py").touch()
    (package / "_needs_slow.py").write_text("import slow")
    run(PRELOADS, tmp_path)


def test_memory_in_huge_pages_holds_what_it_held_and_can_be_forked(tmp_path: Path) -> None:
    run(COLLAPSES, tmp_path)


def test_there_is_one_zygote_when_nothing_is_preloaded() -> None:
    assert [kind.name for kind in kinds_of((), 8)] == ["light"]
    assert kind_for(("torch",), ()) == "light"


def test_modules_that_name_a_preloaded_library_get_it() -> None:
    preload = ("torch", "torchvision")
    assert [kind.name for kind in kinds_of(preload, 2)] == ["light", "full"]
    assert kind_for(("pillow", "torch"), preload) == "full"
    assert kind_for(("pillow", "numpy"), preload) == "light"


def test_spares_are_as_many_as_slots_within_bounds() -> None:
    assert [kinds_of((), cores)[0].spares for cores in (1, 3, 64)] == [2, 3, 4]
