"""Jobs made by hand, and what an attempt said."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

from torchwire.execution.cache import module_code
from torchwire.registry import Registry
from torchwire.remote.attempt import RemoteAttempt
from torchwire.remote.backend import RemoteJob
from torchwire.remote.versions import versions

PACKAGE = "tests.tiny_modules"
REGISTRY = Registry.of([PACKAGE])


def job(folder: Path, module: str, parameters: dict[str, Any] | None = None, **more: Any) -> RemoteJob:
    """A job for a tiny module, with an exchange and scratch below ``folder``. ``more`` changes its request."""
    found = REGISTRY.get(module)
    values, faults = found.spec.check(parameters or {})
    assert not faults
    request = {
        "attempt": uuid.uuid4().hex,
        "run": "run",
        "node": "node",
        "module": module,
        "parameters": values,
        "outputs": {port.id: port.type.id for port in found.spec.outputs},
        "device": "cpu",
        "processes": 1,
        "threads": 1,
        "packages": [PACKAGE],
        "inputs": {},
        "resolved": {},
        "checkpoints": [],
        "document": {},
        "settings": {},
        "code": module_code(found),
        "versions": dict(versions()),
        "target": "there",
    }
    return RemoteJob(
        attempt=str(request["attempt"]),
        request=request | more,
        exchange=str(folder / "exchange"),
        exchange_options={},
        scratch=str(folder / "scratch"),
        cores=1,
        gpus=0,
        memory_bytes=1 << 28,
    )


def events(attempt: RemoteAttempt, *, until: str | None = None, seconds: float = 30.0) -> list[dict[str, Any]]:
    """All that an attempt says, to its end or to the first event of the kind ``until``."""
    offset, said, deadline = 0, b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        data = attempt.read(offset, 0.5)
        offset, said = offset + len(data), said + data
        found = [json.loads(line) for line in said.splitlines()]
        if until in [event["type"] for event in found]:
            return found
        if not data and attempt.state().status == "ended":
            return found
    raise AssertionError(f"no end; said {said!r}")


def kinds(said: list[dict[str, Any]]) -> list[str]:
    """The kinds of events, without those that come as time passes or always."""
    left_out = ("attempt.memory", "attempt.placed", "node.progress")
    return [event["type"] for event in said if event["type"] not in left_out]


def lines(said: list[dict[str, Any]]) -> list[str]:
    """What was printed."""
    return [text for event in said if event["type"] == "node.log" for _, _, text in event["data"]["lines"]]
