"""What Convert tells about the files it read."""

from __future__ import annotations

from collections import Counter
from typing import Any

from torchwire.data_types.layout import Layout, Placed

MAX_LISTED = 1000


class Report:
    """Collects what happened to each file. Holds nothing that differs between two runs on the same files."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._skipped = list(layout.skipped)
        self._category_of: dict[str, str | None] = {}
        self._parts: Counter[str] = Counter()
        self._wrong_endings: list[tuple[str, str]] = []
        self._images = self._converted = self._duplicates = self._contradictions = 0

    def skip(self, path: str, reason: str) -> None:
        """A file was left out."""
        self._skipped.append((path, reason))

    def add(self, placed: Placed, sha256: str, *, converted: bool, format: str | None) -> None:
        """An image was taken. ``converted`` if its bytes are new; ``format`` its true one where the ending is wrong."""
        self._images += 1
        self._converted += converted
        if placed.split is not None:
            self._parts[placed.split] += 1
        if format is not None:
            self._wrong_endings.append((placed.path, format))
        if sha256 in self._category_of:
            self._duplicates += 1
            self._contradictions += self._category_of[sha256] != placed.category
        else:
            self._category_of[sha256] = placed.category

    def as_json(self) -> dict[str, Any]:
        """The report as the image directory keeps it; lists are cut at ``MAX_LISTED``."""
        return {
            "skipped": [{"path": path, "reason": reason} for path, reason in self._listed()],
            "skipped_total": len(self._skipped),
            "duplicates": self._duplicates,
            "contradictory_duplicates": self._contradictions,
            "converted": self._converted,
            "wrong_endings": [{"path": path, "format": format} for path, format in self._wrong_endings[:MAX_LISTED]],
            "wrong_endings_total": len(self._wrong_endings),
            "wrapping_folder": self._layout.wrapping or None,
            "parts": dict(sorted(self._parts.items())),
            "other_files": self._layout.others,
        }

    def lines(self) -> list[str]:
        """The report in words, for the log."""
        lines = [f"{self._images:,} images, {self._converted:,} of them converted to 8-bit RGB PNG."]
        if self._layout.wrapping:
            lines.append(f"The folder '{self._layout.wrapping}' was seen through: it only wraps the images.")
        if self._parts:
            counts = ", ".join(f"{name} {count:,}" for name, count in sorted(self._parts.items()))
            lines.append(f"The top folders are parts of the data set and were merged: {counts}.")
        if self._duplicates:
            contradictions = (
                f", {self._contradictions:,} of them under another category" if self._contradictions else ""
            )
            lines.append(f"{self._duplicates:,} images are there more than once{contradictions}.")
        if self._wrong_endings:
            path, format = self._wrong_endings[0]
            lines.append(f"{len(self._wrong_endings):,} names have a wrong ending, e.g. '{path}' is {format}.")
        if self._skipped:
            lines.append(f"{len(self._skipped):,} files were left out:")
            lines += [f"  {path}: {reason}" for path, reason in self._listed()[:20]]
        return lines

    def why_empty(self) -> str:
        """Why no image is left, in a sentence."""
        if not self._skipped:
            return "None of its files has a name that ends like an image's."
        path, reason = self._listed()[0]
        return f"All {len(self._skipped):,} images were left out; '{path}' because {reason}."

    def _listed(self) -> list[tuple[str, str]]:
        return [
            (path.encode("utf-8", "replace").decode(), reason) for path, reason in sorted(self._skipped)[:MAX_LISTED]
        ]
