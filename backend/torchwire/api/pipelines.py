"""Pipeline drafts and their journal, and questions about documents that are not saved."""

from __future__ import annotations

from typing import Any

from flask import request

from torchwire.api.documents import read_document
from torchwire.api.parsing import whole_number
from torchwire.api.records import (
    DocumentAnswer,
    FactsAnswer,
    FactsQuestion,
    PipelineAnswer,
    PipelineConflict,
    PipelineCreate,
    PipelineQuestion,
    PipelineRestore,
    PipelinesAnswer,
    PipelineUpdate,
    PlanAnswer,
    RehearsalAnswer,
    RevisionsAnswer,
    Validation,
)
from torchwire.api.resource import Resource
from torchwire.extensions import services

PAGE, MOST = 200, 1000

pipelines = Resource("pipelines", __name__)


@pipelines.declare("GET", "/pipelines", summary="List the drafts", permission="read", response=PipelinesAnswer)
def list_all() -> Any:
    """All drafts, the one changed last first."""
    return {"pipelines": services().database.pipelines.list()}


@pipelines.declare(
    "POST",
    "/pipelines",
    summary="Create a draft",
    permission="edit",
    request=PipelineCreate,
    response=PipelineAnswer,
    status=201,
)
def create(body: PipelineCreate) -> Any:
    """Store a document as a new draft."""
    return {"pipeline": services().database.pipelines.create(read_document(body["document"]))}


@pipelines.declare(
    "GET", "/pipelines/<pipeline_id>", summary="Read a draft", permission="read", response=PipelineAnswer
)
def read(pipeline_id: str) -> Any:
    """A draft with its newest document."""
    return {"pipeline": services().database.pipelines.get(pipeline_id)}


@pipelines.declare(
    "PUT",
    "/pipelines/<pipeline_id>",
    summary="Save a draft",
    permission="edit",
    request=PipelineUpdate,
    response=PipelineAnswer,
    answers={409: PipelineConflict},
)
def save(pipeline_id: str, body: PipelineUpdate) -> Any:
    """Store a newer document, unless the draft has moved on since the revision that it is based on.

    A document without nodes replaces one with nodes only where ``emptied`` says that this is meant.
    """
    document, emptied, step = read_document(body["document"]), body.get("emptied", False), body.get("step", "")
    drafts = services().database.pipelines
    return {"pipeline": drafts.save(pipeline_id, document, body["revision"], emptied=emptied, step=step)}


@pipelines.declare("DELETE", "/pipelines/<pipeline_id>", summary="Delete a draft", permission="edit", status=204)
def delete(pipeline_id: str) -> None:
    """Remove a draft and its journal. Its runs stay."""
    services().database.pipelines.delete(pipeline_id)


@pipelines.declare(
    "POST",
    "/pipelines/<pipeline_id>/restore",
    summary="Bring back an earlier revision",
    permission="edit",
    request=PipelineRestore,
    response=PipelineAnswer,
)
def restore(pipeline_id: str, body: PipelineRestore) -> Any:
    """Make the document of an earlier revision the newest one. Nothing in between is lost."""
    return {"pipeline": services().database.pipelines.restore(pipeline_id, body["revision"])}


@pipelines.declare(
    "GET",
    "/pipelines/<pipeline_id>/revisions",
    summary="List a draft's revisions",
    permission="read",
    response=RevisionsAnswer,
    query={
        "limit": f"How many at most; {PAGE} unless told, {MOST} at the most.",
        "before": "The cursor that the page before gave as 'next'.",
    },
)
def revisions(pipeline_id: str) -> Any:
    """The draft's journal, newest first."""
    limit = whole_number(request.args.get("limit"), "limit", PAGE, 1, MOST)
    before = whole_number(request.args.get("before"), "before", 2**31 - 1, 1, 2**31 - 1)
    found = services().database.pipelines.revisions(pipeline_id, limit + 1, before)
    more = len(found) > limit
    return {"revisions": found[:limit], "next": found[limit - 1]["revision"] if more else None}


@pipelines.declare(
    "GET",
    "/pipelines/<pipeline_id>/revisions/<revision>",
    summary="Read an earlier revision",
    permission="read",
    response=DocumentAnswer,
)
def revision(pipeline_id: str, revision: str) -> Any:
    """The document of one revision."""
    number = whole_number(revision, "revision", 0, 0, 2**53)
    return {"document": services().database.pipelines.revision(pipeline_id, number)}


@pipelines.declare(
    "POST",
    "/validate",
    summary="Check a document",
    permission="read",
    request=PipelineQuestion,
    response=Validation,
)
def validate(body: PipelineQuestion) -> Any:
    """All faults of a document, or of a part of it, at once. Nothing runs and nothing is stored."""
    part = {"until": body.get("until"), "only": body.get("only")}
    faults = services().engine.validate(body["pipeline"], **part).faults
    return {"valid": not faults, "faults": [fault.as_json() for fault in faults]}


@pipelines.declare(
    "POST",
    "/plan",
    summary="Say what Submit would do",
    permission="read",
    request=PipelineQuestion,
    response=PlanAnswer,
)
def plan(body: PipelineQuestion) -> Any:
    """Which nodes would run and which would be reused, and why, of a pipeline finished or not. Nothing runs."""
    return services().engine.plan(body["pipeline"], until=body.get("until"), only=body.get("only"))


@pipelines.declare(
    "POST",
    "/facts",
    summary="Say what is known before running",
    permission="read",
    request=FactsQuestion,
    response=FactsAnswer,
)
def facts(body: FactsQuestion) -> Any:
    """What each output holds or would hold, and what to remark, for a pipeline finished or not. Nothing runs."""
    return services().engine.facts(body["pipeline"])


@pipelines.declare(
    "POST",
    "/preflight",
    summary="Rehearse a pipeline",
    permission="run",
    request=FactsQuestion,
    response=RehearsalAnswer,
    status=202,
)
def rehearse(body: FactsQuestion) -> Any:
    """Begin to run one batch of each training and scoring node that Submit would run. No run is made of it."""
    return {"rehearsal": services().engine.rehearse(body["pipeline"])}


@pipelines.declare(
    "GET",
    "/preflight/<rehearsal_id>",
    summary="Read a rehearsal",
    permission="read",
    response=RehearsalAnswer,
)
def rehearsal(rehearsal_id: str) -> Any:
    """How far a rehearsal has come and what it found. Only the last one is remembered."""
    return {"rehearsal": services().engine.rehearsals.get(rehearsal_id)}


@pipelines.declare("DELETE", "/preflight/<rehearsal_id>", summary="Cancel a rehearsal", permission="run", status=204)
def cancel_rehearsal(rehearsal_id: str) -> None:
    """End a rehearsal at once."""
    services().engine.rehearsals.cancel(rehearsal_id)
