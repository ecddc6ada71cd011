"""The ready nodes of all runs: which are reused, which start, and what each of the others waits for.

A ready node is *looked at* once: what its output depends on is worked out, and whether that was made before. If not, it
waits in the scheduler for its turn; or, while another node makes the very same, for that one's end. Decisions come out
one by one, and whoever takes them acts on each before asking for the next.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torchwire.errors import TargetUnavailableError, TorchwireError
from torchwire.execution import demands
from torchwire.execution.active_run import ActiveRun, Candidate
from torchwire.execution.attempt import LiveAttempt
from torchwire.execution.beyond import RemoteTarget
from torchwire.execution.partial import must_run_first
from torchwire.execution.preparation import Preparation
from torchwire.execution.scheduler import Job, Scheduler
from torchwire.execution.targets import Load, Target
from torchwire.graph.plan import Step
from torchwire.storage.artifacts import Result

logger = logging.getLogger(__name__)

LOOK_FOR = 0.1
"""Seconds that looking at nodes may take before the engine turns to other things."""
TELL_AFTER = 0.3
"""Seconds that a node waits before it says what for: most begin sooner."""


@dataclass
class Ready:
    """A ready node. ``said`` is the kind of reason that was given last for its waiting."""

    id: str
    run: ActiveRun
    step: Step
    since: float
    candidate: Candidate | None = None
    said: tuple[str, ...] = ()

    @property
    def shares(self) -> bool:
        """Whether what another node made under the same key will do."""
        return bool(self.candidate and self.candidate.repeatable and not self.step.node.regenerate_output)


@dataclass(frozen=True)
class Start:
    """A node starts now. ``job`` says what is kept for it."""

    run: ActiveRun
    step: Step
    candidate: Candidate
    job: Job


@dataclass(frozen=True)
class Reuse:
    """A node need not run: this was made before."""

    run: ActiveRun
    step: Step
    result: Result


@dataclass(frozen=True)
class Refuse:
    """A node can't run."""

    run: ActiveRun
    step: Step
    error: dict[str, Any]


Decision = Start | Reuse | Refuse


@dataclass
class _Unseen:
    """Nodes to look at: in order within each run, one of each run in turn."""

    _by_run: dict[str, deque[str]] = field(default_factory=dict)

    def add(self, run_id: str, name: str) -> None:
        self._by_run.setdefault(run_id, deque()).append(name)

    def next(self) -> str | None:
        if not self._by_run:
            return None
        run_id = next(iter(self._by_run))
        names = self._by_run.pop(run_id)
        name = names.popleft()
        if names:
            self._by_run[run_id] = names
        return name

    def __bool__(self) -> bool:
        return bool(self._by_run)


