"""Packs files into a zip while it is being sent: nothing is kept in memory or on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

CHUNK = 256 * 1024
PACKED = {".jpg", ".jpeg", ".png", ".webp", ".parquet", ".safetensors", ".zip", ".gz", ".bz2", ".tgz"}


class _Pipe:
    """What zipfile writes to. It can't seek, so zipfile puts sizes behind each member instead of before it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def zip_stream(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """Yield the zip of ``files``, pairs of the name inside and the file, piece by piece."""
    pipe = _Pipe()
    with zipfile.ZipFile(cast("IO[bytes]", pipe), "w", allowZip64=True) as archive:
        for name, path in files:
            info = zipfile.ZipInfo(name)  # 1980-01-01: the same content gives the same zip
            info.compress_type = zipfile.ZIP_STORED if path.suffix.lower() in PACKED else zipfile.ZIP_DEFLATED
            info.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    if data := pipe.taken():
                        yield data
    yield pipe.taken()
