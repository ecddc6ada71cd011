"""The named steps at which a kill must do no harm, and what leads to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.crash import graphs, invariants
from tests.crash.site import Host, Site
from tests.graphs import Document
from tests.timing import until

Expected = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A step, its ``n-th`` time, and how a test comes to it."""

    name: str
    lead: str = "run"
    nth: int = 1
    worker: bool = False  # it is the worker that dies there, or the process that workers are forked from

    def __str__(self) -> str:
        return f"{self.lead}, {self.name}" + (f" {self.nth}" if self.nth > 1 else "")


def _both(lead: str, *names: str) -> list[Step]:
    return [Step(f"{name}:{when}", lead) for name in names for when in ("before", "after")]


MOVES = ("before-rename", "renamed", "before-flush", "flushed")
ENGINE = [
    Step("document:half"),
    Step("document:written"),
    *_both("run", "stores run.queued", "stores attempt"),
    Step("request:half"),
    Step("request:written"),
    *_both("run", "asks for a fork", "stores node.started", "adopt"),
    Step("store:before-rename"),
    Step("store:renamed"),
    Step("store:renamed", nth=2),
    Step("store:before-flush"),
    Step("store:flushed", nth=2),
    *_both("run", "stores node.finished", "tells node.finished", "stores run.finished", "tells run.finished", "clean"),
    *_both("reuse", "stores node.reused", "tells node.reused"),
    *_both("fail", "stores node.failed"),
    *_both("cancel", "stores cancel", "flag", "signal", "stores node.cancelled", "tells node.cancelled"),
    *_both("recovery", "lock", "recover", "load run", "take up", "stores recovery", "launch", "sweep", "adopt"),
    *_both("recovery", "stores node.finished"),
    *_both("first start", "migrate"),
    *_both("zygote lost", "lose zygote"),
]
CHECKPOINTS = [
    *_both("checkpoint", "adopt checkpoint", "stores node.checkpoint", "tells node.checkpoint", "withdraw"),
    Step("adopt:after", "checkpoint", nth=3),
    Step("stores node.finished:after", "checkpoint"),
    *[
        Step(f"says attempt.checkpoint:{when}", "checkpoint", nth=2, worker=True)
        for when in ("before", "half", "after")
    ],
    *[Step(f"checkpoint:{at}", "checkpoint", nth=nth, worker=True) for at in MOVES for nth in (2, 5)],
    *_both("delete", "stores deletion", "withdraw"),
]
WORKER = [
    *[Step(f"fork:{when}", worker=True) for when in ("before", "after")],
    *[Step(f"says attempt.started:{when}", worker=True) for when in ("before", "half", "after")],
    *[Step(f"{name}:{when}", worker=True) for name in ("work", "seal") for when in ("before", "after")],
    Step("seal:before-rename", worker=True),
    Step("seal:renamed", worker=True),
    Step("seal:renamed", nth=2, worker=True),
    Step("index:half", worker=True),
    Step("index:written", worker=True),
    Step("seal:before-flush", worker=True),
    Step("seal:flushed", nth=3, worker=True),
    *[Step(f"says attempt.done:{when}", worker=True) for when in ("before", "half", "after")],
]
ALL = ENGINE + CHECKPOINTS + WORKER


