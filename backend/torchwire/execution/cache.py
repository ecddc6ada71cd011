"""Cache keys: what a node's output depends on, kept as fields so that a miss can be explained."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from torchwire.graph.plan import Step
from torchwire.module_api import Module

Fields = dict[str, Any]
SHARED_CODE = ("torchwire.data_types", "torchwire.module_api")
"""Packages that every module may write its outputs with: their code counts as the module's own."""


def key_fields(
    step: Step, module: type[Module], inputs: Mapping[str, str], device: str, resolved: Mapping[str, Any]
) -> Fields:
    """All that the output of ``step`` depends on. ``inputs`` maps each wired port to its digest."""
    return {
        "module": step.spec.id,
        "version": step.spec.version,
        "code": module_code(module),
        "parameters": dict(step.parameters),
        "inputs": dict(inputs),
        "data": {name: found.get("digest") or found["path"] for name, found in resolved.items()},
        # Not on how many machines: what was begun on three can go on in three processes of one.
        "resources": {"processes": step.node.resources.node_count * step.node.resources.process_count_per_node},
        "device": device.partition(":")[0],
        "libraries": {name: _version(name) for name in step.spec.libraries},
    }


def key_of(fields: Fields) -> str:
    """The key under which a result with these fields is kept."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


CODE = ("*.py", "*.c")
KINDS = {"parameters": "parameter", "inputs": "input", "data": "data set", "libraries": "library"}
WHOLE = {"version": "module version", "code": "module code", "resources": "resources", "device": "device"}


@dataclass(frozen=True)
class Difference:
    """A part of a key that differs. ``field`` names it in words; digests are shortened to what tells them apart."""

    field: str
    before: Any
    now: Any

    def as_json(self) -> dict[str, Any]:
        """The difference as the plan shows it."""
        return {"field": self.field, "before": _shown(self.before), "now": _shown(self.now)}


def differences(now: Fields, before: Mapping[str, Any]) -> list[Difference]:
    """What differs between two keys, part by part."""
    found = []
    for kind, words in KINDS.items():
        ours, theirs = now[kind], before.get(kind, {})
        found += [Difference(f"{words} {n}", theirs.get(n), ours.get(n)) for n in _differing(ours, theirs)]
    found += [Difference(words, before.get(n), now[n]) for n, words in WHOLE.items() if now[n] != before.get(n)]
    return found


def explain(now: Fields, before: Mapping[str, Any] | None) -> str:
    """Why a node runs: what differs from the last time it ran."""
    if before is None:
        return "first run"
    reasons = [f"{difference.field} changed" for difference in differences(now, before)]
    return ", ".join(reasons) or "its output is gone"


@cache
def code_digest(package: str) -> str:
    """The digest of a package's Python and C files and of what it shares with others, as they are on the first call."""
    digest = hashlib.sha256()
    for name in (package, *SHARED_CODE):
        root = Path(importlib.import_module(name).__file__ or "")
        is_package = root.name == "__init__.py"
        files = sorted(file for kind in CODE for file in root.parent.rglob(kind)) if is_package else [root]
        for file in files:
            digest.update(f"{name}\0{file.relative_to(root.parent).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def module_code(module: type[Module]) -> str:
    """The digest of all the code that a module's output depends on."""
    return code_digest(_package_of(module))


def _package_of(module: type[Module]) -> str:
    """The outermost package of a module that has a file (a namespace has none)."""
    parts = module.__module__.split(".")
    names = [".".join(parts[: count + 1]) for count in range(len(parts))]
    return next(name for name in names if importlib.import_module(name).__file__)


@cache
def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _shown(value: Any) -> bool | int | float | str | None:
    if isinstance(value, str) and len(value) == 64:
        return value[:12]
    return value if value is None or isinstance(value, (bool, int, float, str)) else json.dumps(value, sort_keys=True)


def _differing(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    return sorted(
        name for name in {*now, *before} if now.get(name) != before.get(name) or (name in now) != (name in before)
    )
