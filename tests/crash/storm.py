"""Random kills: who, when and in which state is drawn from a seed, so that a storm can be had again."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.crash import invariants
from tests.crash.site import Host, Site
from tests.graphs import Document
from tests.timing import until
from torchwire.execution.processes import is_alive

WEIGHTS = {"server": 5, "worker": 6, "zygote": 2, "child": 4}
EVENTS = 14
"""At most so many events pass between two kills, and then so many seconds:"""
MOMENT = 0.06
BUSY = 0.7
"""How often the next kill waits until a node runs."""
CANCELS = 0.08
FREEZES = 0.1
Toll = Counter[tuple[str, str]]
"""How often each kind of victim was hit in each state."""


@dataclass
class Storm:
    """Kills in one home while pipelines run in it."""

    site: Site
    draw: random.Random
    documents: Sequence[Document]
    toll: Toll = field(default_factory=Counter)
    reattached: int = 0
    cancelled: set[str] = field(default_factory=set)
    _killed: set[int] = field(default_factory=set)
    _expected_alive: dict[str, int] = field(default_factory=dict)
    _submitted: int = 0

    def rage(self, kills: int, wanted: Mapping[str, Any], *, patience: float = 20.0) -> None:
        """Kill so often, then let everything come to its end and check it."""
        before = sum(self.toll.values())
        host = self.site.start()
        self._submit(host)
        while sum(self.toll.values()) - before < kills:
            host = self._one(host, patience)
            invariants.check_history(self.site)
        self.settle(host, wanted)

    def settle(self, host: Host, wanted: Mapping[str, Any]) -> None:
        """Wait for the ends, run what failed again, check everything, and stop."""
        if not host.is_alive():
            host = self.site.start()
        self.site.finish()
        self._check_reattached()
        for document in self.documents:
            for _ in range(4):
                runs = [run for run in self.site.runs() if run["name"] == document["name"]]
                if any(run["status"] == "completed" for run in runs):
                    break
                host.ask("submit", document=document)
                self.site.finish()
            else:
                raise AssertionError(f"'{document['name']}' never completes: {runs[0]}")
        invariants.check(self.site, wanted)
        host.stop()
        invariants.check_nothing_runs(self.site)

    def _submit(self, host: Host) -> None:
        for document in self.documents:
            host.ask("submit", document=document)

    def _one(self, host: Host, patience: float) -> Host:
        """Let some events pass, then kill somebody."""
        if not self.site.database.runs.unfinished():
            self._submit_another(host)
        if self.draw.random() < BUSY:
            until(lambda: self.site.workers() or not self.site.database.runs.unfinished(), "something that runs")
        seen, more = self._count(), self.draw.randint(0, EVENTS)
        with suppress(AssertionError):
            until(lambda: self._count() >= seen + more or not self.site.database.runs.unfinished(), "", patience)
        time.sleep(self.draw.uniform(0.0, MOMENT))  # the moment itself is drawn
        if self.draw.random() < CANCELS:
            self._cancel(host)
        victims = self._victims(host)
        chosen = self.draw.choices(list(victims), [WEIGHTS[name] for name in victims])[0]
        process = self.draw.choice(victims[chosen])
        state = self._state(chosen, process)
        if self.draw.random() < FREEZES:
            self._freeze(process)
        if chosen == "server":
            return self._kill_server(host, state)
        self._killed.add(process.pid)
        with suppress(psutil.Error):
            process.kill()
            self.toll[chosen, state] += 1
        return host

    def _submit_another(self, host: Host) -> None:
        document = self.documents[self._submitted % len(self.documents)]
        self._submitted += 1
        again = document | {"nodes": [node | {"regenerate_output": True} for node in document["nodes"]]}
        host.ask("submit", document=again)

    def _victims(self, host: Host) -> dict[str, list[psutil.Process]]:
        workers = self.site.workers()
        children = [child for worker in workers for child in _children(worker)]
        found = {
            "server": [psutil.Process(host.pid)],
            "worker": workers,
            "zygote": self.site.zygotes(),
            "child": children,
        }
        return {name: processes for name, processes in found.items() if processes}

    def _state(self, chosen: str, process: psutil.Process) -> str:
        with self.site.database.read() as connection:
            attempts = connection.exec_driver_sql("SELECT id, state, pid FROM attempts WHERE state <> 'ended'").all()
        if chosen in ("worker", "child"):
            pids = {process.pid}
            with suppress(psutil.Error):
                pids.add(process.ppid())
            mine = [row.id for row in attempts if row.pid in pids]
            return self._stage(mine[0]) if mine else "ending"
        if self.cancelled & set(self.site.database.runs.unfinished()):
            return "cancelling"
        stages = Counter(self._stage(row.id) for row in attempts)
        return next((name for name in ("committing", "sealing", "starting", "running") if stages[name]), "idle")

    def _stage(self, attempt: str) -> str:
        folder = self.site.home / "attempts" / attempt
        with suppress(OSError):
            text = (folder / "events.jsonl").read_bytes()
            if b'"attempt.done"' in text:
                return "committing"
            return "sealing" if any((folder / "sealed").glob("*")) else "running"
        return "starting"

    def _cancel(self, host: Host) -> None:
        unfinished = self.site.database.runs.unfinished()
        if unfinished:
            run_id = self.draw.choice(unfinished)
            self.cancelled.add(run_id)
            host.ask("cancel", run=run_id)

    def _freeze(self, process: psutil.Process) -> None:
        """Stop a process for as long as it takes others to do something."""
        with suppress(psutil.Error):
            process.suspend()
            seen = self._count()
            with suppress(AssertionError):
                until(lambda: self._count() > seen, "", 0.7)
            process.resume()

    def _kill_server(self, host: Host, state: str) -> Host:
        host.kill()
        self.toll["server", state] += 1
        alive = self._living_attempts()
        self._expected_alive |= alive
        self.reattached += len(alive)
        if self.draw.random() < 0.25:  # the next one does not even get to say that it has started
            following = self.site.spawn()
            time.sleep(self.draw.uniform(0.0, 2 * MOMENT))
            stage = "working" if following.has_answered() else "starting"
            following.kill()
            self.toll["server", stage] += 1
        return self.site.start()

    def _living_attempts(self) -> dict[str, int]:
        """The attempts that have begun and not ended, of runs that nobody cancels: they are to go on."""
        with self.site.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT a.id, a.pid, a.pid_started FROM attempts a JOIN runs r ON r.id = a.run_id"
                " WHERE a.state = 'running' AND NOT r.cancel_requested"
            ).all()
        return {row.id: row.pid for row in rows if is_alive(row.pid, row.pid_started)}

    def _check_reattached(self) -> None:
        """What lived when an engine was killed, and was not killed or cancelled itself, was no other's turn again."""
        with self.site.database.read() as connection:
            newest = connection.exec_driver_sql(
                "SELECT a.id, a.number, (SELECT max(b.number) FROM attempts b"
                " WHERE b.run_id = a.run_id AND b.node = a.node) AS last FROM attempts a"
            ).all()
        for row in newest:
            pid = self._expected_alive.get(row.id)
            if pid is not None and pid not in self._killed:
                assert row.number == row.last, f"attempt {row.id} (process {pid}) lived and was not re-attached"

    def _count(self) -> int:
        with self.site.database.read() as connection:
            return int(connection.exec_driver_sql("SELECT coalesce(sum(last_seq), 0) FROM runs").scalar_one())


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def by_victim(toll: Toll) -> dict[str, dict[str, int]]:
    """The toll as a table."""
    table: dict[str, dict[str, int]] = {}
    for (victim, state), count in sorted(toll.items()):
        table.setdefault(victim, {})[state] = count
    return table
