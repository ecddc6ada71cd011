"""The storage between two sides: whole or not there, never trusted, tidied."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from torchwire.errors import ExchangeError
from torchwire.execution.sealing import KnownDigests, file_digest, seal
from torchwire.remote.exchange import WAITS, Exchange
from torchwire.remote.shelf import Shelf


@pytest.fixture(params=["folder", "url"])
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Exchange:
    """One in a plain folder, and one at a URL of another kind."""
    return Exchange(str(tmp_path / "exchange") if request.param == "folder" else f"memory://{tmp_path.name}")


def sealed(folder: Path, files: dict[str, str]) -> tuple[str, Path]:
    """A sealed folder and its digest. Two of its files are one file with two names."""
    for name, text in files.items():
        (folder / "draft" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "draft" / name).write_text(text)
    os.link(folder / "draft" / next(iter(files)), folder / "draft" / "again")
    made = seal(folder / "draft", folder / "sealed", KnownDigests())
    return made.digest, folder / "sealed"


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_was_put_is_fetched(exchange: Exchange, tmp_path: Path) -> None:
    digest, folder = sealed(tmp_path, {"a.txt": "A", "deep/er/b.txt": "B"})
    assert not exchange.has(digest)
    exchange.put(digest, folder)
    exchange.put(digest, folder)  # it is there already
    assert exchange.has(digest)
    exchange.fetch(digest, tmp_path / "there")
    assert contents(tmp_path / "there") == contents(folder)
    assert not os.access(tmp_path / "there" / "data" / "a.txt", os.W_OK) or os.getuid() == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_a_file_is_put_and_fetched(exchange: Exchange, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"archive")
    digest = file_digest(tmp_path / "a.zip")
    exchange.put_file(digest, tmp_path / "a.zip")
    exchange.fetch_file(digest, tmp_path / "there" / "a.zip")
    assert (tmp_path / "there" / "a.zip").read_bytes() == b"archive"


def test_what_is_not_there_is_said(exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchwire.remote.exchange.SHOW_UP", 0.0)
    with pytest.raises(ExchangeError, match="is not in the exchange"):
        exchange.fetch("0" * 64, tmp_path / "there")
    with pytest.raises(FileNotFoundError):
        exchange.put("0" * 64, tmp_path / "nowhere")
    assert not exchange.has("0" * 64)


def test_damaged_artifacts_are_refused_and_removed(tmp_path: Path) -> None:
    exchange = Exchange(str(tmp_path / "exchange"))
    digest, folder = sealed(tmp_path, {"a.txt": "A" * 5000})
    exchange.put(digest, folder)
    stored = next((tmp_path / "exchange").rglob("*.tar"))
    whole = stored.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole.replace(b"AAAA", b"BBBB"), b""):
        stored.write_bytes(damaged)
        with pytest.raises(ExchangeError, match="is damaged"):
            exchange.fetch(digest, tmp_path / "there")
        assert not stored.exists() and not (tmp_path / "there").exists()


def test_an_unusable_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    digest, folder = sealed(tmp_path, {"a.txt": "A"})
    with pytest.raises(ExchangeError, match="can't be written") as caught:
        Exchange(str(tmp_path / "file")).put(digest, folder)
    assert "every machine of the target" in str(caught.value.hint)
    with pytest.raises(ExchangeError, match="can't be opened"):
        Exchange("nosuchprotocol://x")


class Shaky(MemoryFileSystem):
    """A storage in memory whose ``what`` fails the next ``times`` times."""

    protocol = "shaky"
    store: dict[str, Any] = {}  # noqa: RUF012
    pseudo_dirs = [""]  # noqa: RUF012
    what, times, code, calls = "", 0, errno.EIO, 0

    @classmethod
    def shake(cls, what: str, times: int, code: int = errno.EIO) -> None:
        """Fail at ``what`` from now on, so many times."""
        cls.what, cls.times, cls.code, cls.calls = what, times, code, 0

    @classmethod
    def step(cls, what: str) -> None:
        """Fail now, if it is time."""
        cls.calls += what == cls.what
        if what == cls.what and cls.times > 0:
            cls.times -= 1
            raise OSError(cls.code, os.strerror(cls.code))

    def exists(self, path: str, **kwargs: Any) -> bool:
        self.step("exists")
        return bool(super().exists(path, **kwargs))

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:  # type: ignore[override]
        self.step("mv")
        super().mv(path1, path2, **kwargs)

    def _open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        file = super()._open(path, mode, **kwargs)
        if "w" in mode:
            file.write = _breaking(file.write, "write")  # type: ignore[method-assign]
            return file
        return _BreakingReader(file.read())


class _BreakingReader(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 0:  # in the middle of a file
            Shaky.step("read")
        return super().read(size)


def _breaking(write: Any, what: str) -> Any:
    def breaks(data: bytes) -> int:
        written: int = write(data)
        Shaky.step(what)
        return written

    return breaks


@pytest.fixture
def shaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    """One at a storage that fails when asked to; nobody waits long between two tries."""
    monkeypatch.setattr("torchwire.remote.exchange.WAITS", (0.01,) * len(WAITS))
    fsspec.register_implementation("shaky", Shaky, clobber=True)
    Shaky.shake("", 0)
    yield Exchange(f"shaky://{tmp_path.name}")
    Shaky.store.clear()


def test_tries_again_within_eight_seconds() -> None:
    assert len(WAITS) == 4
    assert sum(WAITS) < 8


@pytest.mark.parametrize("what", ["exists", "write", "mv"])
def test_what_fails_for_a_moment_is_put(shaky: Exchange, tmp_path: Path, what: str) -> None:
    digest, folder = sealed(tmp_path, {"a.txt": "A" * 50_000})
    Shaky.shake(what, len(WAITS))
    shaky.put(digest, folder)
    shaky.fetch(digest, tmp_path / "there")
    assert contents(tmp_path / "there") == contents(folder)
    assert [name for name in Shaky.store if name.endswith(".new")] == []


@pytest.mark.parametrize("what", ["exists", "read"])
def test_what_fails_for_a_moment_is_fetched(shaky: Exchange, tmp_path: Path, what: str) -> None:
    digest, folder = sealed(tmp_path, {"a.txt": "A" * 50_000})
    shaky.put(digest, folder)
    shaky.put_file("f" * 64, folder / "index.json")
    Shaky.shake(what, len(WAITS), errno.ECONNRESET)
    shaky.fetch(digest, tmp_path / "there")
    assert contents(tmp_path / "there") == contents(folder)
    assert Shaky.times == 0


@pytest.mark.parametrize(("code", "tries"), [(errno.EIO, len(WAITS) + 1), (errno.ENOSPC, 1), (errno.EACCES, 1)])
def test_what_goes_on_failing_is_said(shaky: Exchange, tmp_path: Path, code: int, tries: int) -> None:
    digest, folder = sealed(tmp_path, {"a.txt": "A"})
    Shaky.shake("mv", 100, code)
    with pytest.raises(ExchangeError, match=f"can't be written: {os.strerror(code)}"):
        shaky.put(digest, folder)
    assert Shaky.calls == tries
    Shaky.shake("", 0)
    assert not shaky.has(digest)


def test_old_artifacts_are_trimmed(tmp_path: Path) -> None:
    exchange = Exchange(str(tmp_path / "exchange"))
    assert exchange.trim(days=1) == 0
    digest, folder = sealed(tmp_path, {"a.txt": "A"})
    exchange.put(digest, folder)
    stored = next((tmp_path / "exchange").rglob("*.tar"))
    old = time.time() - 2 * 86400
    os.utime(stored, (old, old))
    exchange.fetch(digest, tmp_path / "there")  # a use
    assert exchange.trim(days=1) == 0
    os.utime(stored, (old, old))
    assert exchange.trim(days=1) == 1
    assert not exchange.has(digest)


def test_a_shelf_keeps_what_is_held(tmp_path: Path) -> None:
    exchange = Exchange(str(tmp_path / "exchange"))
    digest, folder = sealed(tmp_path, {"a.txt": "A" * 1000})
    exchange.put(digest, folder)
    shelf = Shelf(tmp_path / "shelf", limit=100)
    there = shelf.hold(digest, "sealed", lambda into: exchange.fetch(digest, into))
    other = Shelf(tmp_path / "shelf", limit=100)
    other.trim()
    assert (there / "data" / "a.txt").exists()
    shelf.close()
    other.trim()
    assert not there.exists()
