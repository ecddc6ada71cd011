"""Looks at what lies on the disk: how many bytes, whose they are, and which are shared by hard links.

Bytes are those of the files, each counted once however many folders link to it: first for the data sets, then the
uploads, the artifacts, the attempts and the cache.
"""

from __future__ import annotations

import os
import shutil
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from torchwire.execution.home import Home

NEW = 0
ELSEWHERE = "elsewhere"
"""Stands for a place outside the store that links to a file, which is then not freed with the artifact."""


@dataclass(frozen=True)
class Picture:
    """What lay on the disk at one moment.

    ``shares`` says of which digests' folders some bytes are part: ``[((digest, ...), bytes)]``. ``folders`` holds the
    bytes of ``datasets``, ``uploads``, ``attempts`` and ``cache``, which pretrained weights count with.
    """

    time: float
    shares: Sequence[tuple[tuple[str, ...], int]] = ()
    folders: Mapping[str, int] = field(default_factory=dict)
    attempts: Mapping[str, int] = field(default_factory=dict)
    total: int = 0  # of the disk
    free: int = 0


class DiskScan:
    """Takes pictures. An artifact never changes, so each is looked at once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seen: dict[str, array[int]] = {}

    def take(self, stopped: Callable[[], bool] = lambda: False) -> Picture | None:
        """What lies there now. None when ``stopped`` said so meanwhile."""
        self._look_at_artifacts(stopped)
        folders: dict[str, int] = {}
        elsewhere: set[int] = set()
        for name in ("datasets", "uploads"):
            folders[name] = _sum(_files(self._home.root / name), elsewhere)
        shares, inside = self._shares(elsewhere)
        attempts: Counter[str] = Counter()
        inside |= elsewhere
        for attempt in _entries(self._home.attempts):
            if stopped():
                return None
            attempts[attempt.name] = _sum(_files(Path(attempt.path)), inside)
        folders["attempts"] = attempts.total()
        folders["cache"] = sum(_sum(_files(self._home.root / name), inside) for name in ("cache", "weights"))
        disk = shutil.disk_usage(self._home.root)
        return None if stopped() else Picture(time.time(), shares, folders, attempts, disk.total, disk.free)

    def _look_at_artifacts(self, stopped: Callable[[], bool]) -> None:
        there: dict[str, str] = {}
        for group in _entries(self._home.artifacts):
            if len(group.name) == 2:
                there.update({entry.name: entry.path for entry in _entries(Path(group.path))})
        for digest in self._seen.keys() - there.keys():
            del self._seen[digest]
        for digest, path in there.items():
            if stopped():
                return
            if digest not in self._seen:
                pairs = array("Q")
                for status in _files(Path(path)):
                    pairs.extend((status.st_ino, status.st_size))
                self._seen[digest] = pairs

    def _shares(self, elsewhere: set[int]) -> tuple[list[tuple[tuple[str, ...], int]], set[int]]:
        """Group the store's files by the folders that hold them. Most files are alike in that, so groups are few."""
        groups: list[tuple[str, ...]] = [()]
        numbers: dict[tuple[int, str], int] = {}
        group_of: dict[int, int] = {}

        def joined(group: int, holder: str) -> int:
            if (group, holder) not in numbers:
                numbers[group, holder] = len(groups)
                groups.append((*groups[group], holder))
            return numbers[group, holder]

        for digest, pairs in self._seen.items():
            for inode in pairs[::2]:
                group_of[inode] = joined(group_of.get(inode, NEW), digest)
        sizes: Counter[int] = Counter()
        counted: set[int] = set()
        for pairs in self._seen.values():
            for inode, size in zip(pairs[::2], pairs[1::2], strict=True):
                if inode not in counted:
                    counted.add(inode)
                    group = group_of[inode]
                    sizes[joined(group, ELSEWHERE) if inode in elsewhere else group] += size
        return [(tuple(dict.fromkeys(groups[group])), size) for group, size in sizes.items()], counted


def _sum(files: Iterator[os.stat_result], counted: set[int]) -> int:
    total = 0
    for status in files:
        if status.st_ino not in counted:
            counted.add(status.st_ino)
            total += status.st_size
    return total


def _files(folder: Path) -> Iterator[os.stat_result]:
    """Every file below, links not followed. What goes away meanwhile is left out."""
    for entry in _entries(folder):
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                yield entry.stat(follow_symlinks=False)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []
