"""Artifacts, and which node made them under which cache key."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from torchwire.storage.models import ArtifactRow, ResultRow, table_of
from torchwire.storage.statements import Statement
from torchwire.storage.upsert import Upsert

if TYPE_CHECKING:
    from torchwire.storage.database import Database

ARTIFACTS, RESULTS = table_of(ArtifactRow), table_of(ResultRow)

# Statements are built once: building them anew costs more than running them, and these run for every node.
ADD = Upsert(ARTIFACTS, replace=False)
REMEMBER = Upsert(RESULTS, replace=True)
FIND = Statement(select(RESULTS).where(RESULTS.c.key == bindparam("wanted")))
LAST = Statement(
    select(RESULTS)
    .where(RESULTS.c.module == bindparam("of_module"), RESULTS.c.node == bindparam("of_node"))
    .order_by(RESULTS.c.created.desc())
    .limit(1)
)

_PEAK = select(RESULTS.c.memory_peak).where(
    RESULTS.c.module == bindparam("of_module"), RESULTS.c.memory_peak.is_not(None)
)
PEAK_OF_NODE = _PEAK.where(RESULTS.c.node == bindparam("of_node")).order_by(RESULTS.c.created.desc()).limit(1)
PEAK_OF_MODULE = _PEAK.order_by(RESULTS.c.created.desc()).limit(1)


@dataclass(frozen=True)
class Result:
    """What a node made under a cache key: ``outputs`` is ``{port: {"type", "digest", "size", "files"}}``."""

    key: str
    module: str
    fields: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, Any]]
    seconds: float
    run_id: str
    node: str
    memory_peak: int | None = None


class Artifacts:
    """Reads and writes artifact and result rows; the folders themselves are the store's business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: str, type_id: str, size: int, files: int) -> None:
        """Store the row of a committed folder; one that is known already stays as it is."""
        now = time.time()
        row = {"digest": digest, "type": type_id, "size": size, "files": files, "created": now, "last_used": now}
        with self._database.write() as connection:
            ADD.run(connection, row | {"pinned": False})

    def get(self, digest: str) -> dict[str, Any] | None:
        """The row of a folder in the store: type, digest, size, files, created. None when there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(ARTIFACTS).where(ARTIFACTS.c.digest == digest)).one_or_none()
            return None if row is None else dict(row._mapping)

    def remember(self, result: Result) -> None:
        """Store what was made under a key, in place of what was known under it."""
        row = vars(result) | {"created": time.time()}
        with self._database.write() as connection:
            REMEMBER.run(connection, row)

    def find(self, key: str) -> Result | None:
        """What was made under a key."""
        with self._database.read() as connection:
            return _result(FIND.rows(connection, {"wanted": key}))

    def last(self, module: str, node: str) -> Result | None:
        """What a node of that id and module made last, under whatever key."""
        with self._database.read() as connection:
            return _result(LAST.rows(connection, {"of_module": module, "of_node": node}))

    def memory_peak(self, module: str, node: str | None = None) -> int | None:
        """How many bytes the module took the last time that this was measured, in a node of that id or in any."""
        named = {"of_module": module} | ({} if node is None else {"of_node": node})
        with self._database.read() as connection:
            return connection.execute(PEAK_OF_MODULE if node is None else PEAK_OF_NODE, named).scalar()


def _result(rows: Sequence[Any]) -> Result | None:
    if not rows:
        return None
    return Result(**{field.name: getattr(rows[0], field.name) for field in fields(Result)})
