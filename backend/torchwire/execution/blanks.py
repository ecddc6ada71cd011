"""Folders for attempts, made while nobody waits for them.

On some file systems making a file takes as long as a short node, and every attempt begins with seven of them. A folder
that is ready becomes an attempt's by one rename.
"""

from __future__ import annotations

import shutil
import uuid
from collections import deque
from pathlib import Path

from torchwire.execution.logs import STREAMS, log_file

FILES = ("request.json", "events.jsonl")
FOLDERS = ("out", "sealed")
WANTED = 24


class Blanks:
    """The folders that are ready. One thread takes them and another makes them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ready: deque[Path] = deque()

    def take(self, folder: Path) -> None:
        """Have an attempt's folder. Raises OSError."""
        try:
            self._ready.popleft().rename(folder)
        except (IndexError, OSError):  # none was made, or somebody has removed it
            folder.mkdir()

    @property
    def lacking(self) -> bool:
        """Whether it is time to ``make`` some more."""
        return len(self._ready) < WANTED // 2

    def make(self) -> None:
        """Make as many as are wanted."""
        self._root.mkdir(parents=True, exist_ok=True)
        while len(self._ready) < WANTED:
            folder = self._root / uuid.uuid4().hex
            folder.mkdir()
            for name in FOLDERS:
                (folder / name).mkdir()
            for path in (*(folder / name for name in FILES), *(log_file(folder, stream) for stream in STREAMS)):
                path.touch(mode=0o644)
            self._ready.append(folder)

    def remove(self) -> None:
        """Remove all, also what an engine that was killed has left."""
        self._ready.clear()
        shutil.rmtree(self._root, ignore_errors=True)
