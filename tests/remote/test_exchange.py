"""The storage between two sides: whole or not there, never trusted, tidied."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from torchwire.errors import ExchangeError
from torchwire.execution.sealing import KnownDigests, file_digest, seal
from torchwire.remote.exchange import Exchange
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
