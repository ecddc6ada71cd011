"""Room on the disk: what takes how much, a budget, pins, and making room."""

from __future__ import annotations

from typing import Any

from flask import request

from torchwire.api.errors import InvalidRequestError
from torchwire.api.parsing import whole_number
from torchwire.api.resource import Resource
from torchwire.api.run_records import RunAnswer
from torchwire.api.storage_records import (
    BudgetUpdate,
    CollectAnswer,
    CollectRequest,
    StorageAnswer,
    StoredArtifactsAnswer,
    StoredRunsAnswer,
)
from torchwire.extensions import services

PAGE = 50
MAX_PAGE = 200
ORDERS = ("size", "last_used")
PAGING = {
    "limit": f"How many at most; {PAGE} unless told, {MAX_PAGE} at the most.",
    "before": "The cursor that the page before gave as 'next'.",
}

storage = Resource("storage", __name__)


@storage.declare("GET", "/storage", summary="Show the room on the disk", permission="read", response=StorageAnswer)
def overview() -> Any:
    """What is used by kind, the budget, and how much could be freed."""
    return services().engine.collector.overview()


@storage.declare(
    "GET",
    "/storage/runs",
    summary="List runs by their room",
    permission="read",
    response=StoredRunsAnswer,
    query=PAGING,
)
def runs() -> Any:
    """Runs, newest first, in pages."""
    return services().engine.collector.runs(_limit(), request.args.get("before") or None)


@storage.declare(
    "GET",
    "/storage/artifacts",
    summary="List artifacts by their room",
    permission="read",
    response=StoredArtifactsAnswer,
    query={**PAGING, "order": "size: the largest first; last_used: the longest unused first."},
)
def artifacts() -> Any:
    """Artifacts that are there, in pages."""
    order = request.args.get("order") or "size"
    if order not in ORDERS:
        raise InvalidRequestError(f"'order' must be one of {', '.join(ORDERS)}.", parameter="order")
    return services().engine.collector.artifacts(_limit(), request.args.get("before") or None, order)


@storage.declare(
    "PUT",
    "/storage/budget",
    summary="Set the disk budget",
    permission="edit",
    request=BudgetUpdate,
    response=StorageAnswer,
)
def set_budget(body: BudgetUpdate) -> Any:
    """Keep the home to so many bytes from now on. What is too much goes soon, in the background."""
    services().engine.collector.set_budget(body["bytes"])
    return services().engine.collector.overview()


@storage.declare(
    "POST",
    "/storage/collect",
    summary="Make room",
    permission="run",
    request=CollectRequest,
    response=CollectAnswer,
)
def collect(body: CollectRequest) -> Any:
    """Remove what nothing kept needs, or say in a dry run what that would be."""
    return services().engine.collector.collect(dry_run=body["dry_run"], down_to=body.get("down_to"))


@storage.declare("PUT", "/runs/<run_id>/pin", summary="Pin a run", permission="edit", response=RunAnswer)
def pin_run(run_id: str) -> Any:
    """Keep a run with all that it made or reused."""
    return _pin_run(run_id, True)


@storage.declare("DELETE", "/runs/<run_id>/pin", summary="Unpin a run", permission="edit", response=RunAnswer)
def unpin_run(run_id: str) -> Any:
    """Keep a run no longer."""
    return _pin_run(run_id, False)


@storage.declare("DELETE", "/runs/<run_id>", summary="Delete a run", permission="run", status=204)
def delete_run(run_id: str) -> None:
    """Remove a run with its log, and what it made that no other run needs."""
    services().engine.collector.delete_run(run_id)


@storage.declare("PUT", "/artifacts/<digest>/pin", summary="Pin an artifact", permission="edit", status=204)
def pin_artifact(digest: str) -> None:
    """Keep an artifact."""
    services().engine.collector.pin_artifact(digest, True)


@storage.declare("DELETE", "/artifacts/<digest>/pin", summary="Unpin an artifact", permission="edit", status=204)
def unpin_artifact(digest: str) -> None:
    """Keep an artifact no longer."""
    services().engine.collector.pin_artifact(digest, False)


def _pin_run(run_id: str, pinned: bool) -> Any:
    services().engine.collector.pin_run(run_id, pinned)
    return {"run": services().database.runs.snapshot(run_id)}


def _limit() -> int:
    return whole_number(request.args.get("limit"), "limit", PAGE, 1, MAX_PAGE)
