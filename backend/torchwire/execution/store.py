"""The content-addressed store: a committed folder lies under the digest of what is in it, and is never changed."""

from __future__ import annotations

import shutil
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from torchwire.execution.sealing import flush_folder, read_index

REMOVED = "removed-"
"""How the names of folders begin that were taken out of the store."""


class ArtifactStore:
    """The folders below ``artifacts/``. An artifact is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._disk = ThreadPoolExecutor(1, "flush")
        self._flushes: list[Future[None]] = []

    def folder(self, digest: str) -> Path:
        """Where the artifact lies, with its ``index.json``."""
        return self._root / digest[:2] / digest

    def data(self, digest: str) -> Path:
        """The folder that modules read."""
        return self.folder(digest) / "data"

    def adopt(self, sealed: Path, digest: str) -> None:
        """Commit a sealed folder. One that is there already stays, and ``sealed`` is left for the clean-up.

        A loss of power may still take it away until ``settle`` has returned.
        """
        target = self.folder(digest)
        if self.is_whole(digest):
            return
        self.withdraw(digest)  # should somebody have taken files out of it; the new copy is complete
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
            flush_folder(self._root)
        sealed.rename(target)
        self._flushes.append(self._disk.submit(flush_folder, target.parent))

    def settle(self) -> None:
        """Wait until what was adopted is on the disk; it goes there beside what is done meanwhile. Raises OSError."""
        flushes, self._flushes = self._flushes, []
        for flush in flushes:
            flush.result()

    def withdraw(self, digest: str) -> Path | None:
        """Take a folder that nothing refers to out of the store, at once, and return where it lies to be removed."""
        aside = self._root / f"{REMOVED}{uuid.uuid4().hex}"
        try:
            self.folder(digest).rename(aside)
        except FileNotFoundError:
            return None
        return aside

    def is_whole(self, digest: str) -> bool:
        """Whether every file is there with its recorded size."""
        folder = self.folder(digest)
        with suppress(OSError, ValueError, KeyError, TypeError):
            records = read_index(folder).values()
            return all((folder / "data" / record.path).stat().st_size == record.size for record in records)
        return False

    def sweep(self) -> None:
        """Remove the files of what was withdrawn, here or by somebody who was stopped before he came to it."""
        for folder in self._root.glob(f"{REMOVED}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def digests(self) -> set[str]:
        """What lies in the store, by name."""
        groups = [group for group in self._root.iterdir() if len(group.name) == 2] if self._root.is_dir() else []
        return {folder.name for group in groups for folder in group.iterdir()}
