"""The files of data sets: uploads in parts that can resume, and archives kept under digest and name."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from torchwire.data_types.any_directory import ARCHIVE_SUFFIXES
from torchwire.errors import ConflictError, FileOpenError, InvalidArchiveError, NotFoundError
from torchwire.storage.dataset_summary import summary_of_archive, summary_of_folder
from torchwire.storage.datasets import name_taken

if TYPE_CHECKING:
    from torchwire.storage.database import Database

CHUNK = 1024 * 1024


class WrongOffsetError(ConflictError):
    """A part does not begin where the last one ended. ``received`` is where to go on."""

    def __init__(self, offset: int, received: int) -> None:
        super().__init__(
            f"The part begins at byte {offset} and {received} bytes are here.",
            hint=f"Go on from byte {received}.",
        )
        self.received = received


class DatasetFiles:
    """Keeps the files behind the rows of ``database.datasets``. Safe to use from several threads."""

    def __init__(self, home: Path, database: Database, part_size: int, lifetime: float) -> None:
        """``lifetime`` is the time in seconds after which an upload that nobody goes on with is removed."""
        self.home = home
        self.part_size = part_size
        self._rows = database.datasets
        self._lifetime = lifetime
        self._busy = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def begin(self, name: str, filename: str, size: int) -> dict[str, Any]:
        """Begin an upload. Raises ConflictError when the name is taken, InvalidArchiveError for a wrong ending."""
        if self._rows.find(name) is not None:
            raise name_taken(name)
        suffix_of(filename)
        self.clean()
        upload = self._rows.begin_upload(name, filename, size)
        self._part_file(upload["id"]).parent.mkdir(parents=True, exist_ok=True)
        self._part_file(upload["id"]).touch()
        return self._shown(upload)

    def upload(self, upload_id: str) -> dict[str, Any]:
        """An upload under way. Raises NotFoundError."""
        return self._shown(self._rows.upload(upload_id))

    def append(self, upload_id: str, offset: int, part: IO[bytes]) -> dict[str, Any]:
        """Add a part that begins at ``offset`` and return the upload.

        A part that breaks off counts as far as it came. Raises NotFoundError, WrongOffsetError, and InvalidArchiveError
        when the part goes past the size that was announced.
        """
        with self._alone(upload_id):
            upload = self._rows.upload(upload_id)
            if offset != upload["received"]:
                raise WrongOffsetError(offset, upload["received"])
            received = offset
            with self._part_file(upload_id).open("r+b") as file:
                file.truncate(offset)  # what was written but not recorded before a crash
                file.seek(offset)
                try:
                    received += _copy(part, file, limit=min(self.part_size, upload["size"] - offset))
                finally:
                    file.flush()
                    os.fsync(file.fileno())
                    self._rows.received(upload_id, file.tell())
            return self._shown(upload | {"received": received})

    def finish(self, upload_id: str) -> dict[str, Any]:
        """Check the archive without unpacking it, register it and return the data set.

        Raises NotFoundError, ConflictError while bytes are missing or when the name was taken meanwhile, and
        InvalidArchiveError for a damaged or hostile archive, which is removed.
        """
        with self._alone(upload_id):
            upload = self._rows.upload(upload_id)
            if upload["received"] != upload["size"]:
                missing = upload["size"] - upload["received"]
                raise ConflictError(f"{missing} bytes are still missing.", hint="Send the rest, then finish again.")
            if self._rows.find(upload["name"]) is not None:
                raise name_taken(upload["name"])
            checked = self._part_file(upload_id).with_name(upload_id + suffix_of(upload["filename"]))
            with suppress(FileNotFoundError):  # an earlier finish came this far
                self._part_file(upload_id).rename(checked)
            try:
                dataset = self._keep(upload["name"], checked, "", move=True)
            except InvalidArchiveError as error:
                self._forget(upload_id)
                message = error.message.replace(checked.name, upload["filename"])  # people know it by their name for it
                raise InvalidArchiveError(message, hint=error.hint) from error
            self._forget(upload_id)
            return dataset

    def abandon(self, upload_id: str) -> None:
        """Remove an upload and its bytes. Raises NotFoundError."""
        with self._alone(upload_id):
            self._rows.upload(upload_id)
            self._forget(upload_id)

    def adopt(self, name: str, archive: Path, description: str = "") -> dict[str, Any]:
        """Copy an archive into the home folder and register it. Raises as ``finish`` does."""
        if self._rows.find(name) is not None:
            raise name_taken(name)
        return self._keep(name, archive, description, move=False)

    def register(self, name: str, path: Path, description: str = "") -> dict[str, Any]:
        """Register a folder or archive where it lies. Whether it may be read is the caller's business."""
        if self._rows.find(name) is not None:
            raise name_taken(name)
        try:
            if path.is_dir():
                size, summary = summary_of_folder(path)
                row = self._rows.register(
                    name, kind="folder", path=path, digest=None, size=size, description=description, summary=summary
                )
            else:
                suffix_of(path.name)
                row = self._rows.register(
                    name,
                    kind="archive",
                    path=path,
                    summary=summary_of_archive(path),
                    digest=_digest(path),
                    size=path.stat().st_size,
                    description=description,
                )
        except OSError as error:
            raise FileOpenError(f"'{path.name}' can't be read: {error.strerror or error}.") from error
        return row

    def remove(self, name: str) -> None:
        """Forget a data set and remove the copy of its archive. Files that lie elsewhere stay. Raises NotFoundError."""
        path = self.home / self._rows.remove(name)["path"]
        if path.is_relative_to(self._archives):
            path.unlink(missing_ok=True)
            with suppress(OSError):  # another data set of the same bytes lies there too
                path.parent.rmdir()

    def clean(self) -> None:
        """Remove uploads that nobody went on with in time, and bytes that no upload owns."""
        now = time.time()
        known = set()
        for upload in self._rows.uploads():
            if now - upload["updated"] > self._lifetime:
                self._forget(upload["id"])
            else:
                known.add(upload["id"])
        if self._uploads.is_dir():
            for file in self._uploads.iterdir():
                with suppress(OSError):
                    if file.name.partition(".")[0] not in known and now - file.stat().st_mtime > self._lifetime:
                        file.unlink()

    @property
    def _uploads(self) -> Path:
        return self.home / "uploads"

    @property
    def _archives(self) -> Path:
        return self.home / "datasets"

    def _keep(self, name: str, archive: Path, description: str, *, move: bool) -> dict[str, Any]:
        summary, digest = summary_of_archive(archive), _digest(archive)
        target = self._archives / digest / (name + suffix_of(archive.name))  # the name was checked
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            if move:
                archive.replace(target)
            else:
                partial = target.with_name(f"{target.name}.{os.getpid()}.part")
                shutil.copyfile(archive, partial)
                partial.replace(target)
        size = target.stat().st_size
        return self._rows.register(
            name, kind="archive", path=target, digest=digest, size=size, description=description, summary=summary
        )

    def _shown(self, upload: dict[str, Any]) -> dict[str, Any]:
        fields = ("id", "name", "filename", "size", "received")
        return {key: upload[key] for key in fields} | {"part_size": self.part_size}

    def _part_file(self, upload_id: str) -> Path:
        return self._uploads / f"{upload_id}.part"

    def _forget(self, upload_id: str) -> None:
        """Drop the row first: bytes without a row are cleaned away later, a row without bytes would be a promise."""
        self._rows.end_upload(upload_id)
        for file in self._uploads.glob(f"{upload_id}.*"):
            file.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, upload_id: str) -> Iterator[None]:
        """Hold the upload against other requests. Raises NotFoundError, ConflictError when another one has it."""
        self._rows.upload(upload_id)
        with self._busy:
            lock = self._locks[upload_id]
        if not lock.acquire(timeout=10):
            raise ConflictError("Another request is working on this upload.", hint="Try again in a moment.")
        try:
            yield
        finally:
            lock.release()
            with self._busy, suppress(NotFoundError):
                if upload_id in self._locks and not self._exists(upload_id):
                    del self._locks[upload_id]

    def _exists(self, upload_id: str) -> bool:
        try:
            self._rows.upload(upload_id)
        except NotFoundError:
            return False
        return True


def suffix_of(filename: str) -> str:
    """The archive's suffix, in lower case. Raises InvalidArchiveError when the name isn't an archive's."""
    for suffix in sorted(ARCHIVE_SUFFIXES, key=len, reverse=True):
        if filename.lower().endswith(suffix):
            return suffix
    raise InvalidArchiveError(
        f"'{filename[:200]}' is not an archive that can be read.", hint="Give one of: " + " ".join(ARCHIVE_SUFFIXES)
    )


def _copy(source: IO[bytes], target: IO[bytes], limit: int) -> int:
    copied = 0
    while chunk := source.read(min(CHUNK, limit - copied + 1)):
        if copied + len(chunk) > limit:
            raise InvalidArchiveError(
                "The part is longer than it may be.", hint="Send no more than part_size bytes and the announced size."
            )
        target.write(chunk)
        copied += len(chunk)
    return copied


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
