"""Where Convert reads files from: a folder, a zip, or another archive that is unpacked to scratch first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torchwire.data_types.any_directory import open_root, walk
from torchwire.data_types.archive import Member, ZipArchive, is_zip, iter_members
from torchwire.data_types.archive_names import ArchiveLimits
from torchwire.data_types.images import is_image_name
from torchwire.errors import FileOpenError, InvalidArchiveError
from torchwire.module_api import Context
from torchwire_modules.data._upright import MAX_FILE_BYTES, UnusableImageError


class Source(Protocol):
    """Files by name. ``names`` are relative, with ``/``; ``read`` may be called from several threads."""

    @property
    def names(self) -> list[str]:
        """Every file."""

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises UnusableImageError when they can't be had."""

    def original(self, name: str) -> Path | None:
        """The file itself where it belongs to an artifact and may be linked to, else None."""


@dataclass(frozen=True)
class FolderSource:
    """Files below ``root``. ``linkable`` says that they never change."""

    root: Path
    names: list[str]
    linkable: bool = False

    def read(self, name: str) -> bytes:
        """The bytes of a file. Links that lead out of the folder aren't followed."""
        path = self.root / name
        try:
            if path.is_symlink() and not path.resolve().is_relative_to(self.root.resolve()):
                raise UnusableImageError("it is a link that leads out of the folder")
            _check_size(path.stat().st_size)
            return path.read_bytes()
        except (OSError, RuntimeError) as error:
            raise UnusableImageError(f"it can't be opened ({getattr(error, 'strerror', None) or error})") from error

    def original(self, name: str) -> Path | None:
        """The file itself, if it never changes."""
        path = self.root / name
        return path if self.linkable and not path.is_symlink() else None


class ZipSource:
    """Files in a zip, unpacked one by one as they are asked for."""

    def __init__(self, archive: ZipArchive) -> None:
        self._archive = archive
        self._members = {member.path: member for member in archive.members}

    @property
    def names(self) -> list[str]:
        """Every file."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """The unpacked bytes of a file."""
        member = self._members[name]
        _check_size(member.size)
        try:
            return self._archive.read(member)
        except InvalidArchiveError as error:
            raise UnusableImageError("it is damaged within the archive") from error

    def original(self, name: str) -> Path | None:
        """None: there is no such file on disk."""
        return None


@contextlib.contextmanager
def opened(ctx: Context, port: str) -> Iterator[Source]:
    """Open what is wired to ``port``.

    Raises FileOpenError when it can't be read and InvalidArchiveError when it is an archive that isn't safe.
    """
    folder = ctx.input(port)
    root, limits = open_root(folder), ArchiveLimits.of(ctx.settings)
    if root.is_dir():
        yield FolderSource(root, _names(root), linkable=root == folder)
    elif is_zip(root):
        with ZipArchive(root, limits) as archive:
            yield ZipSource(archive)
    else:
        yield _unpacked(ctx, root, limits)


def _names(root: Path) -> list[str]:
    try:
        return [entry.path for entry in walk(root)]
    except OSError as error:
        raise FileOpenError(
            f"'{error.filename}' can't be opened: {error.strerror or error}.",
            hint="Let the account that the server runs under read the folder and all below it.",
        ) from error


def _unpacked(ctx: Context, path: Path, limits: ArchiveLimits) -> FolderSource:
    """Unpack the images of a tar to scratch: its names must all be known before the first image has a place."""
    root, names = ctx.scratch / "unpacked", []
    for member, stream in iter_members(path, limits):
        ctx.check_cancelled()
        names.append(member.path)
        if _is_wanted(member):
            target = root / member.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while part := stream.read(1 << 20):
                    file.write(part)
    return FolderSource(root, names)


def _is_wanted(member: Member) -> bool:
    return is_image_name(member.path) and member.size <= MAX_FILE_BYTES


def _check_size(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise UnusableImageError(f"it has {size:,} bytes, more than {MAX_FILE_BYTES:,}")
