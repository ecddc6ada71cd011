"""What a node prints: kept whole in two files, passed on line by line up to a limit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

STREAMS = ("stdout", "stderr")
MAX_LINES = 10_000
MAX_BYTES = 4 * 1024 * 1024
MAX_FILE = 64 * 1024 * 1024
MAX_LINE = 8_000
LOOK_EVERY = 3
"""Reads between two looks at how large the files are."""
CHUNK = 1024 * 1024
TAIL = 64 * 1024
PART = 64 * 1024
"""Characters of printed lines in one event: however they are written in JSON, it is read in one piece."""
CUT = "(The log goes on; no more of it is shown here.)"

Line = list[float | str]
"""``[time, stream, text]``"""


RANKS = "rank "


def rank_stream(number: int) -> str:
    """What all that a further process of a node prints is called; the first one prints as any node does."""
    return f"{RANKS}{number}"


def streams_of(folder: Path) -> list[str]:
    """The streams that an attempt has printed to, or will."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - many times as fast
    numbers = [name[len(RANKS) : -4] for name in names if name.startswith(RANKS) and name.endswith(".log")]
    ranks = sorted(int(number) for number in numbers if number.isdecimal())
    return [*STREAMS, *map(rank_stream, ranks)]


def log_file(folder: Path, stream: str) -> Path:
    """Where an attempt's ``stream`` goes."""
    return folder / f"{stream}.log"


def log_folder(folder: Path) -> Path:
    """Where an attempt puts files that belong to its log."""
    return folder / "logs"


def log_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What an attempt has logged: what it printed, and the files of its log folder, each with a name to give it."""
    for stream in streams_of(folder):
        path = log_file(folder, stream)
        if path.is_file():
            yield path.name, path
    for parent, folders, names in os.walk(log_folder(folder)):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():  # a link may lead anywhere
                yield path.relative_to(folder).as_posix(), path


class StreamReader:
    """Reads the lines of one growing file from where it stopped last time."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self.offset = offset

    def read(self, *, final: bool = False) -> list[str]:
        """The lines that were finished since; ``final`` takes a last one that lacks its end."""
        data = self._next()
        whole = final or (len(data) == CHUNK and b"\n" not in data)
        end = len(data) if whole else data.rfind(b"\n") + 1
        self.offset += end
        return [_as_shown(line) for line in data[:end].decode("utf-8", "replace").removesuffix("\n").split("\n") if end]

    def read_all(self) -> Iterator[str]:
        """Every line up to the end of the file."""
        before = -1
        while before != self.offset:
            before = self.offset
            yield from self.read()
        yield from self.read(final=True)

    def _next(self) -> bytes:
        try:
            if self._path.stat().st_size <= self.offset:
                return b""
            with self._path.open("rb") as file:
                file.seek(self.offset)
                return file.read(CHUNK)
        except FileNotFoundError:
            return b""


def _as_shown(line: str) -> str:
    # A carriage return draws a line anew (progress bars): only its last state is worth keeping.
    return line.rstrip("\r").rpartition("\r")[2][:MAX_LINE]


class LogBook:
    """The printed lines of an attempt, until there are too many of them."""

    def __init__(
        self, folder: Path, offsets: dict[str, int] | None = None, streams: Sequence[str] | None = None
    ) -> None:
        """Read ``streams``, or all that there are."""
        self._folder = folder
        self._offsets = dict(offsets or {})
        self._streams = streams
        self._readers: dict[str, StreamReader] = {}
        self._find_streams()
        self._lines = 0
        self._bytes = 0
        self._full = False
        self._looks = 0

    def offsets(self) -> dict[str, int]:
        """How far each stream has been read."""
        return {stream: reader.offset for stream, reader in self._readers.items()}

    def read(self, *, final: bool = False) -> list[Line]:
        """The lines printed since the last call. After the limit: one line that says so, then nothing."""
        self._looks += 1
        if final or self._looks % LOOK_EVERY == 0:
            self._find_streams()
        lines = [] if self._full else self._next(final=final)
        if (final or self._looks % LOOK_EVERY == 0) and bound_files(self._folder) and not self._full:
            self._full = True
            lines.append([time.time(), STREAMS[0], CUT])
        return lines

    def _find_streams(self) -> None:
        for stream in streams_of(self._folder) if self._streams is None else self._streams:
            if stream not in self._readers:
                path = log_file(self._folder, stream)
                self._readers[stream] = StreamReader(path, self._offsets.get(stream, 0))

    def _next(self, *, final: bool) -> list[Line]:
        now = time.time()
        lines: list[Line] = []
        for stream, reader in self._readers.items():
            for text in reader.read_all() if final else reader.read():
                if self._lines >= MAX_LINES or self._bytes >= MAX_BYTES:
                    self._full = True
                    lines.append([now, stream, CUT])
                    return lines
                self._lines += 1
                self._bytes += len(text)
                lines.append([now, stream, text])
        return lines


def bound_files(folder: Path) -> bool:
    """Cut off what an attempt has printed beyond the limit. Whether any file is full, whoever has cut it."""
    full = False
    for stream in streams_of(folder):
        path = log_file(folder, stream)
        with suppress(OSError):
            size = path.stat().st_size
            full |= size >= MAX_FILE
            if size > MAX_FILE:
                os.truncate(path, MAX_FILE)
    return full


def in_parts(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines in groups that are small enough for one event."""
    part: list[Line] = []
    size = 0
    for line in lines:
        length = len(str(line[2]))
        if part and size + length > PART:
            yield part
            part, size = [], 0
        part.append(line)
        size += length
    if part:
        yield part


def tail(folder: Path, count: int, offsets: Mapping[str, int] | None = None) -> list[Line]:
    """The last lines of each stream, at most ``count`` in all, of what was printed after ``offsets``."""
    found: list[Line] = []
    for stream in streams_of(folder):
        path = log_file(folder, stream)
        with suppress(FileNotFoundError):
            status = path.stat()
            start = max((offsets or {}).get(stream, 0), status.st_size - TAIL)
            with path.open("rb") as file:
                file.seek(start)
                lines = file.read(TAIL).decode("utf-8", "replace").removesuffix("\n").split("\n")
            if status.st_size > start:
                found += [[status.st_mtime, stream, _as_shown(line)] for line in lines[-count:]]
    share = count // 2
    errors = [line for line in found if line[1] != "stdout"]
    printed = [line for line in found if line[1] == "stdout"]
    return printed[-max(share, count - len(errors)) :] + errors[-max(share, count - len(printed)) :]
