"""What may be loaded, and what has to do without it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Make importing these libraries fail for a while, where nothing has loaded them yet."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's word for "can't be imported"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
