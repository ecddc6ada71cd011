"""What Slurm's commands print, and what is asked of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from torchwire.errors import TargetUnavailableError
from torchwire.remote.slurm_backend import SlurmBackend, SlurmOptions, ask, gpus_of, machine_of

MIB = 1 << 20


@pytest.mark.parametrize(
    ("gres", "found"),
    [
        ("(null)", (None, 0)),
        ("gpu:4", ("GPU", 4)),
        ("gpu:a100:8(S:0-1)", ("a100", 8)),
        ("gpu:a100:2(S:0),gpu:t4:1,lustre:no_consume:1", ("t4", 3)),
    ],
)
def test_gpus_are_counted(gres: str, found: tuple[str | None, int]) -> None:
    assert gpus_of(gres) == found


def test_a_machine_is_read() -> None:
    machine = machine_of("gpu-07|64|515000|311000|gpu:a100:4(S:0-1)|mixed|48/16/0/64")
    assert (machine.name, machine.cores, machine.memory_bytes) == ("gpu-07", 64, 515000 * MIB)
    assert (machine.free_cores, machine.free_memory_bytes, machine.free_gpus) == (16, 311000 * MIB, 0)
    assert machine.alive and machine.gpu == "a100" and machine.gpus == 4


@pytest.mark.parametrize(("state", "alive"), [("idle", True), ("allocated+", True), ("down*", False), ("idle*", False)])
def test_machines_that_do_not_answer_are_told_from_those_that_do(state: str, alive: bool) -> None:
    assert machine_of(f"n1|8|16000|N/A|(null)|{state}|0/8/0/8").alive is alive


@pytest.mark.parametrize("exchange", ["s3://bucket/x", "relative/folder"])
def test_jobs_need_a_shared_folder(exchange: str) -> None:
    with pytest.raises(ValidationError, match="absolute path of a folder"):
        SlurmOptions(exchange=exchange)


def test_the_machines_are_those_that_sinfo_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "sinfo"
    line = "n1|8|16000|9000|gpu:2|idle|0/8/0/8"  # once for each partition
    script.write_text(f'#!/bin/sh\necho "{line}"\necho "{line}"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    [machine] = SlurmBackend("slurm", SlurmOptions(exchange=str(tmp_path)), None).survey().machines
    assert (machine.name, machine.gpus, machine.free_gpus) == ("n1", 2, 2)


def test_without_slurm_it_says_where_to_run() -> None:
    with pytest.raises(TargetUnavailableError, match="no 'no-such-command'") as caught:
        ask("no-such-command")
    assert "sbatch" in str(caught.value.hint)


def test_what_a_command_complains_of_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetUnavailableError, match="'ls' failed"):
        ask("ls", str(tmp_path / "nowhere"))
