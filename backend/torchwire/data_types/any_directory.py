"""AnyDirectory: any folder, or one archive file.

What the ``dataset`` module makes is either the archive itself or ``reference.json``, which names a folder or file that
stays where it is; its fingerprint (path, size and time of every file) makes a changed folder a changed input.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torchwire.data_types.json_files import read_json, write_json
from torchwire.errors import FileOpenError

FORMAT, VERSION = "torchwire/reference", 1
REFERENCE = "reference.json"
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".gz", ".bz2")


class FileEntry(NamedTuple):
    """A file below a folder: ``path`` relative to it with ``/``, ``size`` in bytes, ``mtime_ns`` since the epoch."""

    path: str
    size: int
    mtime_ns: int


def is_archive(path: Path) -> bool:
    """Whether the file's name ends like an archive's."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def write_reference(folder: Path, target: Path) -> int:
    """Write a reference to ``target``, a folder or a file, into ``folder``; return how many files it covers.

    Raises FileOpenError when the target can't be read.
    """
    digest, files, size = hashlib.sha256(), 0, 0
    try:
        for entry in _entries(target):
            digest.update(f"{entry.path}\0{entry.size}\0{entry.mtime_ns}\n".encode("utf-8", "surrogateescape"))
            files, size = files + 1, size + entry.size
    except OSError as error:
        raise _cannot_open(target, error) from error
    record = {"path": str(target), "fingerprint": digest.hexdigest(), "files": files, "size": size}
    write_json(folder / REFERENCE, {"format": FORMAT, "version": VERSION, **record})
    return files


def open_root(folder: Path) -> Path:
    """Return where the content of an AnyDirectory is: a folder, or an archive file.

    Reads through a reference, and through a folder that holds nothing but one archive. Raises FileOpenError when a
    referenced folder or file is gone or can't be read.
    """
    if (folder / REFERENCE).is_file():
        try:
            target = Path(str(read_json(folder / REFERENCE, format=FORMAT, version=VERSION)["path"]))
        except (ValueError, KeyError):
            return folder  # somebody's own file of that name
        try:
            if target.is_dir():
                os.scandir(target).close()
            else:
                target.open("rb").close()
        except OSError as error:
            raise _cannot_open(target, error) from error
        return target
    files = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    if len(files) == 1 and files[0].is_file() and is_archive(files[0]):
        return files[0]
    return folder


def walk(root: Path) -> Iterator[FileEntry]:
    """Yield every file below ``root``, folder by folder in the order of names. Linked folders are not entered."""
    with os.scandir(root) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            for below in walk(Path(entry.path)):
                yield FileEntry(f"{entry.name}/{below.path}", below.size, below.mtime_ns)
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            status = entry.stat(follow_symlinks=False)
            yield FileEntry(entry.name, status.st_size, status.st_mtime_ns)


def _entries(target: Path) -> Iterator[FileEntry]:
    if target.is_dir():
        return walk(target)
    status = target.stat()
    return iter([FileEntry(target.name, status.st_size, status.st_mtime_ns)])


def _cannot_open(target: Path, error: OSError) -> FileOpenError:
    return FileOpenError(
        f"'{target}' can't be opened: {error.strerror or error}.",
        hint="Check that it is still there and that the server may read it, then submit again.",
    )
