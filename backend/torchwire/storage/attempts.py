"""Attempts: one try at a node each. The newest one holds the lease; only it may commit what it made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from torchwire.storage.models import AttemptRow

if TYPE_CHECKING:
    from torchwire.storage.database import Database

ATTEMPTS = AttemptRow.__table__


@dataclass(frozen=True)
class AttemptRecord:
    """One try at a node. ``offset`` is how far its event file has been read into the log."""

    id: str
    run_id: str
    node: str
    number: int
    target: str
    state: str
    pid: int | None
    pid_started: float | None
    offset: int
    created: float


class Attempts:
    """Reads and writes attempts. Every method is one transaction, or joins the one its thread is in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, attempt_id: str, run_id: str, node: str, target: str) -> int:
        """Store a new attempt, which takes the lease from older ones, and return its number (from 1)."""
        with self._database.write() as connection:
            newest = select(func.max(AttemptRow.number)).where(AttemptRow.run_id == run_id, AttemptRow.node == node)
            number = (connection.execute(newest).scalar() or 0) + 1
            row = {"id": attempt_id, "run_id": run_id, "node": node, "number": number, "target": target}
            connection.execute(insert(AttemptRow).values(**row, state="starting", offset=0, created=time.time()))
            return number

    def running(self, attempt_id: str, pid: int, pid_started: float | None) -> None:
        """Remember the attempt's process."""
        self._set(attempt_id, state="running", pid=pid, pid_started=pid_started)

    def read_to(self, attempt_id: str, offset: int) -> None:
        """Remember how far the attempt's event file has been read."""
        self._set(attempt_id, offset=offset)

    def end(self, attempt_id: str) -> None:
        """Take the lease away: nothing of this attempt is committed from now on."""
        self._set(attempt_id, state="ended")

    def holds_lease(self, attempt_id: str) -> bool:
        """Whether the attempt is the newest of its node and has not been ended."""
        with self._database.read() as connection:
            mine = select(*ATTEMPTS.c).where(AttemptRow.id == attempt_id)
            row = connection.execute(mine).one_or_none()
            if row is None or row.state == "ended":
                return False
            newest = select(func.max(AttemptRow.number)).where(
                AttemptRow.run_id == row.run_id, AttemptRow.node == row.node
            )
            return bool(connection.execute(newest).scalar() == row.number)

    def living(self, run_id: str) -> list[AttemptRecord]:
        """The attempts of a run that have not ended."""
        with self._database.read() as connection:
            query = select(*ATTEMPTS.c).where(AttemptRow.run_id == run_id, AttemptRow.state != "ended")
            return [AttemptRecord(**row._mapping) for row in connection.execute(query)]

    def count(self, run_id: str, node: str) -> int:
        """How many attempts the node has had."""
        with self._database.read() as connection:
            tries = select(func.count()).where(AttemptRow.run_id == run_id, AttemptRow.node == node)
            return connection.execute(tries).scalar_one()

    def _set(self, attempt_id: str, **values: object) -> None:
        with self._database.write() as connection:
            connection.execute(update(AttemptRow).where(AttemptRow.id == attempt_id).values(**values))
