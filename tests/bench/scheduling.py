"""The scheduler on a cluster that is not there: 1,000 machines, 10,000 waiting nodes, time that passes at once.

A node names its target, and each remote target is one place for the scheduler: what goes on which machine is the
cluster's own business. So 1,000 machines are one place with all they have; for comparison they are a place each, with
nodes that name one. For each node that ends a new one comes, until as many have come as there were at first.
"""

from __future__ import annotations

import heapq
import random
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from time import process_time

from tests.bench.harness import Measurement, summarise
from torchwire.execution.scheduler import Job, Needs, Scheduler

MACHINES, NODES, RUN = 1000, 10_000, 25
CORES, MEMORY, GPUS = 16, 64, 2  # of one machine
SHORT, LONG = 1.0, 60.0
"""Seconds of the simulation that a node takes, at the least and at the most."""
SHARE_LARGE = 0.002
"""Of the nodes take more than half of a whole place; small ones could overtake them for ever."""
ROUNDS = 3


@dataclass
class Outcome:
    """What a simulation came to: decisions and the processor's seconds that they took; in the simulation's time, how
    long each of the first nodes waited, and how long their work takes at the least.
    """

    decisions: int = 0
    seconds: float = 0.0
    clock: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)
    ideal: float = 0.0


class Cluster:
    """Machines and the work that waits for them."""

    def __init__(self, seed: int, places: int, machines: int = MACHINES, nodes: int = NODES) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - nothing secret
        self._numbers = count()
        of_each = machines // places
        self._capacity = {"cores": CORES * of_each, "memory": MEMORY * of_each, "gpus": GPUS * of_each}
        self._places = [f"place {number}" for number in range(places)]
        self.outcome = Outcome()
        self._seconds: dict[str, float] = {}
        self.first = [self._node(f"run {self._draw.randrange(nodes // RUN)}") for _ in range(nodes)]
        for number in self._draw.sample(range(nodes), round(nodes * SHARE_LARGE)):
            self.first[number] = self._made_large(self.first[number])
        self._first_of: defaultdict[str, list[Job]] = defaultdict(list)
        for job in self.first:
            self._first_of[job.place].append(job)
        self.outcome.ideal = max(map(self._work, self._places))

    def run(self) -> Outcome:
        """Pass the time until every first node has started."""
        scheduler, outcome = Scheduler(), self.outcome
        for place in self._places:
            scheduler.set_capacity(place, self._capacity)
        running: list[tuple[float, str]] = []
        waiting, arrivals = {job.id for job in self.first}, count()
        began = process_time()
        for job in self.first:
            scheduler.add(job)
        outcome.seconds += process_time() - began
        while waiting:
            began = process_time()
            started = list(_started(scheduler))
            outcome.seconds += process_time() - began
            outcome.decisions += len(started)
            for job in started:
                heapq.heappush(running, (outcome.clock + self._seconds[job.id], job.id))
                if job.id in waiting:
                    waiting.remove(job.id)
                    outcome.waits[job.id] = outcome.clock
            if not running:
                raise RuntimeError("nothing runs although something waits")
            outcome.clock, ended = heapq.heappop(running)
            arrived = next(arrivals)
            more = self._node(f"new {arrived // RUN}") if arrived < len(self.first) else None
            began = process_time()
            scheduler.remove(ended)
            if more is not None:
                scheduler.add(more)
            outcome.seconds += process_time() - began
        return outcome

    def _node(self, run: str) -> Job:
        draw, number = self._draw, next(self._numbers)
        kind = draw.choice(("light", "light", "heavy", "gpu"))
        cores = {"light": 1, "heavy": CORES, "gpu": 4}[kind]
        memory = draw.choice((1, 2, 3, 4, 6, 8, 12, 16, 32))
        needs: Needs = (("cores", cores), ("memory", memory), *((("gpus", 1),) if kind == "gpu" else ()))
        job = Job(f"{run}/{number}", run, number, draw.choice(self._places), kind, needs)
        self._seconds[job.id] = draw.uniform(SHORT, LONG)
        return job

    def _made_large(self, job: Job) -> Job:
        share = self._draw.uniform(0.5, 1.0)
        needs = (("cores", round(self._capacity["cores"] * share)), ("memory", round(self._capacity["memory"] * share)))
        return Job(job.id, job.run, job.order, job.place, job.lane, needs)

    def _work(self, place: str) -> float:
        """How long the first nodes of a place take at the least: what they take, by all that there is of it."""
        taken: defaultdict[str, float] = defaultdict(float)
        for job in self._first_of[place]:
            for resource, amount in job.needs:
                taken[resource] += amount * self._seconds[job.id]
        return max(taken[resource] / self._capacity[resource] for resource in self._capacity)


def check(outcome: Outcome, nodes: int) -> None:
    """Nobody starves: every first node has started, and none waited much longer than their work takes.

    New work takes as much as theirs meanwhile. While a large node waits for its place, a part of the whole is idle.
    """
    if len(outcome.waits) != nodes:
        raise AssertionError(f"{nodes - len(outcome.waits)} nodes have never started")
    longest = max(outcome.waits.values())
    bound = 4 * (outcome.ideal + LONG)
    if longest > bound:
        raise AssertionError(f"a node waited for {longest:.0f} s where {bound:.0f} s should do")


def schedule_10000() -> list[Measurement]:
    """Decisions in a second of the processor, as one place and as a thousand; MiB that the waiting nodes take."""
    results = []
    for name, places in (("schedule-10000", 1), ("schedule-10000-places", MACHINES)):
        rates = []
        for seed in range(ROUNDS):
            outcome = Cluster(seed, places).run()
            check(outcome, NODES)
            rates.append(outcome.decisions / outcome.seconds)
        results.append(summarise(name, rates, "decisions/s"))
    tracemalloc.start()
    scheduler, cluster = Scheduler(), Cluster(0, 1)
    scheduler.set_capacity("place 0", {})
    before = tracemalloc.get_traced_memory()[0]
    for job in cluster.first:
        scheduler.add(job)
    taken = (tracemalloc.get_traced_memory()[0] - before) / (1 << 20)
    tracemalloc.stop()
    return [*results, summarise("schedule-10000-memory", [taken], "MiB")]


def _started(scheduler: Scheduler) -> Iterator[Job]:
    return iter(scheduler.next, None)
