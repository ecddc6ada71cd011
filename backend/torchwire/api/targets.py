"""Compute targets: which there are, and setting up those beyond this computer."""

from __future__ import annotations

from typing import Any

from torchwire.api.records import ErrorAnswer, Target, TargetsAnswer
from torchwire.api.resource import Resource
from torchwire.api.target_records import (
    TargetCreate,
    TargetKindsAnswer,
    TargetTest,
    TargetTestAnswer,
    TargetUpdate,
)
from torchwire.errors import ConflictError, NotFoundError
from torchwire.extensions import services

targets = Resource("targets", __name__)


@targets.declare("GET", "/targets", summary="List the compute targets", permission="read", response=TargetsAnswer)
def listing() -> Any:
    """Where nodes can run, how busy each is, and what was last seen of those beyond this computer."""
    return {"targets": services().engine.targets()}


@targets.declare(
    "GET", "/target-kinds", summary="List the kinds of targets", permission="read", response=TargetKindsAnswer
)
def kinds() -> Any:
    """The kinds of targets that may be added, with the options of each."""
    return {"kinds": services().roster.kinds()}


@targets.declare(
    "POST",
    "/targets",
    summary="Add a compute target",
    permission="edit",
    request=TargetCreate,
    response=Target,
    status=201,
    answers={409: ErrorAnswer},
)
def add(body: TargetCreate) -> Any:
    """Set up a target beyond this computer. It is looked at from now on."""
    id = body["id"]
    if any(row["id"] == id for row in services().engine.targets()):
        raise ConflictError(f"There is a target '{id}' already.", hint="Choose another id.")
    services().roster.add(id, body["kind"], body["title"], body["options"], body.get("token"))
    return _row(id)


@targets.declare(
    "PUT",
    "/targets/<target_id>",
    summary="Change a compute target",
    permission="edit",
    request=TargetUpdate,
    response=Target,
    answers={409: ErrorAnswer},
)
def change(target_id: str, body: TargetUpdate) -> Any:
    """Set a target up anew. What runs there goes on as it began."""
    token = body.get("token")
    services().roster.change(target_id, body["title"], body["options"], token, keep_token="token" not in body)
    return _row(target_id)


@targets.declare(
    "DELETE",
    "/targets/<target_id>",
    summary="Remove a compute target",
    permission="edit",
    status=204,
    answers={409: ErrorAnswer},
)
def remove(target_id: str) -> Any:
    """Forget a target and its token. Refused while nodes run there."""
    if any(row["id"] == target_id and row["busy"]["nodes"] for row in services().engine.targets()):
        raise ConflictError(f"Nodes run on the target '{target_id}'.", hint="Cancel them first, or wait for them.")
    services().roster.remove(target_id)


@targets.declare(
    "POST",
    "/targets/test",
    summary="Look at a compute target",
    permission="edit",
    request=TargetTest,
    response=TargetTestAnswer,
)
def test(body: TargetTest) -> Any:
    """What a target has that would be set up so; or the error that says why it can't be reached."""
    return services().roster.test(body["kind"], body["options"], body.get("token"), body.get("id"))


def _row(target_id: str) -> dict[str, Any]:
    engine = services().engine
    engine.settle()
    for row in engine.targets():
        if row["id"] == target_id:
            return row
    raise NotFoundError(f"There is no target '{target_id}' any more.")
