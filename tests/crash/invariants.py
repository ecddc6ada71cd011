"""What must be true of a home folder after any number of kills. One function says it all."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from tests.crash.site import HOST, Site, seen
from tests.timing import until
from torchwire.execution.active_run import ENDED
from torchwire.execution.events import RunEvent
from torchwire.execution.janitor import GARBAGE
from torchwire.execution.sealing import file_digest, folder_digest, read_index
from torchwire.storage.models import ArtifactRow, AttemptRow, CheckpointRow, NodeStateRow, ResultRow, RunRow
from torchwire.storage.projection import apply_to_node, apply_to_run, new_node

Digests = Mapping[str, Mapping[str, str]]
"""``{node: {port: digest}}``"""
ENDS = ("node.finished", "node.failed", "node.reused", "node.cancelled", "node.skipped")
RUN_ENDED = ("completed", "failed", "cancelled")
PATIENCE = 20.0
"""Seconds that the janitor, and processes that are to end, are given."""


def check(site: Site, expected: Mapping[str, Digests] | None = None) -> None:
    """Check a home in which nothing is under way, with its engine still there.

    ``expected`` maps the name of a pipeline to what its nodes make when nothing disturbs them.
    """
    check_history(site)
    runs = site.runs()
    for run in runs:
        assert run["status"] in RUN_ENDED, run
        snapshot = site.run(run["id"])
        states = {node: state["status"] for node, state in snapshot["nodes"].items()}
        assert set(states.values()) <= ENDED, states
        _check_ends(site, run["id"], states)
        for node, ports in (expected or {}).get(run["name"], {}).items():
            if states[node] == "completed":
                made = {port: output["digest"] for port, output in snapshot["nodes"][node]["outputs"].items()}
                assert made == ports, f"{node} made something else than undisturbed"
    _check_store(site)
    _check_leftovers(site)


def check_history(site: Site) -> None:
    """Check what must be true at any moment: the log is whole and says what was said, and the rows add up to it."""
    told = list(site.told())  # before the log is read: all of it must be there
    logs: dict[str, list[RunEvent]] = {}
    with site.database.read() as connection:  # one state of the database, while an engine writes
        runs = list(connection.execute(select(*RunRow.__table__.columns)))
        for run in runs:
            events = logs[run.id] = site.database.runs.events(run.id, limit=1_000_000)
            assert [event.seq for event in events] == list(range(1, run.last_seq + 1)), "the log has gaps"
            _check_projection(connection, run, events)
    for record in told:
        log = logs.get(record["run_id"])
        if log is None and record["run_id"] in site.deleted:
            continue
        assert log is not None, f"a run that clients know is gone: {record}"
        assert record["seq"] <= len(log), f"an event that clients heard is gone: {record}"
        stored = json.loads(json.dumps(log[record["seq"] - 1].as_json()))
        assert record == stored, "what a client heard is not what is stored"
    _check_order(site)


def _check_order(site: Site) -> None:
    """Each engine tells a run's events in order and leaves none out."""
    for host in site.hosts:
        path = site.tmp / f"told-{host.pid}.jsonl"
        last: dict[str, int] = {}
        for line in path.read_text().split("\n")[:-1] if path.exists() else ():
            event = json.loads(line)
            before = last.get(event["run_id"])
            assert before is None or event["seq"] == before + 1, f"told {event['seq']} after {before}"
            last[event["run_id"]] = event["seq"]


def _check_projection(connection: Any, row: Any, events: list[RunEvent]) -> None:
    run: dict[str, Any] = {"status": "queued", "started": None, "finished": None, "error": None}
    nodes: dict[str, dict[str, Any]] = defaultdict(new_node)
    for event in events:
        if event.node is None:
            apply_to_run(run, event)
        else:
            apply_to_node(nodes[event.node], event)
    assert run == {name: getattr(row, name) for name in run}, "the run's row is not what its events add up to"
    for node, status, data in connection.execute(
        select(NodeStateRow.node, NodeStateRow.status, NodeStateRow.data).where(NodeStateRow.run_id == row.id)
    ):
        assert data == nodes[node], f"{node}'s row is not what its events add up to"
        assert status == data["status"]


