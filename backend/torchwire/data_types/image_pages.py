"""Pages of an image directory: its table is read once, and kept in a form that is small and quick to slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchwire.data_types.image_directory import ImageDirectory
from torchwire.data_types.kept import KEPT

SHOWN = ("id", "path", "category", "width", "height")


@dataclass(frozen=True)
class ImagePages:
    """An image directory whose records can be looked up by place and by id.

    ``first`` is where the first image of each category stands among all.
    """

    directory: ImageDirectory
    first: Mapping[str, int]
    _shown: Any
    _digests: Any

    @classmethod
    def open(cls, folder: Path, digest: str) -> ImagePages:
        """Read the artifact ``digest`` in ``folder``, or find it read. Raises InvalidDatasetError."""
        return KEPT.get(("images", str(folder), digest), lambda: cls._read(folder))

    @classmethod
    def _read(cls, folder: Path) -> ImagePages:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        directory = ImageDirectory.open(folder)
        records = directory.records
        digests = records.column("sha256")
        if len(records) and pc.all(pc.match_substring_regex(digests, "^[0-9a-f]{64}$")).as_py():
            packed = bytes.fromhex("".join(digests.to_pylist()))  # half as large
            digests = pa.Array.from_buffers(pa.binary(32), len(records), [None, pa.py_buffer(packed)])
        labels, places = np.unique(records.column("label").to_numpy(), return_index=True)
        first = {
            directory.categories[label]: int(place)
            for label, place in zip(labels.tolist(), places.tolist(), strict=True)
            if 0 <= label < len(directory.categories)
        }
        shown = records.select(SHOWN).combine_chunks()
        category = shown.column("category").combine_chunks().dictionary_encode()
        shown = shown.set_column(SHOWN.index("category"), "category", category)
        directory.__dict__.pop("records")  # the whole table: what is needed of it is kept
        return cls(directory, first, shown, digests)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return int(self._shown.nbytes + self._digests.nbytes)

    def page(self, offset: int, limit: int, category: str | None = None) -> tuple[int, list[dict[str, Any]]]:
        """How many images there are, of ``category`` if one is given, and the records of some of them."""
        import pyarrow.compute as pc

        rows = self._shown
        if category:
            rows = rows.filter(pc.equal(rows.column("category"), category))
        return len(rows), rows.slice(offset, limit).to_pylist()

    def find(self, image_id: str) -> tuple[str, str] | None:
        """The path and the SHA-256 digest (empty if unknown) of the image with that id."""
        import pyarrow.compute as pc

        place = pc.index(self._shown.column("id"), image_id).as_py()
        if place < 0:
            return None
        sha256 = self._digests[place].as_py()
        digest = sha256.hex() if isinstance(sha256, bytes) else sha256 or ""
        return self._shown.column("path")[place].as_py(), digest
