"""What is kept and why: which run needs which artifact, what is pinned, and what each would cost to make again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, delete, select, union, update

from torchwire.errors import ConflictError, NotFoundError
from torchwire.storage.models import (
    ArtifactRow,
    AttemptRow,
    CheckpointRow,
    ResultRow,
    RunArtifactRow,
    RunRow,
    SettingRow,
    table_of,
)
from torchwire.storage.upsert import Upsert

if TYPE_CHECKING:
    from torchwire.storage.database import Database

ARTIFACTS, ATTEMPTS, CHECKPOINTS = table_of(ArtifactRow), table_of(AttemptRow), table_of(CheckpointRow)
NEEDS, RESULTS, RUNS = table_of(RunArtifactRow), table_of(ResultRow), table_of(RunRow)
SET = Upsert(table_of(SettingRow), replace=True)
UNFINISHED = ("queued", "running")
BUDGET = "disk_budget"
MANY = 500
"""How many ids are named in one statement."""


@dataclass(frozen=True)
class KeptRun:
    """A run, as far as room is concerned."""

    id: str
    name: str
    status: str
    created: float
    pinned: bool

    @property
    def is_kept(self) -> bool:
        """Whether nothing that it needs may be removed."""
        return self.pinned or self.status in UNFINISHED


@dataclass(frozen=True)
class KeptArtifact:
    """A row of the store."""

    digest: str
    type: str
    size: int
    files: int
    created: float
    last_used: float | None
    pinned: bool


@dataclass(frozen=True)
class KeptCheckpoint:
    """A checkpoint's row."""

    id: str
    key: str
    run_id: str
    node: str
    digest: str
    size: int
    step: int
    final: bool
    created: float


@dataclass(frozen=True)
class Making:
    """How an artifact was made: by which node of which run, and how long it took."""

    key: str
    module: str
    run_id: str
    node: str
    seconds: float


@dataclass(frozen=True)
class Inventory:
    """All of it, at one moment. ``needs`` maps a run to the digests of what it made or reused."""

    runs: Mapping[str, KeptRun]
    artifacts: Mapping[str, KeptArtifact]
    checkpoints: Mapping[str, KeptCheckpoint]
    needs: Mapping[str, frozenset[str]]
    makings: Mapping[str, Making]
    resumed: frozenset[str] = field(default=frozenset())  # checkpoints that a living attempt reads
    attempts: Mapping[str, str] = field(default_factory=dict)  # attempt id -> run id


