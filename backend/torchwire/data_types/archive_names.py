"""Decide whether the names in an archive are safe to have on a disk."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields
from typing import Any

from torchwire.errors import InvalidArchiveError


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold. Sizes in bytes; ``max_ratio`` (unpacked to packed) counts from ``ratio_from`` on."""

    max_files: int = 500_000
    max_total: int = 64 * 1024**3
    max_ratio: float = 200
    ratio_from: int = 16 * 1024**2
    max_depth: int = 32
    max_name: int = 255
    max_path: int = 1024

    @classmethod
    def of(cls, settings: Any) -> ArchiveLimits:
        """The limits in a mapping of settings, under ``archive_max_files`` and so on; defaults for the others."""
        names = {field.name: f"archive_{field.name}" for field in fields(cls)}
        return cls(**{name: settings[key] for name, key in names.items() if settings.get(key) is not None})


def refuse(name: str, why: str) -> InvalidArchiveError:
    """The error for one member, which it names."""
    shown = name if len(name) <= 200 else f"{name[:200]}…"
    shown = "".join(letter if letter.isprintable() else "�" for letter in shown)
    return InvalidArchiveError(
        f"The archive holds '{shown}', {why}.", hint="Pack the images again, as plain files in folders."
    )


class Names:
    """Checks the names of an archive's members one after another."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def __len__(self) -> int:
        """How many files there were."""
        return len(self._files)

    def folder(self, name: str) -> None:
        """Check a folder's name. Raises InvalidArchiveError."""
        if path := self._checked(name):
            self._enter(path, name)

    def file(self, name: str) -> str:
        """Check a file's name and return its path with ``/``. Raises InvalidArchiveError."""
        path = self._checked(name)
        if not path:
            raise refuse(name, "which has no name")
        folder, _, _ = path.rpartition("/")
        if folder:
            self._enter(folder, name)
        key = _key(path)
        if self._files.get(key) == path:
            raise refuse(name, "twice")
        if key in self._files:
            raise refuse(name, f"which to some computers has the same name as '{self._files[key]}'")
        if key in self._folders:
            raise refuse(name, "which is a file and a folder at once")
        self._files[key] = path
        if len(self._files) > self._limits.max_files:
            raise InvalidArchiveError(
                f"The archive holds more than {self._limits.max_files:,} files.",
                hint="Split it into several data sets.",
            )
        return path

    def _enter(self, path: str, name: str) -> None:
        while path and self._folders.get(key := _key(path)) != path:
            if key in self._folders:
                raise refuse(name, f"whose folder to some computers has the same name as '{self._folders[key]}'")
            if key in self._files:
                raise refuse(name, "whose folder is a file as well")
            self._folders[key] = path
            path = path.rpartition("/")[0]

    def _checked(self, name: str) -> str:
        limits, slashed = self._limits, name.replace("\\", "/")
        if slashed.startswith("/"):
            raise refuse(name, "whose path is absolute")
        if re.match(r"[A-Za-z]:", slashed):
            raise refuse(name, "whose path begins with a drive letter")
        parts = [part for part in slashed.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise refuse(name, "whose path leads out of the archive")
        if any(unicodedata.category(letter) == "Cc" for letter in name):
            raise refuse(name, "whose name has control characters")
        if len(parts) > limits.max_depth:
            raise refuse(name, f"which lies deeper than {limits.max_depth} folders")
        longest = max((len(part.encode("utf-8", "replace")) for part in parts), default=0)
        if longest > limits.max_name or len(slashed.encode("utf-8", "replace")) > limits.max_path:
            raise refuse(name, "whose name is too long")
        return "/".join(parts)


def _key(path: str) -> str:
    """Equal for names that some file systems take for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
