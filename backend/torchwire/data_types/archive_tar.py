"""Tar headers with one more check than the standard library makes."""

from __future__ import annotations

import tarfile

MAX_HEADER = 1024 * 1024
_EXTENSIONS = (b"x", b"g", b"X", b"L", b"K")


class SafeTarInfo(tarfile.TarInfo):
    """A tar header. Extended ones, which are read into memory whole, may have at most ``MAX_HEADER`` bytes."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> SafeTarInfo:
        """Parse a header block. Raises tarfile.ReadError for a damaged one and an extended one that is too large."""
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):  # tarfile would take this for the end and keep quiet about the rest
                raise tarfile.ReadError(f"a damaged header ({error})") from error
            raise
        if info.type in _EXTENSIONS and info.size > MAX_HEADER:
            raise tarfile.ReadError(f"an extended header of {info.size:,} bytes")
        return info
