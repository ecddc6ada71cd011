"""Turns the folder that a node wrote into one that can be committed: hashed, listed, and safely on the disk."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torchwire.errors import LibraryError

FEW_FILES = 64
"""Up to so many new files are flushed one by one; above that, one call for the whole file system is faster."""
SMALL, CHUNK = 1 << 15, 1 << 18

SYNC_FILE_RANGE_WRITE = 2
_libc = ctypes.CDLL(None)
_syncfs, _sync_file_range = getattr(_libc, "syncfs", None), getattr(_libc, "sync_file_range", None)  # on Linux alone
if _sync_file_range is not None:
    _sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]


@dataclass(frozen=True)
class FileRecord:
    """One file of an artifact."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Sealed:
    """A folder ready to be committed."""

    digest: str
    size: int
    files: int


@dataclass
class KnownDigests:
    """SHA-256 sums that need not be computed again, held to what the file was like when its sum was known."""

    _sums: dict[str, tuple[tuple[int, int, int], str]] = field(default_factory=dict)

    def remember(self, path: Path, sha256: str) -> None:
        """Keep the sum of a file that is complete."""
        self._sums[str(path)] = (_likeness(path.stat()), sha256)

    def of(self, path: str, status: os.stat_result) -> str | None:
        """The sum, unless the file was changed since."""
        likeness, sha256 = self._sums.get(path, (None, None))
        return sha256 if likeness == _likeness(status) else None


def seal(source: Path, target: Path, known: KnownDigests) -> Sealed:
    """Move ``source`` to ``target/data`` beside an ``index.json`` of its files, all flushed to the disk.

    Raises LibraryError for anything that is neither a file nor a folder.
    """
    records, new, folders = _record_files(str(source), known)
    target.mkdir(parents=True)
    source.rename(target / "data")
    index = target / "index.json"
    index.write_text(json.dumps({"files": [vars(record) for record in records]}))
    data = f"{target}/data/"
    _flush([data + path for path in new] + [str(index)], [data + path for path in reversed(folders)] + [str(target)])
    return Sealed(folder_digest(records), sum(record.size for record in records), len(records))


def flush_tree(folder: Path) -> None:
    """Put a folder with all that is below it on the disk."""
    files, folders = [], []
    for parent, _, names in os.walk(folder, topdown=False):
        folders.append(parent)
        files += [f"{parent}/{name}" for name in names]
    _flush(files, folders)


def folder_digest(records: Iterable[FileRecord]) -> str:
    """The digest of a folder with these files: of their paths, sizes and contents, in the order of their paths."""
    lines = (f"{record.path}\0{record.size}\0{record.sha256}\n" for record in sorted(records, key=lambda r: r.path))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_index(folder: Path) -> dict[str, FileRecord]:
    """The files of a sealed folder, by path. Raises OSError or ValueError when its index can't be read."""
    index: Mapping[str, Any] = json.loads((folder / "index.json").read_text())
    return {entry["path"]: FileRecord(**entry) for entry in index["files"]}


def _record_files(source: str, known: KnownDigests) -> tuple[list[FileRecord], list[str], list[str]]:
    """The files below a folder, by path; the paths of the new ones; and the folders, each before what it holds."""
    records, new, folders, waiting = [], [], [], [""]
    while waiting:
        folder = waiting.pop()
        folders.append(folder)
        with os.scandir(source + "/" + folder) as entries:
            for entry in entries:
                path, status = folder + entry.name, entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path + "/")
                    continue
                if not stat.S_ISREG(status.st_mode):
                    raise LibraryError(
                        f"The output holds '{path}', which is not a plain file.",
                        hint="A module may put only files and folders in its outputs.",
                    )
                whole = source + "/" + path
                sha256 = known.of(whole, status)
                if status.st_nlink == 1 or sha256 is None:  # else it is linked from the store and was flushed there
                    new.append(path)
                    Path(whole).chmod(0o444)  # whoever links to it later can't change it by writing in place
                records.append(FileRecord(path, status.st_size, sha256 or file_digest(Path(whole))))
    return sorted(records, key=lambda record: record.path), new, folders


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb", buffering=0) as file:
        start = file.read(SMALL)  # most files are read whole by that
        digest = hashlib.sha256(start)
        if len(start) == SMALL:
            buffer = memoryview(bytearray(CHUNK))
            while size := file.readinto(buffer):
                digest.update(buffer[:size])
        return digest.hexdigest()


def flush_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    _fsync(str(folder))


def _flush(files: list[str], folders: list[str]) -> None:
    if len(files) + len(folders) > FEW_FILES and _flush_file_system(folders[-1]):
        return
    with ExitStack() as opened:
        descriptors = [_open(path, opened) for path in (*files, *folders)]
        if _sync_file_range is not None:
            for descriptor in descriptors[: len(files)]:
                _sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE)
        for descriptor in descriptors:
            os.fsync(descriptor)


def _fsync(path: str) -> None:
    with ExitStack() as opened:
        os.fsync(_open(path, opened))


def _open(path: str, until: ExitStack) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    until.callback(os.close, descriptor)
    return descriptor


def _flush_file_system(folder: str) -> bool:
    if _syncfs is None:
        return False
    with ExitStack() as opened:
        return bool(_syncfs(_open(folder, opened)) == 0)


def _likeness(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
