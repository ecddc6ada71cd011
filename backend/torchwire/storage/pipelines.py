"""Pipeline drafts: the newest document of each, and a journal of all that was saved."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from torchwire.errors import ConflictError, NotFoundError
from torchwire.storage.models import PipelineRevisionRow, PipelineRow

if TYPE_CHECKING:
    from torchwire.storage.database import Database

DRAFTS, JOURNAL = PipelineRow.__table__, PipelineRevisionRow.__table__
KEPT_REVISIONS = 500
"""The newest revisions, of which each is kept. Of those before, the last one of each minute is."""
KEPT_MINUTES = 10_000
STEP_LENGTH = 200


class StaleRevisionError(ConflictError):
    """A save was based on an older revision than the newest. ``newer`` is the draft as it stands."""

    def __init__(self, newer: dict[str, Any], based_on: int) -> None:
        super().__init__(
            f"The pipeline has changed since revision {based_on}: it is at revision {newer['revision']} now.",
            hint="Load the newer document, or save yours as another pipeline.",
        )
        self.newer = newer


class EmptyingError(ConflictError):
    """A save would have replaced a pipeline by an empty one unasked. ``newer`` is the draft as it stands."""

    def __init__(self, standing: dict[str, Any]) -> None:
        count = standing["node_count"]
        super().__init__(
            f"An empty pipeline would replace one of {count} node{'' if count == 1 else 's'}, so it was not saved.",
            hint='Send "emptied": true if every node was removed on purpose.',
        )
        self.newer = standing


class Pipelines:
    """Reads and writes drafts. Documents come in checked and complete."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Store a new draft and return it."""
        pipeline_id, now = uuid.uuid4().hex, time.time()
        row = {"id": pipeline_id, "name": document["name"], "document": document, "revision": 1}
        with self._database.write() as connection:
            connection.execute(insert(PipelineRow).values(**row, created=now, updated=now))
            _enter(connection, pipeline_id, 1, document, now, "Create the pipeline")
        return self.get(pipeline_id)

    def get(self, pipeline_id: str) -> dict[str, Any]:
        """A draft with its document. Raises NotFoundError."""
        with self._database.read() as connection:
            return _draft(connection, pipeline_id)

    def save(
        self,
        pipeline_id: str,
        document: Mapping[str, Any],
        based_on: int,
        *,
        emptied: bool = False,
        step: str = "",
    ) -> dict[str, Any]:
        """Make ``document`` the newest revision and return the draft. ``step`` says what was done.

        Saving what is there already changes nothing, so a save whose answer was lost can be sent again. Raises
        NotFoundError, StaleRevisionError when the draft has moved on since ``based_on``, and EmptyingError when nothing
        would be left of its nodes and ``emptied`` doesn't say that this is meant.
        """
        with self._database.write() as connection:
            draft = _draft(connection, pipeline_id)
            if draft["document"] == document:
                return draft
            if draft["revision"] != based_on:
                raise StaleRevisionError(draft, based_on)
            if draft["node_count"] and not document["nodes"] and not emptied:
                raise EmptyingError(draft)
            return _advance(connection, draft, document, step)

    def restore(self, pipeline_id: str, revision: int) -> dict[str, Any]:
        """Make an earlier document the newest revision and return the draft. Raises NotFoundError."""
        with self._database.write() as connection:
            draft = _draft(connection, pipeline_id)
            earlier = _revision(connection, pipeline_id, revision)
            return _advance(connection, draft, earlier, f"Restore revision {revision}")

    def delete(self, pipeline_id: str) -> None:
        """Remove a draft and its journal; its runs stay. Raises NotFoundError."""
        with self._database.write() as connection:
            if not connection.execute(delete(PipelineRow).where(DRAFTS.c.id == pipeline_id)).rowcount:
                raise _unknown(pipeline_id)

    def revisions(self, pipeline_id: str, limit: int = 1000, before: int | None = None) -> list[dict[str, Any]]:
        """A draft's journal without the documents, newest first, those before revision ``before``.

        Raises NotFoundError.
        """
        query = select(JOURNAL.c.revision, JOURNAL.c.time, JOURNAL.c.step, _node_count(JOURNAL.c.document))
        query = query.where(JOURNAL.c.pipeline_id == pipeline_id).order_by(JOURNAL.c.revision.desc()).limit(limit)
        if before is not None:
            query = query.where(JOURNAL.c.revision < before)
        with self._database.read() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
            if not found:
                _draft(connection, pipeline_id)
        return found

    def revision(self, pipeline_id: str, revision: int) -> dict[str, Any]:
        """The document of one revision. Raises NotFoundError."""
        with self._database.read() as connection:
            return _revision(connection, pipeline_id, revision)

    def list(self) -> list[dict[str, Any]]:
        """All drafts without their documents, the one changed last first."""
        columns = [column for column in DRAFTS.c if column.name != "document"]
        query = select(*columns, _node_count(DRAFTS.c.document)).order_by(DRAFTS.c.updated.desc(), DRAFTS.c.id)
        with self._database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]


