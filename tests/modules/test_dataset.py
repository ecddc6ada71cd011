"""Dataset: refers to what the engine found, or says why it can't."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.modules.fake_context import FakeContext, digest_of, run_module
from tests.modules.pictures import write_files
from torchwire.data_types.any_directory import open_root
from torchwire.errors import FileOpenError
from torchwire_modules.data.dataset import Dataset


def run(root: Path, **resolved: Any) -> Path:
    ctx = FakeContext(root, resolved={"path": {"kind": "path", "name": "x", **resolved}})
    return run_module(Dataset, ctx, path="x")["dataset"]


def an_archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/1.jpg", b"?")
    return path


def test_a_folder_is_referred_to(tmp_path: Path) -> None:
    source = write_files(tmp_path / "photos", {"a/1.jpg": b"1"})
    folder = run(tmp_path / "run", path=str(source))
    assert open_root(folder) == source
    assert [path.name for path in folder.iterdir()] == ["reference.json"]


@pytest.mark.parametrize("change", ["content", "time", "more", "less"])
def test_a_changed_folder_gives_another_output(tmp_path: Path, change: str) -> None:
    source = write_files(tmp_path / "photos", {"a/1.jpg": b"1", "a/2.jpg": b"2"})
    before = digest_of(run(tmp_path / "before", path=str(source)))
    assert digest_of(run(tmp_path / "same", path=str(source))) == before
    if change == "content":
        (source / "a/1.jpg").write_bytes(b"changed")
    elif change == "time":
        os.utime(source / "a/1.jpg", ns=(1, 1))
    elif change == "more":
        (source / "a/3.jpg").write_bytes(b"3")
    else:
        (source / "a/2.jpg").unlink()
    assert digest_of(run(tmp_path / "after", path=str(source))) != before


def test_a_registered_archive_is_linked_in(tmp_path: Path) -> None:
    source = an_archive(tmp_path / "flowers.zip")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    folder = run(tmp_path / "run", kind="registered", path=str(source), digest=digest)
    assert open_root(folder) == folder / "flowers.zip"
    assert (folder / "flowers.zip").stat().st_ino == source.stat().st_ino


def test_an_archive_on_the_server_is_referred_to(tmp_path: Path) -> None:
    """Its owner may write to it at any time, and what a node made must never change."""
    source = an_archive(tmp_path / "flowers.zip")
    assert open_root(run(tmp_path / "run", path=str(source))) == source


def test_a_missing_path_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileOpenError, match="does not exist") as caught:
        run(tmp_path / "run", path=str(tmp_path / "gone"))
    assert caught.value.code == "0048"
    assert caught.value.hint
    assert caught.value.parameter == "path"


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    source = write_files(tmp_path, {"photo.jpg": b"1"}) / "photo.jpg"
    with pytest.raises(FileOpenError, match="neither a folder nor an archive"):
        run(tmp_path / "run", path=str(source))
