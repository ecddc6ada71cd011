"""Which JPEG files Convert takes without decoding them: none that can't be decoded."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image

from torchwire_modules.data import _jpeg
from torchwire_modules.data._upright import UnusableImageError, upright

MARKERS = (0x01, 0xC0, 0xC4, 0xD0, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xFE, 0xFF)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of other tests' files."""
    monkeypatch.setattr(_jpeg, "_known", set())


def jpeg(size: tuple[int, int], seed: int = 0, **options: object) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize(size).save(file, "JPEG", **options)
    return file.getvalue()


def is_known(content: bytes) -> bool:
    return _jpeg.is_like_one_decoded(_jpeg.headers(content))


def test_a_file_is_known_by_the_tables_of_another_size() -> None:
    assert not is_known(jpeg((40, 30)))
    upright(jpeg((40, 30)), ".jpg", 10**6)
    assert is_known(jpeg((64, 24), seed=1))
    assert not is_known(jpeg((64, 24), quality=30)), "other tables"


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"restart_marker_blocks": 2}], ids=["progressive", "with restarts"]
)
def test_others_than_baseline_are_always_decoded(options: dict[str, object]) -> None:
    assert _jpeg.headers(jpeg((40, 30), **options)) is None


@pytest.mark.parametrize("cut", [2, 3, 50])
def test_a_file_cut_short_is_never_known(cut: int) -> None:
    upright(jpeg((40, 30)), ".jpg", 10**6)
    assert not is_known(jpeg((40, 30))[:-cut])
    with pytest.raises(UnusableImageError, match="cut short"):
        upright(jpeg((40, 30))[:-cut], ".jpg", 10**6)


def test_whatever_is_known_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files damaged at random behind their headers."""
    draw, known, refused = random.Random(5), 0, 0  # noqa: S311
    for trial in range(600):
        whole = jpeg((draw.randint(8, 90), draw.randint(8, 90)), seed=trial % 7)
        upright(whole, ".jpg", 10**6)
        content, start = bytearray(whole), whole.index(b"\xff\xda") + 14
        at = draw.randrange(start, len(content) - 2)
        if trial % 3 == 0:
            content[at : at + 2] = bytes([255, draw.choice(MARKERS)])
        elif trial % 3 == 1:
            content[at:at] = draw.randbytes(draw.randint(1, 200))
        else:
            del content[at : draw.randrange(at, len(content) - 2)]
        taken = is_known(bytes(content))
        known += taken
        with monkeypatch.context() as patch:
            patch.setattr(_jpeg, "_known", set())
            try:
                upright(bytes(content), ".jpg", 10**6)
            except UnusableImageError:
                refused += 1
                assert not taken
    assert known > 100 and refused > 20


def test_what_would_change_the_image_is_looked_at_in_files_like_one_decoded() -> None:
    upright(jpeg((40, 30)), ".jpg", 10**6)
    turned = Image.Exif()
    turned[0x0112] = 6
    assert upright(jpeg((40, 30)), ".jpg", 10**6).content is None
    found = upright(jpeg((40, 30), exif=turned), ".jpg", 10**6)
    assert (found.ending, found.width, found.height) == (".png", 30, 40)
    with pytest.raises(UnusableImageError, match="pixels"):
        upright(jpeg((64, 24)), ".jpg", 64 * 24 - 1)
    flat = bytearray(jpeg((40, 30)))
    at = flat.index(b"\xff\xc0")
    flat[at + 5 : at + 7] = b"\0\0"
    with pytest.raises(UnusableImageError):
        upright(bytes(flat), ".jpg", 10**6)


def test_only_bare_files_are_taken_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    upright(jpeg((40, 30)), ".jpg", 10**6)
    monkeypatch.setattr("torchwire_modules.data._upright.open_image", None)
    found = upright(jpeg((64, 24), seed=1, comment=b"hello"), ".JPG", 10**6)
    assert (found.content, found.ending, found.width, found.height, found.format) == (None, ".jpg", 64, 24, "JPEG")
    with pytest.raises(UnusableImageError, match="NoneType"):
        upright(jpeg((64, 24), icc_profile=b"profile"), ".jpg", 10**6)
