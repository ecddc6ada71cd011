"""The engine's smaller parts, each on its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.timing import until
from torchwire.errors import FileOpenError, ForbiddenError, LibraryError
from torchwire.execution.attempt import EventTail
from torchwire.execution.cache import code_digest, explain
from torchwire.execution.datasets import resolve
from torchwire.execution.launcher import worker_environment
from torchwire.execution.logs import StreamReader
from torchwire.execution.processes import is_alive, started_at
from torchwire.execution.sealing import KnownDigests, read_index, seal
from torchwire.execution.store import ArtifactStore


def folder_of(path: Path, **files: str) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_text(content)
    return path


def test_a_digest_depends_on_paths_and_contents_alone(tmp_path: Path) -> None:
    one = seal(folder_of(tmp_path / "1", a="x", b="y"), tmp_path / "s1", KnownDigests())
    same = seal(folder_of(tmp_path / "2", b="y", a="x"), tmp_path / "s2", KnownDigests())
    other = seal(folder_of(tmp_path / "3", a="x", c="y"), tmp_path / "s3", KnownDigests())
    assert one == same
    assert other.digest != one.digest
    assert (one.size, one.files) == (2, 2)


def test_many_files_are_sealed_like_few(tmp_path: Path) -> None:
    sealed = seal(folder_of(tmp_path / "1", **{f"f{i}": str(i) for i in range(200)}), tmp_path / "s", KnownDigests())
    assert sealed.files == len(read_index(tmp_path / "s")) == 200


def test_a_sum_that_was_told_is_used_unless_the_file_changed(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "1", a="x", b="y")
    known = KnownDigests()
    known.remember(folder / "a", "told-a")
    known.remember(folder / "b", "told-b")
    (folder / "b").write_text("changed")
    seal(folder, tmp_path / "s", known)
    sums = {path: record.sha256 for path, record in read_index(tmp_path / "s").items()}
    assert sums["a"] == "told-a"
    assert sums["b"] != "told-b"


def test_a_link_in_an_output_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "1")
    (folder / "out").symlink_to("/etc/passwd")
    with pytest.raises(LibraryError, match="not a plain file"):
        seal(folder, tmp_path / "s", KnownDigests())


def test_an_artifact_that_lost_a_file_is_not_whole_and_is_replaced(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    store.folder("").mkdir(parents=True, exist_ok=True)
    sealed = seal(folder_of(tmp_path / "1", a="x"), tmp_path / "s1", KnownDigests())
    store.adopt(tmp_path / "s1", sealed.digest)
    assert store.is_whole(sealed.digest)
    (store.data(sealed.digest) / "a").unlink()
    assert not store.is_whole(sealed.digest)
    again = seal(folder_of(tmp_path / "2", a="x"), tmp_path / "s2", KnownDigests())
    store.adopt(tmp_path / "s2", again.digest)
    store.settle()
    assert store.is_whole(sealed.digest)


def ended(seconds: float) -> bytes:
    return json.dumps({"type": "attempt.cancelled", "data": {"seconds": seconds}}).encode() + b"\n"


def test_an_event_file_is_read_by_whole_lines_from_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(ended(1) + b"not json\n\n" + ended(2) + ended(3)[:-10])
    tail = EventTail(path, 0)
    assert [event["data"]["seconds"] for event in tail.read()] == [1, 2]
    with path.open("ab") as file:
        file.write(ended(3)[-10:])
    assert [event["data"]["seconds"] for event in tail.read()] == [3]
    tail.close()
    again = EventTail(path, tail.offset)
    assert list(again.read()) == []
    again.close()


def test_lines_that_are_no_events_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        b"x" * (3 << 20) + b"\n" + b"[" * 100_000 + b"\n" + b'{"type": "node.metric", "data": {}}\n' + ended(1)
    )
    tail = EventTail(path, 0)
    assert [event["data"]["seconds"] for event in tail.read()] == [1]
    tail.close()


def test_very_many_events_are_read_in_turns(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(map(ended, range(10_000))))
    tail = EventTail(path, 0)
    turns = [[event["data"]["seconds"] for event in tail.read()]]
    while tail.behind:
        turns.append([event["data"]["seconds"] for event in tail.read()])
    tail.close()
    assert [len(turn) for turn in turns] == [4000, 4000, 2000]
    assert [seconds for turn in turns for seconds in turn] == list(range(10_000))


def test_a_progress_bar_in_a_log_shows_its_last_state(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"10%\r50%\r100%\r\nnext\nunfinished")
    reader = StreamReader(path)
    assert reader.read() == ["100%", "next"]
    assert list(reader.read_all()) == ["unfinished"]


def test_a_process_is_known_by_pid_and_start() -> None:
    mine = started_at(os.getpid())
    assert is_alive(os.getpid(), mine)
    assert not is_alive(os.getpid(), (mine or 0) + 1)
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        until(lambda: started_at(child.pid) is None)  # ended but not collected: as good as gone


def test_the_worker_environment_holds_no_secrets() -> None:
    outer = {"PATH": "/bin", "TORCHWIRE_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": "/root"}
    environment = worker_environment(["tests.tiny_modules"], outer)
    ours = {"GLIBC_TUNABLES", "PYTHONPATH", "PYTHONHASHSEED", "PYTHONUNBUFFERED"}
    assert set(environment) == {"PATH", "HOME"} | ours


def test_code_has_one_digest(tmp_path: Path) -> None:
    assert code_digest("tests.tiny_modules") == code_digest("tests.tiny_modules")
    assert code_digest("tests.tiny_modules") != code_digest("torchwire_modules")


def test_all_that_changed_is_told() -> None:
    before = {
        "version": 1,
        "code": "a",
        "parameters": {"x": 1},
        "inputs": {"i": "1"},
        "data": {},
        "resources": {},
        "device": "cpu",
        "libraries": {"torch": "1"},
    }
    now = before | {"code": "b", "parameters": {"x": 2, "y": 1}, "libraries": {"torch": "2"}}
    told = "parameter x changed, parameter y changed, library torch changed, module code changed"
    assert explain(now, before) == told


@pytest.mark.parametrize("value", ["../outside", "/etc/passwd", "link", "link/passwd", "."])
def test_data_outside_the_allowed_folders_is_refused(tmp_path: Path, value: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to("/etc")
    if value == ".":
        assert resolve(value, lambda _: None, (root,))["path"] == str(root.resolve())
        return
    with pytest.raises(ForbiddenError):
        resolve(value, lambda _: None, (root,))


@pytest.mark.parametrize("value", ["nothing", "a\0b", "x" * 5000])
def test_data_that_is_not_there_is_told(tmp_path: Path, value: str) -> None:
    for roots in ((tmp_path,), None, ()):
        with pytest.raises(FileOpenError):
            resolve(value, lambda _: None, roots)


def test_a_registered_name_comes_before_a_path(tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    known = {"kind": "registered", "name": "flowers", "path": "/data", "digest": "d"}
    assert resolve("flowers", lambda _: known, (tmp_path,)) == known
    assert resolve("flowers", lambda _: None, (tmp_path,))["kind"] == "path"
