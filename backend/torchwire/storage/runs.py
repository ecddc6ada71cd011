"""Runs and their numbered events. The log is the truth; run and node rows are brought up to date in the same commit."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Connection, bindparam, delete, func, insert, literal, select, update

from torchwire.errors import NotFoundError
from torchwire.execution.events import RunEvent
from torchwire.storage.models import ArtifactRow, EventRow, NodeStateRow, RunArtifactRow, RunRow, table_of
from torchwire.storage.projection import apply_to_node, apply_to_run, needs_of, new_node, stays_in_log
from torchwire.storage.statements import Statement
from torchwire.storage.upsert import Upsert

if TYPE_CHECKING:
    from torchwire.storage.database import Database

Change = tuple[str, str | None, dict[str, Any]]
"""An event to be numbered: type, node, data."""

Records = list[dict[str, Any]]
UNFINISHED = ("queued", "running")
RUNS, EVENTS, NODES = table_of(RunRow), table_of(EventRow), table_of(NodeStateRow)
NEEDS, ARTIFACTS = table_of(RunArtifactRow), table_of(ArtifactRow)

# Statements are built once: building them anew costs more than running them, and these run for every node.
COUNT_ON = Statement(
    update(RUNS)
    .where(RUNS.c.id == bindparam("of_run"))
    .values(last_seq=RUNS.c.last_seq + bindparam("more"))
    .returning(RUNS.c.last_seq)
)
ADD_EVENTS = Statement(insert(EVENTS))
STATES = select(NODES.c.node, NODES.c.data).where(
    NODES.c.run_id == bindparam("of_run"), NODES.c.node.in_(bindparam("of_nodes", expanding=True))
)
STATE = Statement(
    select(NODES.c.data).where(NODES.c.run_id == bindparam("of_run"), NODES.c.node == bindparam("of_node"))
)
FEW = 4
"""Up to so many nodes' states are read one by one."""
SET_STATE = Statement(
    update(NODES)
    .where(NODES.c.run_id == bindparam("of_run"), NODES.c.node == bindparam("of_node"))
    .values(status=bindparam("now"), data=bindparam("state", type_=JSON))
)
NEED = Upsert(NEEDS, replace=True)
USE = Statement(
    update(ARTIFACTS).where(ARTIFACTS.c.digest == bindparam("of_digest")).values(last_used=bindparam("now"))
)
CREATED = select(RUNS.c.created).where(RUNS.c.id == bindparam("of_run"))
STANDING = select(RUNS.c.status, RUNS.c.created, RUNS.c.started, RUNS.c.finished).where(
    RUNS.c.id == bindparam("of_run")
)
METRICS = (
    select(EVENTS.c.node, EVENTS.c.type, EVENTS.c.data)
    .where(EVENTS.c.run_id == bindparam("of_run"), EVENTS.c.type.in_(("node.started", "node.metric")))
    .order_by(EVENTS.c.seq)
)
EVENTS_AFTER = (
    select(EVENTS)
    .where(EVENTS.c.run_id == bindparam("of_run"), EVENTS.c.seq > bindparam("after", type_=BigInteger))
    .order_by(EVENTS.c.seq)
    .limit(bindparam("most"))
)


