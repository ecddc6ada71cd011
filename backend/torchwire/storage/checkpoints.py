"""Checkpoints: the states of nodes that later attempts, or longer work, go on from. The folders lie in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select

from torchwire.storage.models import ArtifactRow, AttemptRow, CheckpointRow, table_of
from torchwire.storage.statements import Statement

if TYPE_CHECKING:
    from torchwire.storage.database import Database

CHECKPOINTS, ATTEMPTS, ARTIFACTS = table_of(CheckpointRow), table_of(AttemptRow), table_of(ArtifactRow)

# Statements are built once: building them anew costs more than running them, and some run for every node.
ADD = insert(CHECKPOINTS)
OF_KEY = CHECKPOINTS.c.key == bindparam("of_key")
FOR_KEY = Statement(
    select(CHECKPOINTS)
    .where(OF_KEY)
    .order_by(CHECKPOINTS.c.step.desc(), CHECKPOINTS.c.created.desc())
    .limit(bindparam("most"))
)
FOR_FAMILY = Statement(
    select(CHECKPOINTS)
    .where(CHECKPOINTS.c.family == bindparam("of_family"), CHECKPOINTS.c.key != bindparam("not_key"))
    .order_by(CHECKPOINTS.c.step.desc(), CHECKPOINTS.c.created.desc())
    .limit(bindparam("most"))
)
BY_AGE = Statement(
    select(CHECKPOINTS.c.id, CHECKPOINTS.c.digest, CHECKPOINTS.c.final, CHECKPOINTS.c.attempt_id)
    .where(OF_KEY)
    .order_by(CHECKPOINTS.c.created.desc(), CHECKPOINTS.c.step.desc())
)
REMOVE = delete(CHECKPOINTS).where(CHECKPOINTS.c.id.in_(bindparam("ids", expanding=True)))
STILL_USED = select(CHECKPOINTS.c.digest).where(CHECKPOINTS.c.digest.in_(bindparam("digests", expanding=True)))
ARE_ARTIFACTS = select(ARTIFACTS.c.digest).where(ARTIFACTS.c.digest.in_(bindparam("digests", expanding=True)))
NEWEST_ATTEMPT_WITH_ONE = (
    select(func.max(ATTEMPTS.c.number))
    .join_from(ATTEMPTS, CHECKPOINTS, CHECKPOINTS.c.attempt_id == ATTEMPTS.c.id)
    .where(ATTEMPTS.c.run_id == bindparam("of_run"), ATTEMPTS.c.node == bindparam("of_node"))
    .scalar_subquery()
)
FRUITLESS = select(func.count()).where(
    ATTEMPTS.c.run_id == bindparam("of_run"),
    ATTEMPTS.c.node == bindparam("of_node"),
    ATTEMPTS.c.number > func.coalesce(NEWEST_ATTEMPT_WITH_ONE, 0),
)

KEPT = 2
"""Checkpoints of one key that are kept while its node is under way: the newest, and the one before it."""


@dataclass(frozen=True)
class CheckpointRecord:
    """A checkpoint; see ``CheckpointRow`` for what ``key`` and ``family`` are."""

    id: str
    key: str
    family: str
    run_id: str
    node: str
    attempt_id: str
    digest: str
    size: int
    files: int
    step: int
    final: bool
    parameters: Mapping[str, Any]
    info: Mapping[str, Any]
    created: float


class Checkpoints:
    """Reads and writes checkpoints. Every method is one transaction, or joins the one its thread is in.

    Those that remove rows return the digests of the folders that nothing refers to any more.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: CheckpointRecord) -> set[str]:
        """Store a checkpoint, and remove the oldest of its key."""
        with self._database.write() as connection:
            connection.execute(ADD, vars(record))
            older = BY_AGE.rows(connection, {"of_key": record.key})[KEPT:]
            return self._remove([row.id for row in older if not row.final], {row.digest for row in older})

    def of_key(self, key: str, most: int) -> list[CheckpointRecord]:
        """The checkpoints of the same work, the one with the most steps first."""
        with self._database.read() as connection:
            return [CheckpointRecord(**row._asdict()) for row in FOR_KEY.rows(connection, _of(key, most))]

    def of_family(self, family: str, not_key: str, most: int) -> list[CheckpointRecord]:
        """The checkpoints of work that goes less far or farther, the one with the most steps first."""
        with self._database.read() as connection:
            wanted = {"of_family": family, "not_key": not_key, "most": most}
            return [CheckpointRecord(**row._asdict()) for row in FOR_FAMILY.rows(connection, wanted)]

    def finished(self, key: str, attempt_id: str) -> set[str]:
        """Remove the checkpoints of a key whose work is done, but for the final one of the attempt that did it."""
        with self._database.write() as connection:
            rows = BY_AGE.rows(connection, {"of_key": key})
            kept = next((row.id for row in rows if row.final and row.attempt_id == attempt_id), None)
            gone = [row for row in rows if row.id != kept]
            return self._remove([row.id for row in gone], {row.digest for row in gone})

    def fruitless_attempts(self, run_id: str, node: str) -> int:
        """How many attempts at a node there were after the last one that got as far as a checkpoint."""
        with self._database.read() as connection:
            return int(connection.execute(FRUITLESS, {"of_run": run_id, "of_node": node}).scalar_one())

    def unneeded(self, digests: set[str]) -> set[str]:
        """Those of the folders that no checkpoint and no artifact refers to."""
        if not digests:
            return set()
        with self._database.read() as connection:
            wanted = {"digests": list(digests)}
            used = connection.execute(STILL_USED, wanted).scalars().all()
            return digests - set(used) - set(connection.execute(ARE_ARTIFACTS, wanted).scalars())

    def _remove(self, ids: Iterable[str], digests: set[str]) -> set[str]:
        if not digests:
            return set()
        with self._database.write() as connection:
            connection.execute(REMOVE, {"ids": list(ids)})
            return self.unneeded(digests)


def _of(key: str, most: int) -> dict[str, Any]:
    return {"of_key": key, "most": most}
