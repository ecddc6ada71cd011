"""What the names of a data set's files tell, without unpacking it. Looked up once for each state of the data."""

from __future__ import annotations

import io
import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from torchwire.data_types.facts import MOST_SIZES, UNKNOWN, Facts
from torchwire.data_types.layout import Layout, read_layout
from torchwire.data_types.transformation import Size
from torchwire.errors import TorchwireError

MOST_FILES = 100_000
"""A data set with more files isn't looked through while somebody edits; what was counted at its registration counts."""
MOST_PACKED = 64 * 1024 * 1024
"""Archives without an index have to be unpacked to be listed: only small ones are."""
LOOKED_AT = 12
"""Images whose headers are read, spread over the data set."""
HEADER = 256 * 1024
MOST_KEPT = 64
FOLDER_SECONDS = 20.0
"""A folder may change below its top without a trace: what was seen of it is good for so long."""

Find = Callable[[str], Mapping[str, Any] | None]
Read = Callable[[str], bytes]


class DatasetFacts:
    """Answers what a data set parameter's value holds. Safe to use from several threads."""

    def __init__(self, find: Find) -> None:
        self._find = find  # a registered data set's row
        self._kept: OrderedDict[tuple[Any, ...], tuple[float, Facts]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, resolved: Mapping[str, Any]) -> Facts:
        """What a resolved data set (see ``datasets.resolve``) holds, as far as that can be told quickly."""
        path = Path(str(resolved["path"]))
        try:
            status = path.stat()
        except OSError:
            return UNKNOWN
        key = (str(path), status.st_mtime_ns, status.st_size)
        is_folder = path.is_dir()
        with self._lock:
            seen = self._kept.get(key)
            if seen is not None and not (is_folder and monotonic() - seen[0] > FOLDER_SECONDS):
                return seen[1]
        found = _look(path, self._summary(resolved))
        with self._lock:
            self._kept[key] = (monotonic(), found)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _summary(self, resolved: Mapping[str, Any]) -> Mapping[str, Any]:
        row = self._find(str(resolved["name"])) if resolved["kind"] == "registered" else None
        return (row or {}).get("summary") or {}


def _look(path: Path, summary: Mapping[str, Any]) -> Facts:
    if summary.get("images", 0) > MOST_FILES:
        return _of_summary(summary)
    try:
        if path.is_dir():
            return _of_folder(path) or _of_summary(summary)
        return _of_archive(path) or _of_summary(summary)
    except (OSError, ValueError, TorchwireError):  # damaged, or gone meanwhile: the run will say so
        return _of_summary(summary)


def _of_summary(summary: Mapping[str, Any]) -> Facts:
    if "images" not in summary:
        return UNKNOWN
    counts = summary.get("categories")
    return Facts(
        images=summary["images"],
        labelled=counts is not None,
        categories=None if counts is None else tuple(counts),
        counts=None if counts is None else dict(counts),
    )


def _of_folder(path: Path) -> Facts | None:
    from torchwire.data_types.any_directory import walk

    names = []
    for entry in walk(path):
        names.append(entry.path)
        if len(names) > MOST_FILES:
            return None

    def read(name: str) -> bytes:
        with (path / name).open("rb") as file:
            return file.read(HEADER)

    layout = read_layout(names)
    return _of_layout(layout, _sizes(layout, read))


def _of_archive(path: Path) -> Facts | None:
    from torchwire.data_types.archive import ZipArchive, is_zip, iter_members
    from torchwire.data_types.archive_names import ArchiveLimits

    limits = ArchiveLimits()
    if is_zip(path):
        with ZipArchive(path, limits) as archive:
            members = {member.path: member for member in archive.members}
            layout = read_layout(members)
            small = [image.path for image in layout.images if members[image.path].size <= 32 * HEADER]
            return _of_layout(layout, _sizes(layout, lambda name: archive.read(members[name]), small))
    if path.stat().st_size > MOST_PACKED:
        return None
    return _of_layout(read_layout([member.path for member, _ in iter_members(path, limits)]), None)


def _of_layout(layout: Layout, sizes: tuple[Size, ...] | None) -> Facts:
    counts = Counter(image.category for image in layout.images)
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for (split, category), count in Counter((image.split, image.category) for image in layout.images).items():
        if split is not None and category is not None:
            parts[split][category] = count
    return Facts(
        images=len(layout.images),
        labelled=layout.labelled if layout.images else None,
        categories=layout.categories if layout.labelled else None,
        counts={name: counts[name] for name in layout.categories} if layout.labelled else None,
        parts=parts,
        sizes=sizes,
        sampled=sizes is not None,
    )


def _sizes(layout: Layout, read: Read, names: Iterable[str] | None = None) -> tuple[Size, ...] | None:
    """The (height, width) of a few images, from their headers: nothing is decoded."""
    from PIL import Image

    paths = [image.path for image in layout.images] if names is None else list(names)
    found: set[Size] = set()
    for path in paths[:: max(1, len(paths) // LOOKED_AT)][:LOOKED_AT]:
        with suppress(Exception):  # Pillow's readers raise a dozen kinds for damaged files; Convert will report it
            with Image.open(io.BytesIO(read(path)), formats=FORMATS) as image:
                width, height = image.size
                turned = image.format == "JPEG" and image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            found.add((width, height) if turned else (height, width))
    return tuple(sorted(found)[:MOST_SIZES]) or None


FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP")
