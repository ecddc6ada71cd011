"""Attempts: one try at a node each. The newest one holds the lease; only it may commit what it made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, insert, select, update

from torchwire.storage.models import AttemptRow, table_of
from torchwire.storage.statements import Statement

if TYPE_CHECKING:
    from torchwire.storage.database import Database

ATTEMPTS = table_of(AttemptRow)
OF_NODE = (ATTEMPTS.c.run_id == bindparam("of_run")) & (ATTEMPTS.c.node == bindparam("of_node"))
MINE = ATTEMPTS.c.id == bindparam("attempt")

# Statements are built once: building them anew costs more than running them, and these run for every node.
NEWEST = Statement(select(func.max(ATTEMPTS.c.number)).where(OF_NODE))
NEWEST_ID = select(ATTEMPTS.c.id).where(OF_NODE).order_by(ATTEMPTS.c.number.desc()).limit(1)
BEGIN = Statement(insert(ATTEMPTS))
RUNNING = Statement(
    update(ATTEMPTS).where(MINE).values(state="running", pid=bindparam("new_pid"), pid_started=bindparam("since"))
)
READ_TO = Statement(update(ATTEMPTS).where(MINE).values(offset=bindparam("to")))
RESUMED = update(ATTEMPTS).where(MINE).values(resumed_from=bindparam("checkpoint"))
END = Statement(
    update(ATTEMPTS).where(MINE).values(state="ended", offset=bindparam("to"), memory_peak=bindparam("peak"))
)
_NEWER = ATTEMPTS.alias("newer")
HOLDS_LEASE = Statement(
    select(ATTEMPTS.c.id).where(
        MINE,
        ATTEMPTS.c.state != "ended",
        ~exists().where(
            _NEWER.c.run_id == ATTEMPTS.c.run_id, _NEWER.c.node == ATTEMPTS.c.node, _NEWER.c.number > ATTEMPTS.c.number
        ),
    )
)
LIVING = select(ATTEMPTS).where(ATTEMPTS.c.run_id == bindparam("of_run"), ATTEMPTS.c.state != "ended")


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
    memory_peak: int | None = None
    resumed_from: str | None = None


class Attempts:
    """Reads and writes attempts. Every method is one transaction, or joins the one its thread is in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, attempt_id: str, run_id: str, node: str, target: str) -> int:
        """Store a new attempt, which takes the lease from older ones, and return its number (from 1)."""
        with self._database.write() as connection:
            newest = NEWEST.value(connection, {"of_run": run_id, "of_node": node})
            row = {"id": attempt_id, "run_id": run_id, "node": node, "number": (newest or 0) + 1, "target": target}
            BEGIN.run(connection, row | {"state": "starting", "offset": 0, "created": time.time()})
            return int(row["number"])

    def running(self, attempt_id: str, pid: int, pid_started: float | None) -> None:
        """Remember the attempt's process."""
        with self._database.write() as connection:
            RUNNING.run(connection, {"attempt": attempt_id, "new_pid": pid, "since": pid_started})

    def resumed(self, attempt_id: str, checkpoint: str) -> None:
        """Remember the digest of the checkpoint that the attempt went on from."""
        with self._database.write() as connection:
            connection.execute(RESUMED, {"attempt": attempt_id, "checkpoint": checkpoint})

    def read_to(self, attempt_id: str, offset: int) -> None:
        """Remember how far the attempt's event file has been read."""
        with self._database.write() as connection:
            READ_TO.run(connection, {"attempt": attempt_id, "to": offset})

    def end(self, attempt_id: str, offset: int = 0, memory_peak: int | None = None) -> None:
        """Take the lease away: nothing of this attempt is committed from now on."""
        with self._database.write() as connection:
            END.run(connection, {"attempt": attempt_id, "to": offset, "peak": memory_peak})

    def holds_lease(self, attempt_id: str) -> bool:
        """Whether the attempt is the newest of its node and has not been ended."""
        with self._database.write() as connection:  # whoever asks is about to write, and it must hold until then
            return HOLDS_LEASE.value(connection, {"attempt": attempt_id}) is not None

    def newest(self, run_id: str, node: str) -> str | None:
        """The id of the last attempt at a node; None where there was none."""
        with self._database.read() as connection:
            found = connection.execute(NEWEST_ID, {"of_run": run_id, "of_node": node}).scalar()
            return None if found is None else str(found)

    def ids(self) -> set[str]:
        """The ids of all attempts there ever were."""
        with self._database.read() as connection:
            return set(connection.execute(select(ATTEMPTS.c.id)).scalars())

    def living(self, run_id: str) -> list[AttemptRecord]:
        """The attempts of a run that have not ended."""
        with self._database.read() as connection:
            return [AttemptRecord(**row._mapping) for row in connection.execute(LIVING, {"of_run": run_id})]
