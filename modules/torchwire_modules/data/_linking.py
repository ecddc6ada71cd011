"""Put images of one directory into others without copying their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torchwire.data_types.image_directory import ImageDirectory
from torchwire.errors import InvalidDatasetError
from torchwire.module_api import Context


def link_images(ctx: Context, targets: Sequence[tuple[ImageDirectory, Path, Sequence[str]]]) -> None:
    """Link images into other folders. Each target is (directory, folder, paths in the directory).

    Raises InvalidDatasetError when a file that the directory's table lists is missing.
    """
    total, done = sum(len(paths) for _, _, paths in targets), 0
    for images, folder, paths in targets:
        for path in paths:
            try:
                ctx.link(images.folder / path, folder / path)
            except FileNotFoundError as error:
                raise InvalidDatasetError(
                    f"The image '{path}' is listed but its file is missing.",
                    hint="Run Convert to Image Directory again with 'Regenerate output' on.",
                ) from error
            done += 1
            if done % 64 == 0 or done == total:
                ctx.progress(done, total, unit="images")
