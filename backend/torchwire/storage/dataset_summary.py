"""Counts what a data set holds from the names of its files, without unpacking or decoding any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torchwire.data_types.archive_names import ArchiveLimits

MAX_CATEGORIES = 2000


def summary_of_archive(path: Path) -> dict[str, Any]:
    """Check every member of the archive and count. Raises InvalidArchiveError that names the member at fault."""
    from torchwire.data_types.archive import ZipArchive, is_zip, iter_members

    limits = ArchiveLimits()
    if not is_zip(path):
        return _summary([member.path for member, _ in iter_members(path, limits)])
    with ZipArchive(path, limits) as archive:
        return _summary([member.path for member in archive.members])


def summary_of_folder(path: Path) -> tuple[int, dict[str, Any]]:
    """The size of everything below the folder, and the counts. Raises OSError."""
    from torchwire.data_types.any_directory import walk

    size, paths = 0, []
    for entry in walk(path):
        size += entry.size
        paths.append(entry.path)
    return size, _summary(paths)


def _summary(paths: Iterable[str]) -> dict[str, Any]:
    from torchwire.data_types.layout import read_layout

    layout = read_layout(paths)
    summary: dict[str, Any] = {"images": len(layout.images)}
    if layout.labelled:
        counts = Counter(image.category for image in layout.images)
        summary["categories"] = {name: counts[name] for name in layout.categories[:MAX_CATEGORIES]}
    return summary
