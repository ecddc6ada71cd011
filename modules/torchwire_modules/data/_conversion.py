"""The work of Convert to Image Directory, step by step."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from torchwire.data_types.image_directory import ImageRecord, write_image_directory
from torchwire.data_types.images import EXTENSIONS, MAX_PIXELS
from torchwire.data_types.layout import Layout, Placed, read_layout
from torchwire.errors import InvalidDatasetError, TooManyPixelsError
from torchwire.module_api import Context
from torchwire_modules.data._report import Report
from torchwire_modules.data._sources import Source, opened
from torchwire_modules.data._threads import in_threads
from torchwire_modules.data._upright import ENDINGS, UnusableImageError, upright


class Conversion:
    """One run: from ``input_dataset`` of ``ctx`` to an image directory in ``folder``."""

    def __init__(self, ctx: Context, folder: Path, *, strict: bool, part: str) -> None:
        self._ctx, self._folder, self._strict, self._part = ctx, folder, strict, part

    def run(self) -> None:
        """Read, convert, write and report; see the module for what it raises."""
        with warnings.catch_warnings(), opened(self._ctx, "input_dataset") as source:
            warnings.filterwarnings("ignore", module=r"PIL\.")  # about metadata; what matters is in the report
            layout = self._chosen(read_layout(source.names))
            report = Report(layout)
            self._stop_if_strict([UnusableFile(path, reason) for path, reason in layout.skipped])
            records = self._convert(source, layout, report)
        if not records:
            raise InvalidDatasetError(f"The data set holds no usable image. {report.why_empty()}", hint=_hint(layout))
        categories = sorted({record.category for record in records if record.category is not None})
        labels = {name: number for number, name in enumerate(categories)}
        numbered = [
            record if record.category is None else dataclasses.replace(record, label=labels[record.category])
            for record in sorted(records, key=lambda record: record.path)
        ]
        write_image_directory(self._folder, numbered, categories, layout.labelled, report=report.as_json())
        for line in report.lines():
            self._ctx.log(line)

    def _chosen(self, layout: Layout) -> Layout:
        if self._part == "all":
            return layout
        images = tuple(image for image in layout.images if image.split == self._part)
        if not images:
            raise InvalidDatasetError(
                f"The data set has no part '{self._part}' with images in categories.",
                hint="Set 'Part to use' to all, or name the top folders train, val and test.",
                parameter="part",
            )
        return dataclasses.replace(layout, images=images)

    def _convert(self, source: Source, layout: Layout, report: Report) -> list[ImageRecord]:
        ctx, folder = self._ctx, self._folder
        max_pixels = int(ctx.settings.get("max_image_pixels") or MAX_PIXELS)
        work = _Work(source, folder, max_pixels)
        records, total = [], len(layout.images)
        for done, result in enumerate(in_threads(work, layout.images, ctx.threads), start=1):
            ctx.progress(done, total, unit="images")
            if isinstance(result, UnusableFile):
                self._stop_if_strict([result])
                report.skip(result.path, result.reason)
                continue
            if result.link is not None:
                ctx.link(result.link, folder / result.record.path)
            ctx.remember_digest(folder / result.record.path, result.record.sha256)
            records.append(result.record)
            report.add(result.placed, result.record.sha256, converted=result.converted, format=result.wrong_ending)
        return records

    def _stop_if_strict(self, bad: Sequence[UnusableFile]) -> None:
        if not (self._strict and bad):
            return
        error = TooManyPixelsError if bad[0].pixels else InvalidDatasetError
        raise error(
            f"The file '{bad[0].path}' can't be used: {bad[0].reason}.",
            hint="Mend or remove it, or switch off 'Strict' to leave such files out.",
        )


@dataclass(frozen=True, slots=True)
class UnusableFile:
    """A file that is left out, and why. ``pixels``: because it has too many of them."""

    path: str
    reason: str
    pixels: bool = False


@dataclass(frozen=True, slots=True)
class _Converted:
    """An image that is in its place, or will be once ``link`` is linked there. ``wrong_ending``: its true format."""

    placed: Placed
    record: ImageRecord
    link: Path | None
    converted: bool
    wrong_ending: str | None


@dataclass(frozen=True)
class _Work:
    """What is done to each image, on any thread."""

    source: Source
    folder: Path
    max_pixels: int

    def __call__(self, placed: Placed) -> _Converted | UnusableFile:
        ending = PurePosixPath(placed.path).suffix
        try:
            content = self.source.read(placed.path)
            image = upright(content, ending, self.max_pixels)
        except UnusableImageError as error:
            return UnusableFile(placed.path, str(error), error.pixels)
        stored = content if image.content is None else image.content
        link = self.source.original(placed.path) if image.content is None else None
        path = placed.target + image.ending
        if link is None:
            _write(self.folder / path, stored)
        digest = hashlib.sha256(stored).hexdigest()
        record = ImageRecord(placed.id, path, placed.category, -1, image.width, image.height, digest, placed.split)
        wrong = None if ending.lower() in ENDINGS.get(image.format, ()) else image.format
        return _Converted(placed, record, link, image.content is not None, wrong)


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(path, flags, 0o644)
    except FileNotFoundError:  # made here, so that a category without a usable image has no folder
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o644)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def _hint(layout: Layout) -> str:
    if layout.images:
        return "Look at the first files that were left out; export them again as JPEG or PNG."
    common = ", ".join(
        f"{count} {ending or 'without an ending'}" for ending, count in Counter(layout.others).most_common(3)
    )
    seen = f" Found instead: {common}." if common else ""
    return f"Images are files that end in {', '.join(EXTENSIONS)}.{seen}"
