"""Takes over what an attempt made: whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchwire.execution.attempt import LiveAttempt
from torchwire.execution.store import ArtifactStore
from torchwire.storage.artifacts import Result
from torchwire.storage.database import Database


def commit(database: Database, store: ArtifactStore, attempt: LiveAttempt, done: Mapping[str, Any]) -> dict[str, Any]:
    """Move the sealed folders into the store, write their rows, and return the outputs.

    The rows belong to the surrounding transaction. A crash before its end leaves folders without rows, which are found
    there when the node runs again. The caller has checked, in that same transaction, that the attempt holds the lease.
    Raises OSError when the folders can't be moved.
    """
    types: Mapping[str, str] = attempt.request["outputs"]
    outputs = {port: {"type": types[port], **sealed} for port, sealed in done["outputs"].items() if port in types}
    if set(outputs) != set(types):
        raise FileNotFoundError(f"not all of the outputs {', '.join(types)} are there")
    for port, output in outputs.items():
        store.adopt(attempt.folder / "sealed" / port, output["digest"])
    for output in outputs.values():
        database.artifacts.add(output["digest"], output["type"], output["size"], output["files"])
    request = attempt.request
    database.artifacts.remember(
        Result(
            request["key"],
            request["module"],
            request["fields"],
            outputs,
            done["seconds"],
            attempt.run_id,
            attempt.node,
            memory_peak=attempt.memory.peak or None,
        )
    )
    return outputs
