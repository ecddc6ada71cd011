"""Build fashion-mnist-sample.zip: the first 100 images of each class of Fashion-MNIST's training set.

    python examples/data/build_fashion_mnist_sample.py [FOLDER]

FOLDER holds the four files of Fashion-MNIST; by default where Debian's package dataset-fashion-mnist puts them. The
same Pillow gives the same bytes. Each image keeps its number in the training set as its name.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
HERE = Path(__file__).parent
PER_CLASS = 100
CLASSES = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle-boot",
)
"""The classes by their numbers in the label file."""


def read_idx(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The array in a gzipped IDX file of bytes: images (n, 28, 28) or labels (n,)."""
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def build(source: Path, target: Path) -> None:
    """Write the archive ``target`` from the files in ``source``."""
    images = read_idx(source / "train-images-idx3-ubyte.gz")
    labels = read_idx(source / "train-labels-idx1-ubyte.gz")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(entry("LICENSE.txt"), (HERE / "LICENSE-fashion-mnist.txt").read_bytes())
        for number, name in sorted(enumerate(CLASSES), key=lambda row: row[1]):
            for index in np.flatnonzero(labels == number)[:PER_CLASS]:
                archive.writestr(entry(f"{name}/{index:05d}.png"), png(images[index]))


def entry(name: str) -> zipfile.ZipInfo:
    """A member whose time and rights never differ. Stored as it is: PNG is compressed already."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o100644 << 16
    return info


def png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """An 8-bit greyscale PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN_FOLDER, HERE / "fashion-mnist-sample.zip")