class Holdings:
    """Reads and writes what decides on room. Every method is one transaction, or joins the one its thread is in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def inventory(self) -> Inventory:
        """Everything at once, as of now."""
        with self._database.read() as connection:
            runs = connection.execute(select(*(RUNS.c[name] for name in ("id", "name", "status", "created", "pinned"))))
            kept = ("id", "key", "run_id", "node", "digest", "size", "step", "final", "created")
            checkpoints = connection.execute(select(*(CHECKPOINTS.c[name] for name in kept)))
            attempts = connection.execute(select(ATTEMPTS.c.id, ATTEMPTS.c.run_id))
            needs: defaultdict[str, set[str]] = defaultdict(set)
            for run_id, digest in connection.execute(select(NEEDS.c.run_id, NEEDS.c.digest)):
                needs[run_id].add(digest)
            return Inventory(
                runs={row.id: KeptRun(**row._mapping) for row in runs},
                artifacts={row.digest: KeptArtifact(**row._mapping) for row in connection.execute(select(ARTIFACTS))},
                checkpoints={row.id: KeptCheckpoint(**row._mapping) for row in checkpoints},
                needs={run_id: frozenset(digests) for run_id, digests in needs.items()},
                makings=_makings(connection),
                resumed=frozenset(connection.execute(_resumed()).scalars()),
                attempts={row.id: row.run_id for row in attempts},
            )

    def needed_now(self) -> set[str]:
        """The digests that may not be removed: pinned, or needed by a run that is pinned or not at an end."""
        keeping = select(NEEDS.c.digest).join(RUNS, RUNS.c.id == NEEDS.c.run_id).where(_is_kept())
        pinned = select(ARTIFACTS.c.digest).where(ARTIFACTS.c.pinned)
        checkpoints = select(CHECKPOINTS.c.digest).join(RUNS, RUNS.c.id == CHECKPOINTS.c.run_id).where(_is_kept())
        with self._database.write() as connection:  # so that no pin comes in between
            return set(connection.execute(union(keeping, pinned, checkpoints, _resumed())).scalars())

    def known(self, digests: Collection[str]) -> set[str]:
        """Those of ``digests`` that have a row, as an artifact or as a checkpoint."""
        found: set[str] = set()
        with self._database.read() as connection:
            for part in _parts(digests):
                for table in (ARTIFACTS, CHECKPOINTS):
                    found.update(connection.execute(select(table.c.digest).where(table.c.digest.in_(part))).scalars())
        return found

    def all_digests(self) -> set[str]:
        """Every digest that has a row."""
        with self._database.read() as connection:
            both = union(select(ARTIFACTS.c.digest), select(CHECKPOINTS.c.digest))
            return set(connection.execute(both).scalars())

    def attempt_ids(self) -> set[str]:
        """Every attempt that has a row."""
        with self._database.read() as connection:
            return set(connection.execute(select(ATTEMPTS.c.id)).scalars())

    def forget(self, digests: Collection[str]) -> None:
        """Remove the rows of artifacts and checkpoints whose files are gone. What runs have to say of them stays."""
        with self._database.write() as connection:
            for part in _parts(digests):
                connection.execute(delete(ARTIFACTS).where(ARTIFACTS.c.digest.in_(part)))
                connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.digest.in_(part)))

    def was_made(self, digest: str) -> bool:
        """Whether a run made or used it once, be it there or not."""
        with self._database.read() as connection:
            return (
                connection.execute(select(NEEDS.c.run_id).where(NEEDS.c.digest == digest).limit(1)).first() is not None
            )

    def pin_run(self, run_id: str, pinned: bool) -> None:
        """Keep a run with all that it made, or no longer. Raises NotFoundError."""
        with self._database.write() as connection:
            if not connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(pinned=pinned)).rowcount:
                raise _unknown_run(run_id)

    def pin_artifact(self, digest: str, pinned: bool) -> None:
        """Keep an artifact, or no longer. Raises NotFoundError."""
        with self._database.write() as connection:
            chosen = update(ARTIFACTS).where(ARTIFACTS.c.digest == digest).values(pinned=pinned)
            if not connection.execute(chosen).rowcount:
                raise NotFoundError(
                    f"There is no artifact '{digest[:80]}'.", hint="It may have been removed to make room."
                )

    def delete_run(self, run_id: str) -> tuple[set[str], list[str]]:
        """Remove a run with its events. Returns the digests that no other run needs, and the ids of its attempts.

        Raises NotFoundError, and ConflictError when the run is pinned or not at an end.
        """
        with self._database.write() as connection:
            row = connection.execute(select(RUNS.c.status, RUNS.c.pinned).where(RUNS.c.id == run_id)).one_or_none()
            if row is None:
                raise _unknown_run(run_id)
            if row.status in UNFINISHED:
                raise ConflictError("The run is not at its end.", hint="Cancel it first.")
            if row.pinned:
                raise ConflictError("The run is pinned.", hint="Unpin it first.")
            attempts = list(connection.execute(select(ATTEMPTS.c.id).where(ATTEMPTS.c.run_id == run_id)).scalars())
            other = NEEDS.alias("other")
            shared = select(other.c.run_id).where(other.c.digest == NEEDS.c.digest, other.c.run_id != run_id).exists()
            alone = select(NEEDS.c.digest).where(NEEDS.c.run_id == run_id, ~shared)
            own = select(CHECKPOINTS.c.digest).where(CHECKPOINTS.c.run_id == run_id)
            digests = set(connection.execute(union(alone, own)).scalars())
            connection.execute(delete(RUNS).where(RUNS.c.id == run_id))
            return digests, attempts

    def documents(self, run_ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The documents of the runs that are there, by id."""
        found: dict[str, dict[str, Any]] = {}
        with self._database.read() as connection:
            for part in _parts(run_ids):
                rows = connection.execute(select(RUNS.c.id, RUNS.c.document).where(RUNS.c.id.in_(part)))
                found.update({row.id: row.document for row in rows})
        return found

    def budget(self, default: int | None) -> int | None:
        """How many bytes the home may take: what was set in the browser, else ``default``. None: no limit."""
        with self._database.read() as connection:
            value = connection.execute(select(SettingRow.value).where(SettingRow.name == BUDGET)).scalar()
        return default if value is None else value["bytes"]

    def set_budget(self, size: int | None) -> None:
        """Set how many bytes the home may take; None for no limit."""
        with self._database.write() as connection:
            SET.run(connection, {"name": BUDGET, "value": {"bytes": size}})


def _makings(connection: Connection) -> dict[str, Making]:
    """How each artifact was made; the newest result counts."""
    found = {}
    for row in connection.execute(select(RESULTS).order_by(RESULTS.c.created)):
        making = Making(row.key, row.module, row.run_id, row.node, row.seconds)
        for output in row.outputs.values():
            found[output["digest"]] = making
    return found


def _is_kept() -> Any:
    return RUNS.c.pinned | RUNS.c.status.in_(UNFINISHED)


def _resumed() -> Select[Any]:
    return select(ATTEMPTS.c.resumed_from).where(ATTEMPTS.c.resumed_from.is_not(None), ATTEMPTS.c.state != "ended")


def _parts(ids: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(ids)
    return (ordered[start : start + MANY] for start in range(0, len(ordered), MANY))


def _unknown_run(run_id: str) -> NotFoundError:
    return NotFoundError(f"There is no run '{run_id[:80]}'.", hint="List the runs to see which there are.")
