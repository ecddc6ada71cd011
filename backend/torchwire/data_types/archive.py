"""Read archives that somebody else made, without writing anything where it doesn't belong.

Zip, tar (plain, gzip, bzip2), and single files packed with gzip or bzip2. Everything in an archive must be a plain
file or folder with a safe name, and the whole must stay within limits that are checked while reading, not believed
from headers. Archives within archives are never opened. Every fault is an InvalidArchiveError that names the member.
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol, cast

from torchwire.data_types.archive_names import ArchiveLimits, Names, refuse
from torchwire.data_types.archive_tar import SafeTarInfo
from torchwire.data_types.layout import read_layout
from torchwire.errors import FileOpenError, InvalidArchiveError

PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UTF_8, UNSUPPORTED = 0x800, 0x60
"""Flags of a zip's member: how its name is encoded; patched or strongly encrypted."""
HEADER, USUAL_EXTRA = 30, 128
"""Bytes before a member's name in a zip, and more than most have between its name and its content."""
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError, NotImplementedError, RuntimeError)
"""What the standard library raises for damaged archives; OSError and RuntimeError too, e.g. for encrypted members."""


class Member(NamedTuple):
    """A file in an archive: its checked ``path`` with ``/`` and its ``size`` in bytes, unpacked."""

    path: str
    size: int


class Readable(Protocol):
    """A stream of bytes. Raises InvalidArchiveError when it is damaged."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, all of them by default."""


@dataclass(frozen=True)
class ArchiveSummary:
    """What an archive or folder holds: ``images`` by their names' endings; ``categories`` is 0 without labels."""

    files: int
    total_size: int
    images: int
    categories: int


def check_archive(path: Path, limits: ArchiveLimits | None = None) -> ArchiveSummary:
    """Check every member without unpacking to disk. Raises InvalidArchiveError or FileOpenError."""
    limits = limits or ArchiveLimits()
    if is_zip(path):
        with ZipArchive(path, limits) as archive:
            return summarize(archive.members)
    return summarize([member for member, _ in iter_members(path, limits)])


def summarize(members: list[Member]) -> ArchiveSummary:
    """Count what is there."""
    layout = read_layout(member.path for member in members)
    total = sum(member.size for member in members)
    return ArchiveSummary(len(members), total, len(layout.images), len(layout.categories))


def iter_members(path: Path, limits: ArchiveLimits | None = None) -> Iterator[tuple[Member, Readable]]:
    """Yield every file of an archive with a stream to read it from, valid until the next one.

    Raises InvalidArchiveError as soon as a member is unsafe or a limit is passed, FileOpenError if it can't be read.
    """
    limits = limits or ArchiveLimits()
    if is_zip(path):
        with ZipArchive(path, limits) as archive:
            for member in archive.members:
                yield member, io.BytesIO(archive.read(member))
    else:
        yield from _iter_stream(path, limits)


def is_zip(path: Path) -> bool:
    """Whether the file begins like a zip; the name doesn't count. Raises FileOpenError when it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError as error:
        raise FileOpenError(f"'{path.name}' can't be opened: {error.strerror or error}.") from error


class ZipArchive:
    """A zip whose members are all checked. ``read`` may be called from several threads. A context manager."""

    def __init__(self, path: Path, limits: ArchiveLimits) -> None:
        """Open and check. Raises InvalidArchiveError."""
        with _damage_named(path):
            _check_directory_size(path, limits)
            self._zip = zipfile.ZipFile(path)
            self._file = cast(IO[bytes], self._zip.fp).fileno()
        try:
            names, total = Names(limits), 0
            self._infos: dict[str, zipfile.ZipInfo] = {}
            for info in self._zip.infolist():
                if _is_plain_file(info):
                    self._infos[names.file(info.filename)] = info
                    total += info.file_size
                else:
                    names.folder(info.filename)
            _check_totals(total, path.stat().st_size, limits)
        except BaseException:
            self.close()
            raise

    @property
    def members(self) -> list[Member]:
        """The files, in the archive's order."""
        return [Member(path, info.file_size) for path, info in self._infos.items()]

    def read(self, member: Member) -> bytes:
        """Unpack one file. Raises InvalidArchiveError when it is damaged."""
        info = self._infos[member.path]
        try:
            if info.compress_type in PLAIN and not info.flag_bits & UNSUPPORTED:
                return _unpack(info, _packed(info, self._file))
            with self._zip.open(info) as file:
                return file.read(member.size + 1)
        except DAMAGE as error:
            raise refuse(member.path, f"which is damaged ({error})") from error

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def __enter__(self) -> ZipArchive:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _packed(info: zipfile.ZipInfo, file: int) -> memoryview:
    """The packed bytes of a member. zipfile would have all threads wait for one position in the file."""
    if info.header_offset + info.compress_size > os.fstat(file).st_size:  # else as much memory would be asked for
        raise zipfile.BadZipFile("it is said to be longer than the archive")
    named = len(info.orig_filename) + USUAL_EXTRA
    content = os.pread(file, HEADER + named + info.compress_size, info.header_offset)
    name, extra = (int.from_bytes(content[at : at + 2], "little") for at in (26, 28))
    start = HEADER + name + extra
    encoding = "utf-8" if info.flag_bits & UTF_8 else "cp437"
    if content[:4] != b"PK\x03\x04" or content[HEADER : HEADER + name] != info.orig_filename.encode(encoding):
        raise zipfile.BadZipFile("its header and the table of contents differ")
    if len(content) < start + info.compress_size:
        content = os.pread(file, start + info.compress_size, info.header_offset)
    return memoryview(content)[start : start + info.compress_size]


