"""Cache keys: what a node's output depends on, kept as fields so that a miss can be explained."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
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
        "code": code_digest(_package_of(module)),
        "parameters": dict(step.parameters),
        "inputs": dict(inputs),
        "data": {name: found.get("digest") or found["path"] for name, found in resolved.items()},
        "resources": step.node.resources.model_dump(),
        "device": device.partition(":")[0],
        "libraries": {name: _version(name) for name in step.spec.libraries},
    }


def key_of(fields: Fields) -> str:
    """The key under which a result with these fields is kept."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def explain(now: Fields, before: Mapping[str, Any] | None) -> str:
    """Why a node runs: what differs from the last time it ran."""
    if before is None:
        return "first run"
    reasons = [f"parameter {name} changed" for name in _differing(now["parameters"], before.get("parameters", {}))]
    reasons += [f"input {port} changed" for port in _differing(now["inputs"], before.get("inputs", {}))]
    reasons += [f"data set {name} changed" for name in _differing(now["data"], before.get("data", {}))]
    reasons += [f"library {name} changed" for name in _differing(now["libraries"], before.get("libraries", {}))]
    named = {"version": "module version", "code": "module code", "resources": "resources", "device": "device"}
    reasons += [f"{words} changed" for name, words in named.items() if now[name] != before.get(name)]
    return ", ".join(reasons) or "its output is gone"


@cache
def code_digest(package: str) -> str:
    """The digest of a package's Python files and of what it shares with others, as they are on the first call."""
    digest = hashlib.sha256()
    for name in (package, *SHARED_CODE):
        root = Path(importlib.import_module(name).__file__ or "")
        files = sorted(root.parent.rglob("*.py")) if root.name == "__init__.py" else [root]
        for file in files:
            digest.update(f"{name}\0{file.relative_to(root.parent).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


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


def _differing(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    return sorted(
        name for name in {*now, *before} if now.get(name) != before.get(name) or (name in now) != (name in before)
    )