class Dispatcher:
    """Holds the ready nodes, and counts what the running ones take."""

    def __init__(self, preparation: Preparation, forecast: demands.MemoryForecast, memory: int) -> None:
        self._preparation = preparation
        self._forecast = forecast
        self._memory = memory
        self._targets: Mapping[str, Target] = {}
        self._zygotes: frozenset[str] = frozenset()
        self._all_targets_known = False
        self.reset()

    def reset(self) -> None:
        """Forget all nodes."""
        self._ready: dict[str, Ready] = {}
        self._unseen = _Unseen()
        self._held: set[str] = set()  # ready, but what they need of the machine is not there yet
        self._alike: dict[str, dict[str, None]] = defaultdict(dict)  # key -> the ready nodes that would make it
        self._makers: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)  # key -> who makes it
        self._fresh: dict[str, None] = {}  # those whose reason to wait may have changed
        self._scheduler = Scheduler()
        self._tell_capacities()

    def set_machine(self, targets: Mapping[str, Target], zygotes: frozenset[str], *, complete: bool) -> None:
        """These targets and kinds of zygotes are there now; ``complete``: there are no further targets."""
        gone = {target.place for target in self._targets.values()} - {target.place for target in targets.values()}
        before = self._targets
        self._targets, self._zygotes, self._all_targets_known = targets, zygotes, complete
        for place in gone:
            self._scheduler.set_capacity(place, {})
        self._tell_capacities()
        for name in sorted(self._held):
            target = self._ready[name].step.target
            if _still_waited_for(before.get(target), targets.get(target)):
                self._fresh[name] = None  # for another reason, perhaps
            else:
                self._held.discard(name)
                self._look_again(name)

    def add(self, run: ActiveRun, node: str) -> None:
        """Take a node whose inputs are all there."""
        name = _name(run.id, node)
        self._ready[name] = Ready(name, run, run.plan.steps[node], time.monotonic())
        self._unseen.add(run.id, name)

    def drop(self, run_id: str, node: str) -> None:
        """Forget a node that need not start any more, or could not."""
        name = _name(run_id, node)
        self._scheduler.remove(name)
        ready = self._ready.pop(name, None)
        if ready is not None:
            self._unlink(ready)

    def waiting_for(self, zygote: str) -> list[tuple[ActiveRun, str]]:
        """The nodes that wait for a worker of that kind."""
        return [(ready.run, ready.step.node.id) for ready in self._ready.values() if self._zygote(ready) == zygote]

    def begun(self, attempt: LiveAttempt, step: Step) -> None:
        """Count an attempt at ``step`` that was made, or one that was found at the engine's start."""
        name = _name(attempt.run_id, attempt.node)
        self._makers[attempt.key][attempt.id] = (attempt.run_id, step.name)
        if not self._scheduler.knows(name):
            lane, needs = attempt.request.get("lane", ""), attempt.request.get("needs", ())
            needed = tuple((resource, amount) for resource, amount in needs)
            self._scheduler.occupy(Job(name, attempt.run_id, 0, attempt.place, lane, needed))
        for other in list(self._alike.get(attempt.key, ())):
            self._scheduler.remove(other)
            self._fresh[other] = None

    def ended(self, attempt: LiveAttempt) -> None:
        """An attempt is over: its place is free, and whoever waited for what it made is looked at again."""
        self._scheduler.remove(_name(attempt.run_id, attempt.node))
        makers = self._makers[attempt.key]
        makers.pop(attempt.id, None)
        if not makers:
            del self._makers[attempt.key]
            for name in list(self._alike.get(attempt.key, ())):
                self._look_again(name)

    def decide(self) -> Iterator[Decision]:
        """What can be decided now. Stops early when looking at nodes takes long; ``unfinished`` says so."""
        until = time.monotonic() + LOOK_FOR
        yield from self._waited_too_long(time.monotonic())
        while True:
            while (name := self._unseen.next()) is not None:
                decision = self._look_at(name)
                if decision is not None:
                    yield decision
                if time.monotonic() > until:
                    break
            while (job := self._scheduler.next()) is not None:
                decision = self._start(job)
                if decision is not None:
                    yield decision
            if not self._unseen or time.monotonic() > until:
                return

    @property
    def unfinished(self) -> bool:
        """Whether there are nodes that were not looked at yet."""
        return bool(self._unseen)

    def reasons(self) -> Iterator[tuple[ActiveRun, str, str]]:
        """What nodes wait for, in words, where the reason is new; told only of those that wait for some time."""
        now = time.monotonic()
        names = [*self._fresh, *(job.id for job in self._scheduler.heads())]
        for name in dict.fromkeys(names):
            ready = self._ready.get(name)
            if ready is not None and now - ready.since < TELL_AFTER:
                continue
            self._fresh.pop(name, None)
            kind, why = ((), "") if ready is None else self._why(ready)
            if ready is not None and kind and kind != ready.said:
                ready.said = kind
                yield ready.run, ready.step.node.id, why

    def loads(self, running: Iterable[LiveAttempt]) -> dict[str, Load]:
        """What is taken of each target, and how many nodes wait for it."""
        taken = ((attempt.target, attempt.heavy, attempt.reserved, attempt.needs) for attempt in running)
        found = demands.loads(self._targets, taken, self._scheduler.waiting())
        if any(map(_is_out_of_reach, self._targets.values())):
            held = Counter(self._ready[name].step.target for name in self._held)
            found |= {
                name: replace(load, waiting=load.waiting + held[name]) for name, load in found.items() if held[name]
            }
        return found

    def learn(self, attempt: LiveAttempt) -> None:
        """Take note of how much memory an attempt that finished has taken."""
        self._forecast.learn(attempt.request["module"], attempt.node, attempt.memory.peak)

    def _look_at(self, name: str) -> Decision | None:
        ready = self._ready.get(name)
        if ready is None or self._scheduler.knows(name):
            return None
        self._fresh[name] = None
        run, step = ready.run, ready.step
        target = self._targets.get(step.target)
        if target is None and not self._all_targets_known:
            self._held.add(name)  # which GPUs there are is not known yet
            return None
        if isinstance(target, RemoteTarget) and target.surveyed is None:
            self._held.add(name)  # nor is what it has, which the output depends on
            return None
        try:
            if ready.candidate is None:
                ready.candidate = self._preparation.candidate(step, target, _inputs(run, step))
        except TorchwireError as error:
            return Refuse(run, step, {"node": step.node.id, **error.as_json()})
        if ready.shares:
            self._alike[ready.candidate.key][name] = None
            if ready.candidate.key in self._makers:
                return None  # somebody makes it
            result = self._preparation.result(ready.candidate)
            if result is not None:
                return Reuse(run, step, result)
            if run.only and step.node.id not in run.only:
                missing = must_run_first(step, self._preparation.why(step, ready.candidate))
                return Refuse(run, step, missing.as_json())
        if target is not None:
            self._wait(ready, target)
        return None

    def _wait(self, ready: Ready, target: Target) -> None:
        if self._zygote(ready) not in self._zygotes or _is_out_of_reach(target):
            self._held.add(ready.id)
            return
        heavy, resources = ready.step.spec.distributed, ready.step.node.resources
        memory = self._forecast.expect(ready.step)
        most = (target.memory_bytes or 0) if isinstance(target, RemoteTarget) else self._memory
        if memory > most:
            sizes = demands.in_words(memory), demands.in_words(most)
            logger.warning("%s is expected to take %s; there are %s: it will run alone.", ready.step.name, *sizes)
        needed = demands.needs(target, heavy, memory, resources.process_count_per_node, resources.node_count)
        order = ready.run.position(ready.step.node.id)
        self._scheduler.add(Job(ready.id, ready.run.id, order, target.place, demands.lane(target, heavy), needed))

    def _start(self, job: Job) -> Decision | None:
        ready = self._ready[job.id]
        target = self._targets.get(ready.step.target)
        if target is None or self._zygote(ready) not in self._zygotes or _is_out_of_reach(target):  # since a moment ago
            self._scheduler.remove(job.id)
            self._held.add(job.id)
            self._fresh[job.id] = None
            return None
        del self._ready[job.id]
        self._unlink(ready)
        if ready.candidate is None:
            raise ValueError("a node was scheduled before it was looked at")
        return Start(ready.run, ready.step, ready.candidate, job)

    def _why(self, ready: Ready) -> tuple[tuple[str, ...], str]:
        """The reason why a node waits: its kind, and in words."""
        key = ready.candidate.key if ready.candidate else ""
        maker = next(iter(self._makers.get(key, {}).values()), None) if ready.shares else None
        if maker is not None:
            run_id, name = maker
            of_run = "" if run_id == ready.run.id else f" of run {run_id[:8]}"
            return ("same", *maker), f"waits for {name}{of_run}, which makes the same"
        if ready.id in self._held:
            target = self._targets.get(ready.step.target)
            if isinstance(target, RemoteTarget) and target.why_not is not None:
                return ("target", target.why_not), f"waits for {target.title}: {target.why_not}"
            return ("workers",), "waits for the worker processes, which are starting"
        lack = self._scheduler.lack(ready.id)
        if lack is None:
            return (), ""
        return (lack.resource, str(lack.promised)), demands.waits_for(lack, self._targets[ready.step.target])

    def _waited_too_long(self, now: float) -> Iterator[Refuse]:
        """The nodes whose target has been out of reach for as long as may be waited for it."""
        if not any(map(_is_out_of_reach, self._targets.values())):
            return
        for name in sorted(self._held):
            ready = self._ready[name]
            target = self._targets.get(ready.step.target)
            if not isinstance(target, RemoteTarget) or target.why_not is None:
                continue
            waited = now - max(ready.since, target.since)
            if waited > target.unreachable_seconds:
                node = ready.step.node.id
                error = TargetUnavailableError(
                    f"The target '{target.id}' could not be used for {waited:.0f} seconds: {target.why_not}",
                    hint="Look at it on the Targets page, or choose another compute target for the node.",
                    node=node,
                )
                yield Refuse(ready.run, ready.step, error.as_json())

    def _zygote(self, ready: Ready) -> str:
        return self._preparation.zygote(ready.step, self._targets.get(ready.step.target))

    def _tell_capacities(self) -> None:
        for place, capacity in demands.capacities(self._targets.values(), self._memory).items():
            self._scheduler.set_capacity(place, capacity)

    def _look_again(self, name: str) -> None:
        ready = self._ready.get(name)
        if ready is not None:
            self._scheduler.remove(name)
            self._unseen.add(ready.run.id, name)

    def _unlink(self, ready: Ready) -> None:
        self._held.discard(ready.id)
        self._fresh.pop(ready.id, None)
        if ready.candidate is not None and ready.candidate.key in self._alike:
            alike = self._alike[ready.candidate.key]
            alike.pop(ready.id, None)
            if not alike:
                del self._alike[ready.candidate.key]


def _still_waited_for(before: Target | None, now: Target | None) -> bool:
    """Whether nothing changed for those that wait until a target can be reached."""
    if not isinstance(before, RemoteTarget) or not isinstance(now, RemoteTarget):
        return False
    return _is_out_of_reach(now) and (before.surveyed is None) == (now.surveyed is None)


def _is_out_of_reach(target: Target | None) -> bool:
    return isinstance(target, RemoteTarget) and target.why_not is not None


def _name(run_id: str, node: str) -> str:
    return f"{run_id}/{node}"


def _inputs(run: ActiveRun, step: Step) -> dict[str, str]:
    return {port: run.outputs[source][name]["digest"] for port, (source, name) in step.inputs.items()}
