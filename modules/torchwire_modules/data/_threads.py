"""Work on many small things with all cores, in order, a little ahead of whoever asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 8


def in_threads(work: Callable[[T], R], items: Sequence[T], threads: int) -> Iterator[R]:
    """Yield ``work(item)`` for every item, in order. When the caller stops early, what has not begun never does."""
    if threads <= 1:
        yield from map(work, items)
        return
    chunks = iter([items[at : at + CHUNK] for at in range(0, len(items), CHUNK)])
    with ThreadPoolExecutor(threads, thread_name_prefix="convert") as pool:
        waiting: deque[Future[list[R]]] = deque()
        try:
            for chunk in islice(chunks, 3 * threads):
                waiting.append(pool.submit(_all, work, chunk))
            while waiting:
                done = waiting.popleft().result()
                for chunk in islice(chunks, 1):
                    waiting.append(pool.submit(_all, work, chunk))
                yield from done
        finally:
            for future in waiting:
                future.cancel()


def _all(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [work(item) for item in items]
