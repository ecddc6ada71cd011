"""Turn any image file into an upright 8-bit RGB one, and leave alone those that are."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from torchwire.data_types.images import open_image
from torchwire.errors import TooManyPixelsError
from torchwire_modules.data._jpeg import Headers, headers, is_like_one_decoded, was_decoded

MAX_FILE_BYTES = 1024**3

ENDINGS = {
    "JPEG": (".jpg", ".jpeg"),
    "MPO": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "PPM": (".ppm", ".pgm"),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}
"""The endings a file of each format may have; the first is given to those with a wrong one."""

_ORIENTATION, _BITS_PER_SAMPLE = 0x0112, 258

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image of each EXIF orientation upright."""


class UnusableImageError(Exception):
    """The file can't become an image; the text says why, as the end of a sentence. ``pixels``: there are too many."""

    def __init__(self, reason: str, *, pixels: bool = False) -> None:
        super().__init__(reason)
        self.pixels = pixels


@dataclass(frozen=True, slots=True)
class UprightImage:
    """An upright 8-bit RGB image file.

    ``content`` is None when the original bytes are to be kept. ``width`` and ``height`` in pixels; ``format`` is what
    the original's content turned out to be, in Pillow's words.
    """

    content: bytes | None
    ending: str
    width: int
    height: int
    format: str


def upright(content: bytes, ending: str, max_pixels: int) -> UprightImage:
    """Make sure that ``content`` decodes to the last row, and say what to store for it. ``ending`` is its name's, such
    as ``.JPG``.

    Kept as they are: files whose pixels are upright 8-bit RGB already. All others become PNG, without loss: turned
    as their EXIF data say; 16-bit values divided by 257; transparent parts put on white; the first frame or page of
    several. Raises UnusableImageError.
    """
    if not content:
        raise UnusableImageError("it is empty (0 bytes)")
    outline = headers(content)
    if outline is not None and outline.bare and outline.pixels <= max_pixels and is_like_one_decoded(outline):
        return UprightImage(None, _ending_for("JPEG", ending), outline.width, outline.height, "JPEG")
    try:
        with open_image(io.BytesIO(content), max_pixels) as image:
            width, height, format = *image.size, image.format or ""
            turn = _TURNS.get(_orientation(image))
            if _is_plain(image, content) and turn is None:
                _check_decodes(image, content, outline)
                return UprightImage(None, _ending_for(format, ending), width, height, format)
            _load(image, content)
            rgb = to_rgb(image if turn is None else image.transpose(turn))
            return UprightImage(_as_png(rgb), ".png", rgb.width, rgb.height, format)
    except TooManyPixelsError as error:
        raise UnusableImageError(error.message.replace("The image has", "it has").rstrip("."), pixels=True) from error
    except UnidentifiedImageError as error:
        raise UnusableImageError("it is no image in a format that is known") from error
    except Exception as error:  # Pillow's readers raise a dozen kinds for damaged files
        raise UnusableImageError(f"it is damaged or cut short ({_in_words(error)})") from error


def _in_words(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0][:200]


def _load(image: Image.Image, content: bytes) -> None:
    """Decode the whole image. A PNG's checksums are compared too, which Pillow leaves out when it decodes."""
    if image.format == "PNG":
        open_image(io.BytesIO(content), image.width * image.height).verify()
    image.load()


def _check_decodes(image: ImageFile.ImageFile, content: bytes, outline: Headers | None) -> None:
    if image.format not in ("JPEG", "MPO"):
        _load(image, content)
        return
    if is_like_one_decoded(outline):
        return
    width, height = image.size
    image.draft("RGB", (max(1, width // 8), max(1, height // 8)))  # every byte is still read, in half the time
    image.load()
    was_decoded(outline)


def _ending_for(format: str, ending: str) -> str:
    return ending.lower() if ending.lower() in ENDINGS[format] else ENDINGS[format][0]


def _as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)  # three times as fast as the default, a tenth larger
    return buffer.getvalue()


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, when it isn't said or can't be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - damaged EXIF data say nothing against the pixels
        return 1


def _is_plain(image: ImageFile.ImageFile, content: bytes) -> bool:
    """Whether the file holds one 8-bit RGB image without transparency; its orientation is another matter."""
    if image.mode != "RGB" or image.format not in ENDINGS or "transparency" in image.info:
        return False
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        return False
    if image.format == "PNG":
        return content[24] == 8  # bits per sample; Pillow reads 16 as 8
    if image.format == "TIFF":
        return getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE) == (8, 8, 8)
    if image.format == "PPM":
        return content[:2] == b"P6" and image.tile[0].codec_name == "raw"  # else its values don't end at 255
    return True


def to_rgb(image: Image.Image) -> Image.Image:
    """Any image as 8-bit RGB, transparent parts on white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Integers of 16 bits, or floats from 0 to 1 (or to 255), as 0 to 255."""
    numbers = np.nan_to_num(values.astype(np.float64))
    if np.issubdtype(values.dtype, np.integer):
        numbers /= 257
    elif numbers.size and float(np.amax(numbers)) <= 1:
        numbers *= 255
    eight: NDArray[np.uint8] = np.rint(numbers.clip(0, 255)).astype(np.uint8)
    return eight
