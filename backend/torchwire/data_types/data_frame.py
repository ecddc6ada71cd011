"""DataFrameDirectory: a table in ``data.parquet`` with ``schema.json``, which says what kind of table it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from torchwire.data_types.json_files import read_json, write_json
from torchwire.errors import InvalidDatasetError

FORMAT, VERSION = "torchwire/data-frame", 1
SCHEMA, TABLE = "schema.json", "data.parquet"


@dataclasses.dataclass(frozen=True)
class DataFrame:
    """A table on disk. ``kind`` is ``scored``, ``evaluation`` or ``table``; ``schema`` is all of ``schema.json``.

    ``images`` is the content digest of the image directory whose images the rows are about, where there is one.
    """

    folder: Path
    kind: str
    columns: tuple[tuple[str, str], ...]
    rows: int
    schema: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> DataFrame:
        """Read the schema in ``folder``. Raises InvalidDatasetError when this is no data frame."""
        try:
            record = read_json(folder / SCHEMA, format=FORMAT, version=VERSION)
            columns = tuple((column["name"], column["type"]) for column in record["columns"])
            return cls(folder, str(record["kind"]), columns, int(record["rows"]), record)
        except (ValueError, KeyError, TypeError) as error:
            reason = f"its schema lacks {error}" if isinstance(error, KeyError) else str(error)
            raise InvalidDatasetError(f"This is no data frame: {reason}.", hint=_HINT) from error

    @property
    def images(self) -> str | None:
        """The digest of the image directory that the rows are about."""
        digest = self.schema.get("images")
        return digest if isinstance(digest, str) else None

    @property
    def labels(self) -> list[str]:
        """The model's labels, for scored tables; else empty."""
        return list(self.schema.get("labels") or [])

    @cached_property
    def table(self) -> Any:
        """The rows as a pyarrow Table. Raises InvalidDatasetError when they can't be read."""
        import pyarrow as pa

        from torchwire.data_types.columns import read_table

        try:
            return read_table(self.folder / TABLE)
        except (OSError, pa.ArrowException) as error:
            raise InvalidDatasetError(f"The table can't be read: {error}", hint=_HINT) from error


_HINT = "Wire the output of a node that makes a data frame, such as Score Image Model."


def write_data_frame(folder: Path, table: Any, *, kind: str = "table", **more: Any) -> None:
    """Write a pyarrow Table and its schema into ``folder``. ``more`` goes into the schema: ``images``, ``labels``, …"""
    import pyarrow.parquet as pq

    pq.write_table(table, folder / TABLE, compression="zstd")
    columns = [{"name": field.name, "type": str(field.type)} for field in table.schema]
    record = {"format": FORMAT, "version": VERSION, "kind": kind, "columns": columns, "rows": len(table)}
    write_json(folder / SCHEMA, record | {"images": None} | more)
