"""Columns of Arrow tables: those that pyarrow makes itself, without pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from torchwire.data_types.columns import FLOATS, number_column, text_column


@pytest.mark.parametrize("values", [[], ["a"], ["a", None, "", "übel 水"], [None] * 9, ["x"] * 7 + [None] * 10])
def test_text(values: list[str | None]) -> None:
    column = text_column(values)
    column.validate(full=True)
    assert column.equals(pa.array(values, pa.string()))
    assert column.null_count == values.count(None)


def test_numbers() -> None:
    assert number_column([3, -1]).equals(pa.array([3, -1], pa.int32()))
    assert number_column([]).equals(pa.array([], pa.int32()))
    scores = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert number_column(scores[:, 1], FLOATS).equals(pa.array([1, 3, 5], pa.float32()))


def test_image_directories_are_written_and_read_without_pandas(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text("raise SystemExit('pandas was loaded')")
    program = """if True:
        from pathlib import Path
        from torchwire.data_types.image_directory import ImageDirectory, ImageRecord, write_image_directory
        write_image_directory(Path("."), [ImageRecord("1", "a/1.png", "a", 0, 5, 5, "0" * 64)], ["a"], True)
        print(ImageDirectory.open(Path(".")).ids)
    """
    search = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3] / 'backend'}"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=search, capture_output=True, text=True, check=False
    )
    assert done.stdout == "['1']\n", done.stderr
