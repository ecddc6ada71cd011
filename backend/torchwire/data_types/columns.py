"""Make and read columns of Arrow tables without loading pandas.

``pyarrow.array`` and ``pyarrow.parquet.read_table`` import pandas wherever it is installed, only to ask whether it was
given a pandas object. That takes half a second and 40 MB in each process of a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike
from pyarrow.parquet import ParquetFile

INTEGERS, FLOATS = np.dtype(np.int32), np.dtype(np.float32)


def text_column(values: Sequence[str | None]) -> Any:
    """An Arrow array of text, 2 GiB at most."""
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.fromiter(accumulate(map(len, encoded), initial=0), np.int32, len(encoded) + 1)
    present = np.fromiter((value is not None for value in values), bool, len(encoded))
    valid = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)), valid)


def number_column(values: ArrayLike, kind: np.dtype[Any] = INTEGERS) -> Any:
    """An Arrow array of numbers of a NumPy ``kind``."""
    column = np.ascontiguousarray(values, kind)
    return pa.Array.from_buffers(pa.from_numpy_dtype(kind), len(column), [None, pa.py_buffer(column)])


def read_table(path: Path, columns: Sequence[str] | None = None) -> Any:
    """A parquet file as an Arrow table. Raises OSError or ArrowException."""
    with ParquetFile(path) as file:
        return file.read(None if columns is None else list(columns))
