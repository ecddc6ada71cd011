"""Tells without decoding that a JPEG file can be decoded, where one like it was.

A decoder that has read a baseline file's headers can fail at two things only: tables that make no sense, and a scan
that ends early or is broken by a marker. So a file whose tables are those of one that was decoded, and whose one scan
runs to the end of the file without a marker, needs no decoding. Most cameras and programs write the same tables into
every file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_START, _END = b"\xff\xd8", b"\xff\xd9"
_BASELINE, _TABLES, _SCAN = 0xC0, (0xC4, 0xDB), 0xDA
_JFIF, _ADOBE, _COMMENT = 0xE0, 0xEE, 0xFE
_MARKER = 0xFF
_MOST = 256

_known: set[bytes] = set()


class Headers(NamedTuple):
    """What stands before the scan of a baseline JPEG. ``tables`` decide how it is decoded; ``bare`` files say nothing
    that would change the image, such as an orientation, and nothing that has to be looked at by others."""

    tables: bytes
    width: int
    height: int
    bare: bool

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height


def headers(content: bytes) -> Headers | None:
    """Read them; None for other files, and where the scan isn't whole."""
    if content[:2] != _START or content[-2:] != _END:
        return None
    found: list[bytes] = []
    sizes: list[bytes] = []
    at, last, bare = 2, len(content) - 2, True
    while content[at : at + 1] == b"\xff" and at + 4 <= last:
        kind, end = content[at + 1], at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at:end]
        if end > last:
            return None
        if kind == _SCAN:
            if len(sizes) != 1 or end >= last or not _is_whole(content, end, last):
                return None
            height, width = int.from_bytes(sizes[0][:2], "big"), int.from_bytes(sizes[0][2:], "big")
            return Headers(b"".join([*found, segment]), width, height, bare and width * height > 0)
        if kind == _BASELINE:
            sizes.append(segment[5:9])
            found.append(segment[:5] + segment[9:])  # all but height and width
        elif kind in _TABLES or kind == _ADOBE:
            found.append(segment)
        elif kind == _JFIF:
            bare = bare and segment[4:9] == b"JFIF\0" and len(segment) >= 18
        elif 0xE0 <= kind <= 0xEF:
            bare = False
        elif kind != _COMMENT:
            return None
        at = end
    return None


def _is_whole(content: bytes, begin: int, end: int) -> bool:
    """Whether no marker breaks the scan: each byte FF in it is followed by a zero."""
    values = np.frombuffer(content, np.uint8)
    places = (values[begin:end] == _MARKER).nonzero()[0]
    return not values[places + (begin + 1)].any()


def is_like_one_decoded(found: Headers | None) -> bool:
    """Whether a file with these tables was decoded."""
    return found is not None and found.tables in _known


def was_decoded(found: Headers | None) -> None:
    """Remember that a file with these tables could be decoded, to 8-bit RGB."""
    if found is not None and len(_known) < _MOST:
        _known.add(found.tables)
