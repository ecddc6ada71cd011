"""Find the images, their categories and their splits from nothing but the names of files.

The layout is torchvision's: ``<root>/<category>/…/<image>``. Images straight under the root have no label.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from torchwire.data_types.image_directory import MANIFEST, TABLE, UNLABELLED_FOLDER
from torchwire.data_types.images import is_image_name

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""Top folders that are parts of a data set rather than categories, in any letter case, and what each is."""

JUNK = {"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "$recycle.bin", "@eadir"}


@dataclass(frozen=True, slots=True)
class Placed:
    """An image's place. ``path`` is where it was found, ``target`` where it goes, without its ending."""

    path: str
    category: str | None
    split: str | None
    target: str
    id: str


@dataclass(frozen=True)
class Layout:
    """What a set of file names amounts to.

    ``wrapping`` is the path of the top folders that were seen through ('' when none), ``splits`` the top folders taken
    as parts, ``skipped`` images left out as (path, reason), ``others`` how many files have each other ending.
    """

    images: tuple[Placed, ...]
    labelled: bool
    wrapping: str = ""
    splits: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    others: dict[str, int] = field(default_factory=dict)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, sorted by name."""
        return tuple(sorted({image.category for image in self.images if image.category is not None}))


def read_layout(paths: Iterable[str]) -> Layout:
    """Work out the layout of files with these paths (relative to the root, with ``/``).

    Hidden files and what operating systems leave behind are passed over. A single top folder is seen through, and so
    are single folders in it, but the last one that holds the images stays as their category, except when it is the
    only one. Top folders named train, val and test (two or more of them, at least one with folders in it) are parts:
    the folders in them are the categories.
    """
    skipped: list[tuple[str, str]] = []
    others: Counter[str] = Counter()
    found: list[tuple[str, ...]] = []
    for path in sorted(paths):
        parts = tuple(path.split("/"))
        if any(part.startswith(".") or part.lower() in JUNK for part in parts):
            continue
        if not is_image_name(path):
            others[PurePosixPath(path).suffix.lower()] += 1
        elif not _is_text(path):
            skipped.append((path, "its name is not valid text"))
        else:
            found.append(parts)
    depth = _wrapping_depth(found)
    wrapping = "/".join(found[0][:depth]) if found else ""
    splits = _splits([parts[depth:] for parts in found])
    labelled = any(len(parts) > depth + 1 for parts in found)
    placed = _Placing()
    for parts in found:
        inner = parts[depth:]
        split = inner[0] if splits else None
        below = inner[1:] if splits else inner
        if labelled and len(below) < 2:
            where = f"in '{split}' without a category folder" if split else "beside the category folders"
            skipped.append(("/".join(parts), f"it lies {where}, so it has no label"))
        elif labelled and below[0] in (MANIFEST, TABLE):
            skipped.append(("/".join(parts), f"no category may be named '{below[0]}'"))
        else:
            placed.add("/".join(parts), below, split, labelled)
    return Layout(placed.images(), labelled, wrapping, splits, tuple(skipped), dict(sorted(others.items())))


def _wrapping_depth(found: list[tuple[str, ...]]) -> int:
    """How many of the first folders hold everything and mean nothing."""
    depth = 0
    while found and all(len(parts) > depth + 1 for parts in found) and len({parts[depth] for parts in found}) == 1:
        if depth and any(len(parts) == depth + 2 for parts in found):
            break  # the images' own folder, below a wrapping one: their category
        depth += 1
    return depth


def _splits(found: list[tuple[str, ...]]) -> tuple[str, ...]:
    tops = sorted({parts[0] for parts in found})
    all_named = len(tops) > 1 and all(top.lower() in SPLITS for top in tops)
    return tuple(tops) if all_named and any(len(parts) > 2 for parts in found) else ()


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return not any(unicodedata.category(letter) == "Cc" for letter in path)


class _Placing:
    """Gives each image a target and an id of its own, in the order they come."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str | None, str | None, str]] = []
        self._targets: set[str] = set()

    def add(self, path: str, below: tuple[str, ...], split: str | None, labelled: bool) -> None:
        *folders, name = below
        if split is not None:
            folders.insert(1, split)  # one category may have files of one name in two splits
        stem = name.rpartition(".")[0] or name
        target = _unused("/".join([*folders, stem] if labelled else [UNLABELLED_FOLDER, stem]), self._targets)
        split_name = SPLITS[split.lower()] if split is not None else None
        self._rows.append((path, below[0] if labelled else None, split_name, target))

    def images(self) -> tuple[Placed, ...]:
        stems = Counter(target.rpartition("/")[2] for *_, target in self._rows)
        ids: set[str] = set()
        images = []
        for path, category, split, target in self._rows:
            stem = target.rpartition("/")[2]
            name = stem if stems[stem] == 1 else target.replace("/", "_")
            images.append(Placed(path, category, split, target, _unused(name, ids)))
        return tuple(images)


def _unused(name: str, taken: set[str]) -> str:
    """``name``, or ``name-2``, ``name-3``, … if it is taken in any letter case; then it is taken."""
    key, count = name.casefold(), 1
    while key in taken:
        count += 1
        key = f"{name}-{count}".casefold()
    taken.add(key)
    return name if count == 1 else f"{name}-{count}"
