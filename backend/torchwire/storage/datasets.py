"""Registered data sets, and the uploads that may become one. Rows only: see ``dataset_files`` for their files."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from torchwire.errors import ConflictError, NotFoundError
from torchwire.storage.models import DatasetRow, UploadRow

if TYPE_CHECKING:
    from torchwire.storage.database import Database

DATASETS, UPLOADS = DatasetRow.__table__, UploadRow.__table__


class Datasets:
    """Reads and writes data sets and uploads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._home = database.home

    def find(self, name: str) -> dict[str, Any] | None:
        """A data set with its ``path``, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(*DATASETS.c).where(DATASETS.c.name == name)).one_or_none()
            return None if row is None else dict(row._mapping)

    def resolve(self, name: str) -> dict[str, Any] | None:
        """What a pipeline's ``dataset`` parameter means when it is a registered name, else None."""
        row = self.find(name)
        if row is None:
            return None
        return {"kind": "registered", "name": name, "path": str(self._home / row["path"]), "digest": row["digest"]}

    def register(
        self,
        name: str,
        *,
        kind: str,
        path: Path,
        digest: str | None,
        size: int,
        description: str = "",
        summary: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Store a data set and return it. Raises ConflictError when the name is taken."""
        inside = path.is_relative_to(self._home)
        row = {
            "name": name,
            "kind": kind,
            "path": str(path.relative_to(self._home) if inside else path),
            "digest": digest,
            "size": size,
            "description": description,
            "summary": dict(summary or {}),
            "created": time.time(),
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(DatasetRow).values(**row))
        except IntegrityError as error:
            raise name_taken(name) from error
        return row

    def remove(self, name: str) -> dict[str, Any]:
        """Forget a data set and return what it was. Raises NotFoundError."""
        with self._database.write() as connection:
            row = self.find(name)
            if row is None:
                raise NotFoundError(
                    f"There is no data set '{name}'.", hint="List the data sets to see which there are."
                )
            connection.execute(delete(DatasetRow).where(DATASETS.c.name == name))
            return row

    def begin_upload(self, name: str, filename: str, size: int) -> dict[str, Any]:
        """Store a new upload and return it."""
        now = time.time()
        row = {"id": uuid.uuid4().hex, "name": name, "filename": filename, "size": size, "received": 0}
        with self._database.write() as connection:
            connection.execute(insert(UploadRow).values(**row, created=now, updated=now))
        return row

    def upload(self, upload_id: str) -> dict[str, Any]:
        """An upload under way. Raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(select(*UPLOADS.c).where(UPLOADS.c.id == upload_id)).one_or_none()
        if row is None:
            raise NotFoundError(f"There is no upload '{upload_id}'.", hint="It may have been cleaned away; start anew.")
        return dict(row._mapping)

    def received(self, upload_id: str, received: int) -> None:
        """Store how many bytes of an upload are safely on disk."""
        with self._database.write() as connection:
            change = {"received": received, "updated": time.time()}
            connection.execute(update(UploadRow).where(UPLOADS.c.id == upload_id).values(**change))

    def end_upload(self, upload_id: str) -> None:
        """Forget an upload, if there is one."""
        with self._database.write() as connection:
            connection.execute(delete(UploadRow).where(UPLOADS.c.id == upload_id))

    def uploads(self) -> list[dict[str, Any]]:
        """All uploads under way, with the time of their last part in ``updated``."""
        with self._database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(*UPLOADS.c))]

    def list(self) -> list[dict[str, Any]]:
        """All data sets by name, with their ``path``."""
        with self._database.read() as connection:
            rows = connection.execute(select(*DATASETS.c).order_by(DATASETS.c.name))
            return [dict(row._mapping) for row in rows]


def name_taken(name: str) -> ConflictError:
    """The error for a name that is in use."""
    return ConflictError(
        f"There is a data set '{name}' already.", hint="Choose another name, or delete that one first."
    )