def _unpack(info: zipfile.ZipInfo, packed: memoryview) -> bytes:
    if info.compress_type == zipfile.ZIP_STORED:
        content = bytes(packed)
    else:
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, info.file_size + 1)
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile("its checksum differs")
    return content


def _is_plain_file(info: zipfile.ZipInfo) -> bool:
    """True for a file, False for a folder. Raises InvalidArchiveError for anything else."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise refuse(info.filename, "which is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse(info.filename, "which is a device or other special file")
    if info.flag_bits & 1:
        raise refuse(info.filename, "which is encrypted")
    return not info.is_dir()


def _check_directory_size(path: Path, limits: ArchiveLimits) -> None:
    """Refuse a zip whose table of contents alone would fill the memory. zipfile reads it whole."""
    with path.open("rb") as file:
        end = file.seek(0, io.SEEK_END)
        file.seek(max(0, end - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    table = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if tail[at - 76 : at - 72] == b"PK\x06\x06":  # the record for large archives wins where there is one
        table = int.from_bytes(tail[at - 36 : at - 28], "little")
    if table > limits.max_files * 256 + 65_536:
        raise InvalidArchiveError(f"'{path.name}' has a table of contents of {table:,} bytes, more than is allowed.")


def _check_totals(total: int, packed: int, limits: ArchiveLimits) -> None:
    if total > limits.max_total:
        raise InvalidArchiveError(
            f"The archive unpacks to more than {limits.max_total:,} bytes.", hint="Split it into several data sets."
        )
    if total > limits.ratio_from and total > limits.max_ratio * max(packed, 1):
        raise InvalidArchiveError(
            f"The archive unpacks to more than {limits.max_ratio:g} times its size, as archives made to do harm do.",
            hint="Pack the images without compression.",
        )


def _iter_stream(path: Path, limits: ArchiveLimits) -> Iterator[tuple[Member, Readable]]:
    with _damage_named(path), path.open("rb") as packed:
        plain = _Guarded(_unpacked(path, packed), packed, limits)
        head = plain.peek(512)
        if len(head) < 512 or not (head[257:262] == b"ustar" or _old_tar(head)):
            if plain.inner is packed:
                raise InvalidArchiveError(
                    f"'{path.name}' is no archive that can be read.",
                    hint="Use .zip, .tar, .tar.gz, .tgz, .tar.bz2, .gz or .bz2.",
                )
            yield _single(path, plain, limits)
            return
        yield from _iter_tar(plain, limits)


def _unpacked(path: Path, packed: IO[bytes]) -> IO[bytes]:
    head = packed.read(3)
    packed.seek(0)
    if head[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.GzipFile(fileobj=packed))
    return bz2.BZ2File(packed) if head == b"BZh" else packed


def _old_tar(head: bytes) -> bool:
    """Whether a block without tar's magic word is a tar header all the same, by its checksum."""
    try:
        return any(head) and tarfile.nti(head[148:156]) in tarfile.calc_chksums(head)  # type: ignore[attr-defined]
    except tarfile.HeaderError:
        return False


def _single(path: Path, plain: _Guarded, limits: ArchiveLimits) -> tuple[Member, Readable]:
    """A file packed on its own: its name is the archive's without the last ending."""
    content = plain.read()
    return Member(Names(limits).file(path.stem), len(content)), io.BytesIO(content)


def _iter_tar(plain: _Guarded, limits: ArchiveLimits) -> Iterator[tuple[Member, Readable]]:
    names, total = Names(limits), 0
    with tarfile.open(fileobj=cast(IO[bytes], plain), mode="r|", tarinfo=SafeTarInfo) as archive:
        for info in archive:
            name = info.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if info.isdir():
                names.folder(name)
                continue
            if info.issym() or info.islnk():
                raise refuse(name, "which is a link")
            if not info.isreg() or info.issparse():
                raise refuse(name, "which is a device or other special file")
            total += info.size
            if total > limits.max_total:
                _check_totals(total, total, limits)
            stream = archive.extractfile(info)
            assert stream is not None  # noqa: S101 - it is a plain file
            yield Member(names.file(name), info.size), _Content(name, stream)
            cast(Any, archive).members = []  # it would keep every member's header


class _Content:
    """The content of a tar's member."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self._name, self._stream = name, stream

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, all of them by default. Raises InvalidArchiveError."""
        try:
            return self._stream.read(size)
        except DAMAGE as error:
            raise refuse(self._name, f"which is damaged or cut short ({error})") from error


class _Guarded:
    """A stream that counts what comes out and stops when that is too much for what went in."""

    def __init__(self, inner: IO[bytes], packed: IO[bytes], limits: ArchiveLimits) -> None:
        self.inner, self._packed, self._limits = inner, packed, limits
        self._count, self._peeked = 0, b""

    def peek(self, size: int) -> bytes:
        """The next bytes, which ``read`` will give again."""
        self._peeked = self.read(size)
        return self._peeked

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, all of them by default. Raises InvalidArchiveError when they are too many."""
        parts, wanted = [self._peeked[:size] if size >= 0 else self._peeked], size
        self._peeked = self._peeked[len(parts[0]) :]
        wanted = wanted - len(parts[0]) if size >= 0 else -1
        while wanted:
            part = self.inner.read(min(wanted, 1 << 20) if wanted > 0 else 1 << 20)
            if not part:
                break
            self._count += len(part)
            _check_totals(self._count, self._packed.tell(), self._limits)
            parts.append(part)
            wanted = wanted - len(part) if wanted > 0 else -1
        return b"".join(parts)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise InvalidArchiveError(
            f"The archive '{path.name}' is damaged or incomplete: {error}.", hint="Make or download it again."
        ) from error
