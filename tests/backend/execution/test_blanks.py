"""Folders for attempts that are made ahead of time."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchwire.execution.blanks import WANTED, Blanks


@pytest.fixture
def blanks(tmp_path: Path) -> Blanks:
    return Blanks(tmp_path / "cache" / "blanks")


def test_a_folder_that_is_ready_becomes_an_attempts(blanks: Blanks, tmp_path: Path) -> None:
    blanks.make()
    blanks.take(tmp_path / "attempt")
    names = {path.name for path in (tmp_path / "attempt").iterdir()}
    assert names == {"request.json", "events.jsonl", "stdout.log", "stderr.log", "out", "sealed"}
    assert len(list((tmp_path / "cache" / "blanks").iterdir())) == WANTED - 1


def test_without_one_a_new_folder_will_do(blanks: Blanks, tmp_path: Path) -> None:
    blanks.take(tmp_path / "first")
    blanks.make()
    blanks.remove()
    blanks.take(tmp_path / "second")
    assert (tmp_path / "first").is_dir()
    assert (tmp_path / "second").is_dir()


def test_one_that_somebody_removed_does_no_harm(blanks: Blanks, tmp_path: Path) -> None:
    blanks.make()
    for folder in (tmp_path / "cache" / "blanks").iterdir():
        for path in folder.iterdir():
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()
    blanks.take(tmp_path / "attempt")
    assert (tmp_path / "attempt").is_dir()


def test_more_are_asked_for_before_none_is_left(blanks: Blanks, tmp_path: Path) -> None:
    assert blanks.lacking
    blanks.make()
    assert not blanks.lacking
    for number in range(WANTED // 2 + 1):
        blanks.take(tmp_path / str(number))
    assert blanks.lacking
