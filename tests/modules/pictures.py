"""Image files for tests, ordinary and odd ones, made here so that what is in them is known."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.modules.fake_context import FakeContext, run_module
from torchwire.data_types.image_directory import ImageDirectory
from torchwire_modules.data.convert import ConvertToImageDirectory

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (30, 40, 210)


def half_and_half(
    width: int = 12, height: int = 8, left: tuple[int, ...] = RED, right: tuple[int, ...] = BLUE
) -> Image.Image:
    """An image whose left half has one colour and whose right half another."""
    image = Image.new("RGB", (width, height), left)
    image.paste(right, (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(seed: int, width: int = 16, height: int = 16) -> Image.Image:
    """An image like no other."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def rotated_jpeg(orientation: int) -> bytes:
    """A JPEG of 12x8 pixels that its EXIF data say to turn."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(half_and_half(), "JPEG", exif=exif.tobytes(), quality=95)


def sixteen_bit_grey() -> bytes:
    """A 16-bit greyscale PNG, 4x1, with the values 0, 257 * 100, 257 * 200, 65535."""
    return encoded(Image.fromarray(np.array([[0, 25700, 51400, 65535]], dtype=np.uint16)))


def sixteen_bit_colour() -> bytes:
    """A 16-bit RGB PNG of one red pixel. Pillow can't write one."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + struct.pack(">HHH", 65535, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def animation() -> bytes:
    """A GIF of two frames; the first is red."""
    frames = [Image.new("RGB", (6, 4), colour) for colour in (RED, BLUE)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def write_files(root: Path, files: dict[str, bytes]) -> Path:
    """Write files, by relative path, below ``root``."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def labelled_folder(root: Path, counts: dict[str, int]) -> Path:
    """A folder with so many different images in each category."""
    files, seed = {}, 0
    for category, count in counts.items():
        for number in range(count):
            seed += 1
            files[f"{category}/{category}-{number}.png"] = encoded(noise(seed))
    return write_files(root, files)


def converted(tmp_path: Path, source: Path, name: str = "converted", **parameters: object) -> ImageDirectory:
    """Convert a folder; return what came out."""
    ctx = FakeContext(tmp_path / name, {"input_dataset": source})
    return ImageDirectory.open(run_module(ConvertToImageDirectory, ctx, **parameters)["output_image_directory"])