class Runs:
    """Reads and writes runs. Every method is one transaction, or joins the one its thread is in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        document: Mapping[str, Any],
        nodes: Iterable[str],
        *,
        run_id: str | None = None,
        pipeline_id: str | None = None,
        message: str | None = None,
        asked_for: Mapping[str, Any] | None = None,
    ) -> RunEvent:
        """Store a new run with its first event, ``run.queued``, and return that event."""
        run_id, now = run_id or uuid.uuid4().hex, time.time()
        states = [{"run_id": run_id, "node": node, "status": "pending", "data": new_node()} for node in nodes]
        with self._database.write() as connection:
            connection.execute(
                insert(RunRow).values(
                    id=run_id,
                    name=name,
                    pipeline_id=pipeline_id,
                    document=document,
                    status="queued",
                    created=now,
                    asked_for=asked_for,
                )
            )
            if states:
                connection.execute(insert(NodeStateRow), states)
            data = {"name": name} | ({"message": message} if message else {})
            return self.append(run_id, [("run.queued", None, data)])[0]

    def append(self, run_id: str, changes: Sequence[Change]) -> list[RunEvent]:
        """Number ``changes``, store them and bring the run's and the nodes' rows up to date."""
        with self._database.write() as connection:
            last = COUNT_ON.value(connection, {"of_run": run_id, "more": len(changes)})
            if last is None:
                raise _unknown(run_id)
            now, first = time.time(), last - len(changes) + 1
            events = [
                RunEvent(run_id, first + index, now, kind, node, data)  # type: ignore[arg-type]  # the engine's own names
                for index, (kind, node, data) in enumerate(changes)
            ]
            ADD_EVENTS.run(connection, [vars(event) for event in events])
            self._project(connection, run_id, events)
            return events

    def request_cancel(self, run_id: str) -> None:
        """Remember that the run is to be cancelled. Raises NotFoundError."""
        with self._database.write() as connection:
            asked = update(RunRow).where(RunRow.id == run_id).values(cancel_requested=True)
            if not connection.execute(asked).rowcount:
                raise _unknown(run_id)

    def request_cancel_node(self, run_id: str, node: str) -> None:
        """Remember that one node of the run is to be cancelled."""
        with self._database.write() as connection:
            asked = update(NODES).where(NODES.c.run_id == run_id, NODES.c.node == node)
            connection.execute(asked.values(cancel_requested=True))

    def nodes_to_cancel(self, run_id: str) -> list[str]:
        """The nodes of a run that somebody asked to be cancelled, each by itself."""
        with self._database.read() as connection:
            asked = select(NODES.c.node).where(NODES.c.run_id == run_id, NODES.c.cancel_requested)
            return list(connection.execute(asked.order_by(NODES.c.node)).scalars())

    def unfinished(self) -> list[str]:
        """The ids of the runs that are not at an end, oldest first."""
        with self._database.read() as connection:
            query = select(RunRow.id).where(RunRow.status.in_(UNFINISHED)).order_by(RunRow.created, RunRow.id)
            return list(connection.execute(query).scalars())

    def is_unfinished(self, run_id: str) -> bool:
        """Whether the run is there and not at an end."""
        with self._database.read() as connection:
            query = select(RunRow.id).where(RunRow.id == run_id, RunRow.status.in_(UNFINISHED))
            return connection.execute(query).scalar() is not None

    def cancel_requested(self, run_id: str) -> bool:
        """Whether somebody asked for the run to be cancelled."""
        with self._database.read() as connection:
            return bool(connection.execute(select(RunRow.cancel_requested).where(RunRow.id == run_id)).scalar())

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[RunEvent]:
        """The events numbered above ``after``, at most ``limit``. Raises NotFoundError."""
        with self._database.read() as connection:
            self._created(connection, run_id)
            found = connection.execute(EVENTS_AFTER, {"of_run": run_id, "after": after, "most": limit})
            return [RunEvent(**row._mapping) for row in found]

    def node_events(self, run_id: str, node: str, kind: str, after: int = 0, limit: int = 1000) -> list[RunEvent]:
        """A node's events of one type numbered above ``after``, at most ``limit``. Raises NotFoundError."""
        with self._database.read() as connection:
            self._created(connection, run_id)
            query = select(*EVENTS.c).where(
                EventRow.run_id == run_id,
                EventRow.node == node,
                EventRow.type == kind,
                EventRow.seq > literal(after, BigInteger),
            )
            return [RunEvent(**row._mapping) for row in connection.execute(query.order_by(EventRow.seq).limit(limit))]

    def standing(self, run_id: str) -> tuple[str, float] | None:
        """The status of a run and since when it has it. None when there is no such run."""
        with self._database.read() as connection:
            row = connection.execute(STANDING, {"of_run": run_id}).one_or_none()
            return None if row is None else (row.status, row.finished or row.started or row.created)

    def document(self, run_id: str) -> dict[str, Any]:
        """The document that was submitted. Raises NotFoundError."""
        with self._database.read() as connection:
            return dict(self._row(connection, run_id)["document"])

    def snapshot(self, run_id: str) -> dict[str, Any]:
        """The run with all its nodes, as of event ``seq``. Raises NotFoundError."""
        with self._database.read() as connection:
            row = self._row(connection, run_id)
            columns = select(NODES.c.node, NODES.c.data, NODES.c.cancel_requested)
            nodes = {
                node: dict(data) | ({"cancel_requested": True} if asked else {}) | {"metrics": []}
                for node, data, asked in connection.execute(columns.where(NODES.c.run_id == run_id))
            }
            for node, kind, data in connection.execute(METRICS, {"of_run": run_id}):
                if kind == "node.started":  # an attempt that goes on tells the earlier part of the curve again
                    nodes[node]["metrics"].clear()
                else:
                    nodes[node]["metrics"].append(data)
            return _record(row) | {"seq": row["last_seq"], "document": row["document"], "nodes": nodes}

    def list(
        self,
        limit: int = 50,
        before: str | None = None,
        pipeline_id: str | None = None,
        *,
        status: str | None = None,
        search: str | None = None,
    ) -> Records:
        """Runs without their documents and nodes, newest first; ``before`` is the id of the last one already seen.

        ``search`` is a part of the name, whatever its case.
        """
        query = select(*(column for column in RUNS.c if column.name != "document"))
        if pipeline_id is not None:
            query = query.where(RunRow.pipeline_id == pipeline_id)
        if status is not None:
            query = query.where(RunRow.status == status)
        if search is not None:
            query = query.where(RunRow.name.icontains(search, autoescape=True))
        with self._database.read() as connection:
            if before is not None:
                created = self._created(connection, before)
                earlier = (RunRow.created == created) & (RunRow.id < before)
                query = query.where((RunRow.created < created) | earlier)
            newest_first = query.order_by(RunRow.created.desc(), RunRow.id.desc()).limit(limit)
            runs = [_record(dict(row._mapping)) for row in connection.execute(newest_first)]
            return self._with_counts(connection, runs)

    def rebuild_needs(self, run_id: str) -> None:
        """Make the rows that say which artifacts the run needs anew, from its events."""
        with self._database.write() as connection:
            made = select(EVENTS).where(EVENTS.c.run_id == run_id, EVENTS.c.type == "node.output")
            found = connection.execute(made.order_by(EVENTS.c.seq)).all()
            needs = needs_of([RunEvent(**row._mapping) for row in found])
            connection.execute(delete(NEEDS).where(NEEDS.c.run_id == run_id))
            if needs:
                NEED.run(connection, needs)

    def _with_counts(self, connection: Connection, runs: Records) -> Records:
        by_id: dict[str, dict[str, Any]] = {run["id"]: run | {"node_counts": {"total": 0}} for run in runs}
        chosen = NodeStateRow.run_id.in_(by_id)
        counts = select(NODES.c.run_id, NODES.c.status, func.count()).where(chosen)
        for run_id, status, count in connection.execute(counts.group_by(NODES.c.run_id, NODES.c.status)):
            by_id[run_id]["node_counts"][status] = count
            by_id[run_id]["node_counts"]["total"] += count
        summary = NODES.c.data["summary"]
        stated = select(NODES.c.run_id, summary).where(chosen, summary.as_string().is_not(None))
        for run_id, values in connection.execute(stated):
            by_id[run_id].setdefault("summary", {}).update(values)
        return list(by_id.values())

    def _created(self, connection: Connection, run_id: str) -> float:
        created: float | None = connection.execute(CREATED, {"of_run": run_id}).scalar()
        if created is None:
            raise _unknown(run_id)
        return created

    def _row(self, connection: Connection, run_id: str) -> Mapping[str, Any]:
        row = connection.execute(select(*RUNS.c).where(RunRow.id == run_id)).one_or_none()
        if row is None:
            raise _unknown(run_id)
        return dict(row._mapping)

    def _project(self, connection: Connection, run_id: str, events: Sequence[RunEvent]) -> None:
        run: dict[str, Any] = {}
        touched = sorted({event.node for event in events if event.node is not None and not stays_in_log(event)})
        nodes: dict[str, dict[str, Any]] = {}
        if len(touched) <= FEW:
            found = {node: STATE.value(connection, {"of_run": run_id, "of_node": node}) for node in touched}
            nodes = {node: data for node, data in found.items() if data is not None}
        else:
            rows = connection.execute(STATES, {"of_run": run_id, "of_nodes": touched})
            nodes = {row.node: row.data for row in rows}
        for event in events:
            if event.node in nodes:
                apply_to_node(nodes[event.node], event)
            elif event.node is None:
                apply_to_run(run, event)
        if nodes:
            states = [
                {"of_run": run_id, "of_node": node, "now": data["status"], "state": data}
                for node, data in nodes.items()
            ]
            SET_STATE.run(connection, states)
        if run:
            connection.execute(update(RunRow).where(RunRow.id == run_id).values(**run))
        needs = needs_of(events)
        if needs:
            NEED.run(connection, needs)
            digests = sorted({need["digest"] for need in needs})
            USE.run(connection, [{"of_digest": digest, "now": events[-1].time} for digest in digests])


def _unknown(run_id: str) -> NotFoundError:
    return NotFoundError(f"There is no run '{run_id}'.", hint="List the runs to see which there are.")


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    started, finished = row["started"], row["finished"]
    return {
        "id": row["id"],
        "name": row["name"],
        "pipeline_id": row["pipeline_id"],
        "status": row["status"],
        "created": row["created"],
        "started": started,
        "finished": finished,
        "seconds": None if started is None or finished is None else max(0.0, finished - started),
        "error": row["error"],
        "cancel_requested": row["cancel_requested"],
        "pinned": row["pinned"],
        "asked_for": row["asked_for"],
    }