def _node_count(document: ColumnElement[Any]) -> ColumnElement[int]:
    return func.json_array_length(document["nodes"]).label("node_count")


def _draft(connection: Connection, pipeline_id: str) -> dict[str, Any]:
    row = connection.execute(select(*DRAFTS.c).where(DRAFTS.c.id == pipeline_id)).one_or_none()
    if row is None:
        raise _unknown(pipeline_id)
    draft = dict(row._mapping)
    return draft | {"node_count": len(draft["document"]["nodes"])}


def _revision(connection: Connection, pipeline_id: str, revision: int) -> dict[str, Any]:
    query = select(JOURNAL.c.document).where(JOURNAL.c.pipeline_id == pipeline_id, JOURNAL.c.revision == revision)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFoundError(
            f"There is no revision {revision} of pipeline '{pipeline_id}'.",
            hint="List its revisions to see which there are; very old ones are dropped.",
        )
    return dict(found)


def _advance(connection: Connection, draft: dict[str, Any], document: Mapping[str, Any], step: str) -> dict[str, Any]:
    revision, now = draft["revision"] + 1, time.time()
    change = {"name": document["name"], "document": document, "revision": revision, "updated": now}
    connection.execute(update(PipelineRow).where(DRAFTS.c.id == draft["id"]).values(**change))
    _enter(connection, draft["id"], revision, document, now, step)
    _thin(connection, draft["id"], revision)
    return _draft(connection, draft["id"])


def _enter(
    connection: Connection, pipeline_id: str, revision: int, document: Mapping[str, Any], now: float, step: str
) -> None:
    row = {"pipeline_id": pipeline_id, "revision": revision, "document": document, "time": now}
    connection.execute(insert(PipelineRevisionRow).values(**row, step=step[:STEP_LENGTH]))


def _thin(connection: Connection, pipeline_id: str, newest: int) -> None:
    """Forget what need not be kept, now that ``newest`` is: at most one revision each time, or the oldest minutes."""
    mine = JOURNAL.c.pipeline_id == pipeline_id
    leaving = newest - KEPT_REVISIONS
    query = select(JOURNAL.c.time).where(mine, JOURNAL.c.revision.in_((leaving, leaving + 1)))
    minutes = [int(moment // 60) for (moment,) in connection.execute(query.order_by(JOURNAL.c.revision))]
    if len(minutes) == 2 and minutes[0] == minutes[1]:
        connection.execute(delete(PipelineRevisionRow).where(mine, JOURNAL.c.revision == leaving))
    if newest % 100 == 0:
        old = select(JOURNAL.c.revision).where(mine).order_by(JOURNAL.c.revision.desc())
        oldest = connection.execute(old.offset(KEPT_REVISIONS + KEPT_MINUTES).limit(1)).scalar_one_or_none()
        if oldest is not None:
            connection.execute(delete(PipelineRevisionRow).where(mine, JOURNAL.c.revision <= oldest))


def _unknown(pipeline_id: str) -> NotFoundError:
    return NotFoundError(f"There is no pipeline '{pipeline_id}'.", hint="List the pipelines to see which there are.")
