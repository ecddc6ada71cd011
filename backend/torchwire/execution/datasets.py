"""Finds out what the value of a data set parameter means: a registered name, or a path that may be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torchwire.errors import FileOpenError, ForbiddenError, TorchwireError

Registered = Callable[[str], Mapping[str, Any] | None]


def resolve(value: str, registered: Registered, roots: tuple[Path, ...] | None) -> dict[str, Any]:
    """Return ``{"kind", "name", "path", "digest"?}``.

    Raises FileOpenError where there is nothing of that name, ForbiddenError for a path outside ``roots``.
    """
    known = registered(value)
    if known is not None:
        return dict(known)
    return {"kind": "path", "name": value, "path": str(_find(value, roots))}


def fault_of(value: str, registered: Registered, roots: tuple[Path, ...] | None) -> TorchwireError | None:
    """What is wrong with a data set parameter's value, if anything."""
    try:
        resolve(value, registered, roots)
    except TorchwireError as fault:
        return fault
    return None


def _find(value: str, roots: tuple[Path, ...] | None) -> Path:
    given = Path(value).expanduser() if roots is None else Path(value)
    try:
        if roots is None:
            found = given.resolve()
        else:
            real_roots = [root.resolve() for root in roots]
            # Joining an absolute path leaves it as it is. Symbolic links are followed before the comparison.
            candidates = [(root / given).resolve() for root in real_roots]
            allowed = [path for path in candidates if any(path.is_relative_to(root) for root in real_roots)]
            if candidates and not allowed:
                raise _outside(value, real_roots)
            found = next((path for path in allowed if path.exists()), allowed[0] if allowed else given)
        exists = (roots is None or bool(roots)) and found.exists()
    except (OSError, ValueError, RuntimeError):  # a name too long, a null character, a loop of links
        exists = False
    if not exists:
        raise FileOpenError(
            f"There is no data set, folder or archive '{value}'.",
            hint="Choose a registered data set, or give a folder or archive that can be read here.",
        )
    return found


def _outside(value: str, roots: list[Path]) -> ForbiddenError:
    allowed = ", ".join(str(root) for root in roots)
    return ForbiddenError(
        f"'{value}' lies outside the folders that may be read.",
        hint=f"Allowed: {allowed}. Upload the data, or ask the operator to allow its folder.",
    )
