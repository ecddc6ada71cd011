"""ImageDirectory: images in category folders, plus a manifest.

A folder holds ``<category>/…/<file>`` (``images/…/<file>`` when it has no labels), ``image_directory.json`` with what
is true of the whole, and ``images.parquet`` with one row per image, ordered by path. A labelled one can be read by
``torchvision.datasets.ImageFolder``. A category without images (a split can leave one) keeps its number in the
manifest but has no folder.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from torchwire.data_types.json_files import read_json, write_json
from torchwire.errors import InvalidDatasetError

FORMAT, VERSION = "torchwire/image-directory", 1
MANIFEST, TABLE = "image_directory.json", "images.parquet"
UNLABELLED_FOLDER = "images"
COLUMNS = ("id", "path", "category", "label", "width", "height", "sha256", "split")
NUMBERS = ("label", "width", "height")


@dataclasses.dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image. ``path`` is relative to the folder, with ``/``; ``width`` and ``height`` in pixels.

    ``category`` is None and ``label`` -1 without a label. ``split`` is the train/val/test folder it came from, if any.
    """

    id: str
    path: str
    category: str | None
    label: int
    width: int
    height: int
    sha256: str
    split: str | None = None


@dataclasses.dataclass(frozen=True)
class ImageDirectory:
    """An image directory on disk. The records are read when first asked for.

    ``transformations`` are those that travel with the images, first applied first: ``{"mode": "training"|"inference",
    "spec": {"steps": […]}}``; the files themselves are untouched. ``counts`` has every category, empty ones too.
    """

    folder: Path
    labelled: bool
    categories: tuple[str, ...]
    counts: Mapping[str, int]
    total: int
    transformations: tuple[Mapping[str, Any], ...]
    report: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> ImageDirectory:
        """Read the manifest in ``folder``. Raises InvalidDatasetError when this is no image directory."""
        try:
            record = read_json(folder / MANIFEST, format=FORMAT, version=VERSION)
            return cls(
                folder=folder,
                labelled=bool(record["labelled"]),
                categories=tuple(record["categories"]),
                counts=dict(record["counts"]),
                total=int(record["total"]),
                transformations=tuple(record["transformations"]),
                report=dict(record["report"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            reason = f"its manifest lacks {error}" if isinstance(error, KeyError) else str(error)
            raise InvalidDatasetError(f"This is no image directory: {reason}.", hint=_HINT) from error

    @cached_property
    def records(self) -> Any:
        """The records as a pyarrow Table with the columns ``COLUMNS``. Raises InvalidDatasetError when unreadable."""
        import pyarrow as pa

        from torchwire.data_types.columns import read_table

        try:
            table = read_table(self.folder / TABLE)
        except (OSError, pa.ArrowException) as error:
            raise InvalidDatasetError(f"The table of images can't be read: {error}", hint=_HINT) from error
        if missing := [name for name in COLUMNS if name not in table.column_names]:
            raise InvalidDatasetError(f"The table of images lacks the column '{missing[0]}'.", hint=_HINT)
        if len(table) != self.total:
            raise InvalidDatasetError(f"The table has {len(table)} images and the manifest {self.total}.", hint=_HINT)
        return table

    def iter_records(self) -> Iterator[ImageRecord]:
        """Yield every image, ordered by path."""
        columns = [self.records.column(name).to_pylist() for name in COLUMNS]
        return map(ImageRecord, *columns)

    @property
    def paths(self) -> Sequence[Path]:
        """The image files, in the order of the records. Each is made when it is asked for: there may be a million."""
        return _Paths(self.folder, self.records.column("path"))

    @property
    def digests(self) -> Iterator[str]:
        """The images' SHA-256 digests, in the order of the records."""
        for chunk in self.records.column("sha256").iterchunks():
            yield from chunk.to_pylist()

    @property
    def ids(self) -> list[str]:
        """The images' ids, in the order of the records."""
        ids: list[str] = self.records.column("id").to_pylist()
        return ids

    @property
    def labels(self) -> list[int]:
        """Each image's number in ``categories`` (-1 without a label), in the order of the records."""
        labels: list[int] = self.records.column("label").to_pylist()
        return labels


class _Paths(Sequence[Path]):
    """The paths of a table's column below a folder."""

    def __init__(self, folder: Path, column: Any) -> None:
        self._folder, self._column = folder, column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...

    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        return self._folder / str(self._column[index])


_HINT = "Wire the output of Convert to Image Directory, or of a node behind it."


def write_image_directory(
    folder: Path,
    records: Iterable[ImageRecord] | Any,
    categories: Sequence[str],
    labelled: bool,
    transformations: Sequence[Mapping[str, Any]] = (),
    report: Mapping[str, Any] | None = None,
) -> None:
    """Write manifest and table into ``folder``, where the images already lie or will lie.

    ``records`` are ImageRecords or a pyarrow Table with their columns. The same content gives the same bytes.
    """
    import pyarrow.parquet as pq

    table = _as_table(records)
    counted = Counter(table.column("category").to_pylist())
    pq.write_table(table, folder / TABLE, compression="zstd")
    write_json(
        folder / MANIFEST,
        {
            "format": FORMAT,
            "version": VERSION,
            "labelled": labelled,
            "categories": list(categories),
            "counts": {name: counted[name] for name in categories},
            "total": len(table),
            "transformations": list(transformations),
            "report": dict(report or {}),
        },
    )


def _as_table(records: Iterable[ImageRecord] | Any) -> Any:
    import pyarrow as pa

    if isinstance(records, pa.Table):
        return records.select(COLUMNS)
    from torchwire.data_types.columns import number_column, text_column

    rows = list(records)
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    return pa.table(
        {name: (number_column if name in NUMBERS else text_column)(values) for name, values in columns.items()}
    )