def _check_ends(site: Site, run_id: str, states: Mapping[str, str]) -> None:
    """Each node ended once, each attempt began once, in order, and printed each line once."""
    ends, attempts, printed = Counter[str](), defaultdict(list), defaultdict(list)
    for event in site.database.runs.events(run_id, limit=1_000_000):
        if event.type in ENDS:
            ends[event.node or ""] += 1
        elif event.type == "node.started":
            attempts[event.node].append(event.data["attempt"])
            printed[event.node].clear()
        elif event.type == "node.log":
            lines = [text for _, _, text in event.data["lines"] if text.startswith("line ")]
            printed[event.node] += lines
            assert len(set(printed[event.node])) == len(printed[event.node]), f"{event.node} says lines twice"
    assert ends == dict.fromkeys(states, 1), ends
    for node, numbers in attempts.items():
        assert numbers == sorted(set(numbers)), f"the attempts of {node}: {numbers}"


def _check_store(site: Site) -> None:
    """Every folder in the store is whole, read byte by byte, and every row has its folder."""
    store = site.home / "artifacts"
    there = set()
    _until_none(lambda: list(store.glob("removed-*")), "left in the store")
    for folder in store.glob("*/*"):
        assert folder.parent.name == folder.name[:2]
        _check_artifact(folder)
        there.add(folder.name)
    with site.database.read() as connection:
        known = dict(connection.execute(select(ArtifactRow.digest, ArtifactRow.size)).all())
        results = connection.execute(select(ResultRow.outputs)).scalars().all()
        checkpoints = connection.execute(select(CheckpointRow.digest)).scalars().all()
        living = connection.execute(select(AttemptRow.id).where(AttemptRow.state != "ended")).scalars().all()
    assert not living, f"attempts that never end: {living}"
    assert set(known) <= there, f"rows without a folder: {set(known) - there}"
    assert set(checkpoints) <= there, "checkpoints without a folder"
    for outputs in results:
        for output in outputs.values():
            assert output["size"] == known.get(output["digest"], output["size"])
    for run in site.runs():
        if run["id"] in site.deleted:  # asked for, and cut short: its outputs may have gone first
            continue
        for state in site.run(run["id"])["nodes"].values():
            for output in state["outputs"].values():
                assert output["digest"] in known, f"an output of {run['id']} without a row"


def _check_artifact(folder: Path) -> None:
    records = read_index(folder)
    files = {path.relative_to(folder / "data").as_posix() for path in (folder / "data").rglob("*") if path.is_file()}
    assert files == set(records), f"{folder} does not hold what its index says"
    assert {path.name for path in folder.iterdir()} == {"data", "index.json"}
    for record in records.values():
        path = folder / "data" / record.path
        assert (path.stat().st_size, file_digest(path)) == (record.size, record.sha256), path
    assert folder_digest(records.values()) == folder.name


def _check_leftovers(site: Site) -> None:
    """Nothing lies about once the janitor has been, and nothing runs but the engine and what it forks from."""
    with site.database.read() as connection:
        known = set(connection.execute(select(AttemptRow.id)).scalars())
    attempts, documents = site.home / "attempts", site.home / "cache" / "documents"

    def strays() -> list[str]:
        found = [str(path) for path in documents.iterdir()]
        for folder in attempts.iterdir():
            found += [str(folder)] if folder.name not in known else []
            found += [str(folder / name) for name in GARBAGE if (folder / name).exists()]
        return found

    _until_none(strays, "left lying about")
    _until_none(lambda: _left_running(site), "left running")


def check_nothing_runs(site: Site) -> None:
    """Check, after the last engine has stopped, that no process of it is left."""
    forks = site.forks.process.pid
    _until_none(lambda: list(filter(None, (seen(p) for p in site.processes() if p.pid != forks))), "left running")


def _left_running(site: Site) -> list[str]:
    """The processes that have no business here: descendants of the zygote that wait for work do."""
    allowed = {site.forks.process.pid, *(host.pid for host in site.hosts)}
    zygotes = {process.pid for process in site.zygotes()}
    left = []
    for process in site.processes():
        with suppress(psutil.Error):  # it may end while it is looked at
            if HOST in process.cmdline():  # the real server has two processes
                continue
            waits = process.ppid() in zygotes and process.pid not in _once_workers(site)
            if process.pid not in allowed | zygotes and not waits:
                left.append(seen(process))
    return [about for about in left if about is not None]


def _once_workers(site: Site) -> set[int]:
    with site.database.read() as connection:
        return {pid for pid in connection.execute(select(AttemptRow.pid)).scalars() if pid}


def _until_none(find: Any, what: str) -> None:
    try:
        until(lambda: not find(), what, PATIENCE)
    except AssertionError:
        raise AssertionError(f"{what}: {find()}") from None
