"""Runs: submit, list, read, cancel, and their events and logs."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from torchwire.api.answers import file_name
from torchwire.api.errors import InvalidRequestError
from torchwire.api.event_records import EventsAnswer
from torchwire.api.parsing import whole_number
from torchwire.api.resource import Resource
from torchwire.api.run_records import LogsAnswer, RunAnswer, RunsAnswer, RunSubmit
from torchwire.errors import NotFoundError
from torchwire.extensions import services

PAGE = 50
MAX_RUNS = 200
MAX_EVENTS = 1000
LAST = 2**53
PAGING = {"after": "The number of the last event already seen.", "limit": "How many at most."}

runs = Resource("runs", __name__)


@runs.declare(
    "POST",
    "/runs",
    summary="Submit a pipeline",
    permission="run",
    request=RunSubmit,
    response=RunAnswer,
    status=202,
)
def submit(body: RunSubmit) -> Any:
    """Check a document, or a saved draft, and run it or a part of it."""
    pipeline_id = body.get("pipeline_id")
    if "pipeline" not in body and pipeline_id is None:
        raise InvalidRequestError("There is nothing to run.", hint="Give 'pipeline', a document, or 'pipeline_id'.")
    draft = None if pipeline_id is None else services().database.pipelines.get(pipeline_id)
    document = body["pipeline"] if "pipeline" in body else (draft or {})["document"]
    part = {"until": body.get("until"), "only": body.get("only")}
    return {"run": services().engine.submit(document, pipeline_id=pipeline_id, **part)}


@runs.declare(
    "GET",
    "/runs",
    summary="List the runs",
    permission="read",
    response=RunsAnswer,
    query={
        "limit": f"How many at most; {PAGE} unless told, {MAX_RUNS} at the most.",
        "before": "The cursor that the page before gave as 'next'.",
        "pipeline_id": "Only the runs of this draft.",
        "status": "Only runs in this state.",
        "search": "Only runs with this in their name.",
    },
)
def list_all() -> Any:
    """Runs, newest first, in pages."""
    limit = whole_number(request.args.get("limit"), "limit", PAGE, 1, MAX_RUNS)
    wanted = {name: request.args.get(name) or None for name in ("before", "pipeline_id", "status", "search")}
    found = services().database.runs.list(limit + 1, **wanted)
    more = len(found) > limit
    return {"runs": found[:limit], "next": found[limit - 1]["id"] if more else None}


@runs.declare("GET", "/runs/<run_id>", summary="Read a run", permission="read", response=RunAnswer)
def read(run_id: str) -> Any:
    """A run with the state of every node."""
    return {"run": services().database.runs.snapshot(run_id)}


@runs.declare("POST", "/runs/<run_id>/cancel", summary="Cancel a run", permission="run", response=RunAnswer, status=202)
def cancel(run_id: str) -> Any:
    """Ask for the end of a run. Its state says when it is over; a run that is over stays as it is."""
    return {"run": services().engine.cancel(run_id)}


@runs.declare(
    "POST",
    "/runs/<run_id>/nodes/<node>/cancel",
    summary="Cancel a node",
    permission="run",
    response=RunAnswer,
    status=202,
)
def cancel_node(run_id: str, node: str) -> Any:
    """Ask for the end of one node. What stands behind it is skipped; other branches go on."""
    return {"run": services().engine.cancel_node(run_id, node)}


@runs.declare(
    "GET",
    "/runs/<run_id>/events",
    summary="Read a run's events",
    permission="read",
    response=EventsAnswer,
    query=PAGING,
)
def events(run_id: str) -> Any:
    """The events after a number, in pages."""
    after, limit = _paging()
    found = services().database.runs.events(run_id, after, limit + 1)
    return {"events": [event.as_json() for event in found[:limit]], "more": len(found) > limit}


@runs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/logs",
    summary="Read a node's log",
    permission="read",
    response=LogsAnswer,
    query=PAGING,
)
def logs(run_id: str, node: str) -> Any:
    """Log lines, each with the number of the event that brought it; a page ends with a whole event."""
    after, limit = _paging()
    found = services().database.runs.node_events(run_id, node, "node.log", after, limit + 1)
    if not found and node not in services().database.runs.snapshot(run_id)["nodes"]:
        raise NotFoundError(f"The run has no node '{node[:200]}'.")
    lines: list[list[Any]] = []
    for event in found[:limit]:
        if lines and len(lines) + len(event.data["lines"]) > limit:
            return {"lines": lines, "more": True}
        lines += [[event.seq, *line] for line in event.data["lines"]]
    return {"lines": lines, "more": len(found) > limit}


@runs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/logs/files",
    summary="Download a node's log files",
    permission="read",
    media_type="application/zip",
)
def log_files(run_id: str, node: str) -> Response:
    """What the node has printed and put into its log folder so far, such as curves for TensorBoard, as a zip."""
    from torchwire.api.zip_stream import zip_stream
    from torchwire.execution.home import Home
    from torchwire.execution.logs import log_files as find

    if node not in services().database.runs.snapshot(run_id)["nodes"]:
        raise NotFoundError(f"The run has no node '{node[:200]}'.")
    attempt = services().database.attempts.newest(run_id, node)
    found = [] if attempt is None else list(find(Home(services().config.home).attempts / attempt))
    if not found:
        hint = "A reused node's files are in the run that made its output."
        raise NotFoundError(f"Node '{node[:200]}' has no log files in this run.", hint=hint)
    answer = Response(zip_stream(found), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name(node)}-log.zip"'
    return answer


def _paging() -> tuple[int, int]:
    after = whole_number(request.args.get("after"), "after", 0, 0, LAST)
    return after, whole_number(request.args.get("limit"), "limit", MAX_EVENTS, 1, MAX_EVENTS)
