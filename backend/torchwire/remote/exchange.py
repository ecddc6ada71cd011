"""Storage that both sides of a target can reach. What nodes make travels through it, named by the digest of its bytes.

An artifact is one file, ``<url>/artifacts/<d[:2]>/<digest>.tar``, with the sealed folder in it; a registered archive is
``….file``. Each is written under another name and then moved, so it is there whole or not at all, and whoever fetches
it compares every byte with the digest. Nothing is ever changed, so two sides may put the same thing at once, and what
failed for a moment is tried again.
"""

from __future__ import annotations

import errno
import logging
import os
import posixpath
import shutil
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import fsspec

from torchwire.errors import ExchangeError
from torchwire.execution.checkpointing import damage_of
from torchwire.execution.sealing import file_digest, flush_tree

logger = logging.getLogger(__name__)

T = TypeVar("T")

CHUNK = 1 << 20
SHOW_UP = 5.0
"""Seconds in which a file that the other side has written may still be invisible here (shared folders cache names)."""
LOOK = 0.2
WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try at what failed in a way that may pass: five tries in all."""
LASTING = (FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError, IsADirectoryError)
LASTING_NUMBERS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP, errno.ENOTEMPTY}
)
"""Errors that another try won't change."""


class Exchange:
    """Artifacts at a folder or fsspec URL, by digest."""

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        """Raises ExchangeError when there is no such kind of storage here, or it can't be reached."""
        self.url = url
        with self._explained("opened"):
            self._fs, self._root = fsspec.url_to_fs(url, **dict(options or {}))

    def put(self, digest: str, sealed: Path) -> None:
        """Make a sealed folder (``data`` and ``index.json``) available. Raises FileNotFoundError when it is gone here.

        Raises ExchangeError when the storage does not take it.
        """

        def write(stream: Any) -> None:
            # Files that are linked to each other are written one by one: each must be readable by itself.
            with tarfile.open(fileobj=stream, mode="w|", dereference=True) as tar:
                tar.add(sealed / "index.json", "index.json")
                tar.add(sealed / "data", "data")

        with self._explained("written"):
            _lastingly(lambda: self._write(self._path(digest, "tar"), write))

    def put_file(self, digest: str, file: Path) -> None:
        """Make one file available, under the SHA-256 of its bytes. Raises as ``put``."""

        def write(stream: Any) -> None:
            with file.open("rb") as source:
                shutil.copyfileobj(source, stream, CHUNK)

        with self._explained("written"):
            _lastingly(lambda: self._write(self._path(digest, "file"), write))

    def has(self, digest: str, kind: str = "tar") -> bool:
        """Whether an artifact is there. Raises ExchangeError."""
        with self._explained("read"):
            return _lastingly(lambda: bool(self._fs.exists(self._path(digest, kind))))

    def fetch(self, digest: str, into: Path) -> None:
        """Have the sealed folder at ``into``, all of it on the disk and as it was put. One that is there is taken.

        Raises ExchangeError when it is not in the exchange, or damaged there.
        """
        with self._explained("read"):
            _lastingly(lambda: self._fetch(digest, into))

    def _fetch(self, digest: str, into: Path) -> None:
        if into.exists():
            return
        draft = into.with_name(f".{into.name}.{uuid.uuid4().hex[:8]}.new")
        draft.mkdir(parents=True)
        try:
            path = self._path(digest, "tar")
            with self._reading(path) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                tar.extractall(draft, filter="data")
            damage = damage_of(draft, digest)
            if damage is not None:
                raise self._damaged(path, damage)
            for parent, _, names in os.walk(draft):
                for name in names:
                    Path(parent, name).chmod(0o444)
            flush_tree(draft)
            with suppress(OSError):  # somebody else was faster
                draft.rename(into)
        except (tarfile.TarError, EOFError) as error:
            raise self._damaged(self._path(digest, "tar"), str(error)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def fetch_file(self, digest: str, into: Path) -> None:
        """Have the file at ``into``, as it was put. Raises ExchangeError."""
        with self._explained("read"):
            _lastingly(lambda: self._fetch_file(digest, into))

    def _fetch_file(self, digest: str, into: Path) -> None:
        if into.exists():
            return
        into.parent.mkdir(parents=True, exist_ok=True)
        draft = into.with_name(f".{into.name}.{uuid.uuid4().hex[:8]}.new")
        path = self._path(digest, "file")
        try:
            with self._reading(path) as stream, draft.open("wb") as target:
                shutil.copyfileobj(stream, target, CHUNK)
            if file_digest(draft) != digest:
                raise self._damaged(path, "its bytes are not those that were put there")
            draft.chmod(0o444)
            draft.rename(into)
        finally:
            draft.unlink(missing_ok=True)

    def trim(self, days: float) -> int:
        """Remove what nobody has put or fetched for so many days; return how many files that were."""
        oldest, removed = time.time() - days * 86400, 0
        with self._explained("looked through"):
            folder = posixpath.join(self._root, "artifacts")
            if not self._fs.exists(folder):
                return 0
            for path, about in self._fs.find(folder, detail=True).items():
                if _changed(about) < oldest:
                    with suppress(FileNotFoundError):
                        self._fs.rm_file(path)
                        removed += 1
        return removed

    def _path(self, digest: str, kind: str) -> str:
        return posixpath.join(self._root, "artifacts", digest[:2], f"{digest}.{kind}")

    def _touch(self, path: str) -> None:
        """Note that it is of use. Where a storage can't do that, its age counts from when it was put."""
        with suppress(Exception):
            self._fs.touch(path, truncate=False)

    def _write(self, path: str, write: Callable[[Any], None]) -> None:
        """Have what ``write`` writes at ``path``, whole. What is there stays."""
        if self._fs.exists(path):
            self._touch(path)
            return
        folder, name = posixpath.split(path)
        self._fs.makedirs(folder, exist_ok=True)
        draft = posixpath.join(folder, f".{name}.{uuid.uuid4().hex}.new")
        try:
            with self._fs.open(draft, "wb") as stream:
                write(stream)
            self._fs.mv(draft, path)
        except BaseException:
            with suppress(Exception):
                self._fs.rm_file(draft)
            raise

    @contextmanager
    def _reading(self, path: str) -> Iterator[Any]:
        until = time.monotonic() + SHOW_UP
        while not self._fs.exists(path):
            if time.monotonic() > until:
                raise ExchangeError(
                    f"{posixpath.basename(path)} is not in the exchange {self.url}.",
                    hint="Both sides must see the same folder there. Submit again.",
                )
            time.sleep(LOOK)
            self._fs.invalidate_cache()
        self._touch(path)
        with self._fs.open(path, "rb") as stream:
            yield stream

    def _damaged(self, path: str, damage: str) -> ExchangeError:
        with suppress(Exception):
            self._fs.rm_file(path)
        message = f"{posixpath.basename(path)} in the exchange {self.url} is damaged: {damage}."
        return ExchangeError(message, hint="It was removed there. Submit again.")

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        """Tell of what any kind of storage may raise in one way. What is missing on this side stays what it is."""
        try:
            yield
        except (ExchangeError, tarfile.TarError, EOFError):
            raise
        except FileNotFoundError as error:
            if error.filename is None or Path(str(error.filename)).is_relative_to(self._root or "/"):
                raise self._unusable(done, error) from error
            raise
        except Exception as error:
            raise self._unusable(done, error) from error

    def _unusable(self, done: str, error: Exception) -> ExchangeError:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return ExchangeError(
            f"The exchange {self.url} can't be {done}: {why}.",
            hint="It must be a folder or URL that this computer and every machine of the target can read and write.",
        )


def _lastingly(act: Callable[[], T]) -> T:
    """What ``act`` returns, which is tried again when the storage fails in a way that may pass."""
    for wait in WAITS:
        try:
            return act()
        except OSError as error:
            if isinstance(error, LASTING) or error.errno in LASTING_NUMBERS:
                raise
            logger.warning("The exchange failed and is tried again in %g s: %s", wait, error)
            time.sleep(wait)
    return act()


def _changed(about: Mapping[str, Any]) -> float:
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = about.get(name)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, (int, float)):
            return float(value)
    return time.time()
