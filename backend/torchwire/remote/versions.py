"""Which versions both sides of a target have: only equal ones are known to give equal results."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from torchwire.errors import TargetMismatchError

LIBRARIES = ("torch", "torchvision", "torchwire")


@cache
def versions() -> Mapping[str, str]:
    """The versions here, by name: ``python`` (without its third number) and the libraries that are installed."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in LIBRARIES:
        try:
            found[name] = version(name).partition("+")[0]  # what follows tells for which GPUs it was built
        except PackageNotFoundError:
            continue
    return found


def mismatch(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """How the versions of two sides differ, in words; None when they don't, or nothing is known of one side."""
    if not here or not there:
        return None
    differing = [name for name in ("python", *LIBRARIES) if here.get(name) != there.get(name)]
    parts = [
        f"{_title(name)} {here.get(name, 'missing')} here, {there.get(name, 'missing')} there" for name in differing
    ]
    return "; ".join(parts) or None


def no_module(request: Mapping[str, Any], error: Exception) -> TargetMismatchError:
    """The error of a target that does not have a node's module."""
    return TargetMismatchError(
        f"The target '{request['target']}' does not have the module '{request['module']}': {error}.",
        hint="Install the packages that this computer has its modules from on every machine of the target.",
        node=request["node"],
    )


def _title(name: str) -> str:
    return {"python": "Python", "torchwire": "Torchwire"}.get(name, name)