class Life:
    """One home for all steps: what one leaves behind, the next has to live with."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.host: Host | None = None

    def living(self) -> Host:
        """The engine, a new one after a test that failed."""
        host, self.host = self.host, None
        if host is None:
            self.site.disarm()
            for old in self.site.hosts:
                old.kill()
            host = self.site.start()
        return host


def survive(site: Site, host: Host, step: Step, expected: Expected, number: int) -> Host:
    """Lead to the step, see that it was reached and killed, go on, check everything. Returns the living engine."""
    name, host = LEADS[step.lead](site, host, step, number)
    until(lambda: site.fired(name), f"the step '{step}'")
    if not step.worker:
        host.wait()
        host = site.start()
    document = _document(step, number)
    if step.lead == "delete":
        for run_id in site.deleted & {run["id"] for run in site.runs()}:
            host.ask("delete", run=run_id)
    if document["name"] not in {run["name"] for run in site.runs()}:  # it died before the run was stored
        host.ask("submit", document=document)
    if step.lead == "cancel":  # it died before it remembered that
        for run_id in site.database.runs.unfinished():
            host.ask("cancel", run=run_id)
    runs = site.finish()
    ours = [run for run in runs if run["name"] == document["name"]]
    wanted = {"fail": {"failed"}, "cancel": {"cancelled", "completed"}}.get(step.lead, {"completed"})
    if step.worker and any(run["status"] == "failed" for run in ours):
        host.ask("submit", document=document)
        ours = [run for run in site.finish() if run["name"] == document["name"]][:1]
    assert {run["status"] for run in ours} <= wanted, [(run["status"], run["error"]) for run in ours]
    invariants.check(site, expected)
    return host


def _run(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    name = site.arm(step.name, nth=step.nth)
    host.ask("submit", document=_document(step, number))
    return name, host


def _document(step: Step, number: int) -> Document:
    if step.lead in ("checkpoint", "delete"):
        return graphs.counting(number)
    made = {"fail": graphs.failing, "cancel": graphs.stubborn}.get(step.lead)
    return made() if made is not None else graphs.two_in_a_row(number)


def _reuse(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    host.ask("submit", document=graphs.two_in_a_row(number))
    site.finish()
    return _run(site, host, step, number)


def _cancel(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    document = graphs.stubborn()
    run = host.ask("submit", document=document)
    assert run is not None
    _until_said(site, run["run"], "node.started")
    name = site.arm(step.name, nth=step.nth)
    host.ask("cancel", run=run["run"])
    return name, host


def _recovery(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    """The engine dies while one node runs and another is waiting to be committed; the one that follows dies too."""
    before = site.arm("tells node.progress:after")
    host.ask("submit", document=graphs.two_in_a_row(number))
    until(lambda: site.fired(before), "the engine's first death")
    host.wait()
    if step.name.startswith(("adopt", "stores node")):
        until(lambda: not site.workers(), "the end of the worker")
    name = site.arm(step.name, nth=step.nth)
    return name, site.spawn()


def _first_start(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    host.stop()
    for path in site.home.glob("torchwire.db*"):
        path.unlink()
    for folder in ("attempts", "artifacts"):
        (site.home / folder).rename(site.tmp / f"{folder}-{step.name}")
    site.database.close()
    for path in site.tmp.glob("told-*"):
        path.unlink()
    name = site.arm(step.name, nth=step.nth)
    return name, site.spawn()


def _zygote_lost(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    run = host.ask("submit", document=graphs.two_in_a_row(number))
    assert run is not None
    _until_said(site, run["run"], "node.started")
    name = site.arm(step.name, nth=step.nth)
    for zygote in site.zygotes():
        zygote.kill()
    return name, host


def _delete(site: Site, host: Host, step: Step, number: int) -> tuple[str, Host]:
    answer = host.ask("submit", document=graphs.counting(number))
    assert answer is not None
    site.finish(answer["run"])
    name = site.arm(step.name, nth=step.nth)
    site.deleted.add(answer["run"])
    host.ask("delete", run=answer["run"])
    return name, host


def _until_said(site: Site, run_id: str, kind: str) -> None:
    until(lambda: any(event.type == kind for event in site.database.runs.events(run_id)), kind)


LEADS: dict[str, Callable[[Site, Host, Step, int], tuple[str, Host]]] = {
    "run": _run,
    "fail": _run,
    "reuse": _reuse,
    "cancel": _cancel,
    "recovery": _recovery,
    "first start": _first_start,
    "zygote lost": _zygote_lost,
    "checkpoint": _run,
    "delete": _delete,
}
