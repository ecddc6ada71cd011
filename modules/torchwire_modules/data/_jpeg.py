"""Tells without decoding that a JPEG file can be decoded, where one like it was.

A decoder that has read a baseline file's headers can fail at two things only: tables that make no sense, and a scan
that ends early or is broken by a marker. So a file whose tables are those of one that was decoded, and whose one scan
runs to the end of the file without a marker, needs no decoding. Most cameras and programs write the same tables into
every file.
"""

from __future__ import annotations

_START, _END = b"\xff\xd8", b"\xff\xd9"
_BASELINE, _TABLES, _SCAN = 0xC0, (0xC4, 0xDB), 0xDA
_ADOBE, _COMMENT = 0xEE, 0xFE
_MOST = 256

_known: set[bytes] = set()


def headers(content: bytes) -> bytes | None:
    """What decides how the scan of a baseline JPEG is decoded; None for other files, and where the scan isn't whole."""
    if content[:2] != _START or content[-2:] != _END:
        return None
    found: list[bytes] = []
    at, last = 2, len(content) - 2
    while content[at : at + 1] == b"\xff" and at + 4 <= last:
        kind, end = content[at + 1], at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at:end]
        if end > last:
            return None
        if kind == _SCAN:
            whole = content.count(b"\xff", end, last) == content.count(b"\xff\x00", end, last)
            return b"".join([*found, segment]) if whole and end < last else None
        if kind == _BASELINE:
            found.append(segment[:5] + segment[9:])  # all but height and width
        elif kind in _TABLES or kind == _ADOBE:
            found.append(segment)
        elif not (0xE0 <= kind <= 0xEF or kind == _COMMENT):
            return None
        at = end
    return None


def is_like_one_decoded(outline: bytes | None) -> bool:
    """Whether a file with these ``headers`` was decoded."""
    return outline in _known


def was_decoded(outline: bytes | None) -> None:
    """Remember that a file with these ``headers`` could be decoded."""
    if outline is not None and len(_known) < _MOST:
        _known.add(outline)
