"""Keeps what was read of artifacts, which never change, so that a page of one is not read anew from its whole table."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""


S = TypeVar("S", bound=Sized)


class Kept:
    """What was used last, as long as all of it takes no more than ``budget`` bytes. The newest always stays."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], S]) -> S:
        """What is kept for ``key``, or what ``read`` returns. Two threads that ask at once may both read."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                found: S = self._held[key]
                return found
        made = read()
        with self._lock:
            self._held[key] = made
            self._held.move_to_end(key)
            while len(self._held) > 1 and self.nbytes > self._budget:
                self._held.popitem(last=False)
        return made

    @property
    def nbytes(self) -> int:
        """Bytes of memory that all of it takes."""
        return sum(held.nbytes for held in self._held.values())


KEPT = Kept(128 * 1024 * 1024)
