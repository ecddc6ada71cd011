"""Decides which waiting nodes start. Pure: it knows no process, no database and no clock.

A *place* is something with resources of its own: a machine. A *job* waits in one *lane* of a place and takes amounts of
the place's resources while it runs. Three rules:

- **Fair between runs.** In each lane the run that has been given the fewest starts comes first, so a run of three nodes
  does not wait for one of a thousand. A run that comes (back) to a lane begins level with the run served last: what
  it did not use before is not made up for, and ever new runs can't push back an old one; but it has its turn before
  those level with it that had theirs. Within a run the plan's order counts.
- **No starving.** When the job whose turn it is does not fit, although something smaller would, it is *promised* its
  place. Others may still overtake it, but those that begin after the promise never take so much that it could not
  begin once all that ran before have ended. One promise at a time in each place, the one that is due the longest.
- **Never more than there is.** A job that wants more than the whole place has counts as wanting all of it: it runs
  alone rather than never.

A decision costs a logarithm of the number of jobs, times the number of different demands in the place.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

Needs = tuple[tuple[str, int], ...]
"""What a job takes: (resource, amount), in the order in which people are told what lacks."""

MOST_DEMANDS = 1000
"""Different demands that a place remembers its answers to."""

Rank = tuple[int, bool, int]
"""Whose turn it is: the fewest starts, then those that had none since they came, then who came first."""


@dataclass(frozen=True)
class Job:
    """Something that waits to be started. ``order`` is its place within its run."""

    id: str
    run: str
    order: int
    place: str
    lane: str
    needs: Needs


@dataclass(frozen=True)
class Lack:
    """Why a job waits: of ``resource`` it needs ``needed`` and ``free`` are free, kept for another if ``promised``."""

    resource: str
    needed: int
    free: int
    promised: bool = False


class Scheduler:
    """Jobs that wait, and jobs that run, in all places."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._jobs: dict[str, Job] = {}  # waiting or running
        self._worth_a_look: dict[str, None] = {}
        self._ticks = count()

    def set_capacity(self, place: str, capacity: Mapping[str, int]) -> None:
        """Say how much of each resource a place has. What runs there goes on, even when it is too much now."""
        if place not in self._places:
            self._places[place] = _Place(self._ticks)
        self._places[place].resize(capacity)
        self._worth_a_look[place] = None

    def add(self, job: Job) -> None:
        """Let a job wait."""
        if job.id in self._jobs:
            raise ValueError(f"{job.id} is known already")
        self._jobs[job.id] = job
        self._place(job).add(job)
        self._worth_a_look[job.place] = None

    def occupy(self, job: Job) -> None:
        """Count a job that runs already, whether or not it fits."""
        self._jobs[job.id] = job
        self._place(job).start(job)

    def remove(self, job_id: str) -> None:
        """Forget a job: it has ended, or need not start any more. An unknown one is none to forget."""
        job = self._jobs.pop(job_id, None)
        if job is not None:
            self._place(job).remove(job)
            self._worth_a_look[job.place] = None

    def knows(self, job_id: str) -> bool:
        """Whether a job waits or runs."""
        return job_id in self._jobs

    def next(self) -> Job | None:
        """Take the next job that can start now; it counts as running from here on."""
        while self._worth_a_look:
            place = next(iter(self._worth_a_look))
            job = self._places[place].next()
            if job is not None:
                return job
            del self._worth_a_look[place]
        return None

    def heads(self) -> Iterator[Job]:
        """The waiting jobs whose turn is next, one of each lane."""
        for place in self._places.values():
            for lane in place.lanes.values():
                head = lane.head()
                if head is not None:
                    yield head

    def lack(self, job_id: str) -> Lack | None:
        """What a waiting job lacks; None when it does not wait, or nothing stands in its way."""
        job = self._jobs.get(job_id)
        return None if job is None else self._place(job).lack(job)

    def waiting(self) -> Counter[str]:
        """How many jobs wait in each lane."""
        return Counter(
            {name: lane.size for place in self._places.values() for name, lane in place.lanes.items() if lane.size}
        )

    def _place(self, job: Job) -> _Place:
        if job.place not in self._places:
            self.set_capacity(job.place, {})
        return self._places[job.place]


class _Place:
    """One place: what it has, what is free, who waits in which lane, and to whom it is promised."""

    def __init__(self, ticks: Iterator[int]) -> None:
        self._capacity: dict[str, int] = {}
        self._taken: Counter[str] = Counter()
        self._running: dict[str, Needs] = {}
        self._promised: Job | None = None
        self._kept: dict[str, int] = {}  # what the promised job needs
        self._cuts: dict[Needs, Needs] = {}
        self._since_promise: set[str] = set()  # what began after the promise was made
        self._taken_since: Counter[str] = Counter()
        self._ticks = ticks
        self.lanes: dict[str, _Lane] = {}

    def resize(self, capacity: Mapping[str, int]) -> None:
        self._capacity = dict(capacity)
        self._cuts.clear()
        if self._promised is not None:
            self._kept = dict(self._cut(self._promised.needs))

    def add(self, job: Job) -> None:
        if job.lane not in self.lanes:
            self.lanes[job.lane] = _Lane()
        self.lanes[job.lane].add(job)

    def start(self, job: Job) -> None:
        needs = self._cut(job.needs)
        self._running[job.id] = needs
        self._taken.update(dict(needs))
        if self._promised is not None:
            self._since_promise.add(job.id)
            self._taken_since.update(dict(needs))

    def remove(self, job: Job) -> None:
        if job is self._promised:
            self._break_promise()
        needs = self._running.pop(job.id, None)
        if needs is None:
            self.lanes[job.lane].remove(job)
            return
        self._taken.subtract(dict(needs))
        if job.id in self._since_promise:
            self._since_promise.remove(job.id)
            self._taken_since.subtract(dict(needs))

    def next(self) -> Job | None:
        if self._promised is None:
            self._promise()
        chosen = self._choose()
        if chosen is not None:
            if chosen is self._promised:
                self._break_promise()
            lane = self.lanes[chosen.lane]
            lane.take(chosen)
            self.lanes[chosen.lane] = self.lanes.pop(chosen.lane)  # the other lanes come first next time
            self.start(chosen)
        return chosen

    def lack(self, job: Job) -> Lack | None:
        if job.id in self._running:
            return None
        needs = self._cut(job.needs)
        for resource, amount in needs:
            if amount > self._free(resource):
                return Lack(resource, amount, max(0, self._free(resource)))
        if not self._keeps_promise(needs):
            resource, amount = next((r, a) for r, a in needs if not self._leaves_enough(r, a))
            return Lack(resource, amount, max(0, self._free(resource)), promised=True)
        return None

    def _choose(self) -> Job | None:
        promised = self._promised
        if promised is not None and self._fits(self._cut(promised.needs)):
            return promised
        for lane in self.lanes.values():
            job = lane.first(self._may_start)
            if job is not None:
                return job
        return None

    def _promise(self) -> None:
        """Promise the place to the job that is due the longest and that something smaller could overtake."""
        due: _Lane | None = None
        for lane in self.lanes.values():
            head = lane.head()
            if head is not None and self._could_be_overtaken(self._cut(head.needs)):
                lane.due_since = next(self._ticks) if lane.due_since is None else lane.due_since
                if due is None or due.due_since is None or lane.due_since < due.due_since:
                    due = lane
            else:
                lane.due_since = None
        head = None if due is None else due.head()
        if head is not None:
            self._promised, self._kept = head, dict(self._cut(head.needs))

    def _break_promise(self) -> None:
        if self._promised is not None:
            self.lanes[self._promised.lane].due_since = None
        self._promised = None
        self._kept = {}
        self._since_promise.clear()
        self._taken_since.clear()

    def _may_start(self, needs: Needs) -> bool:
        cut = self._cut(needs)
        return self._fits(cut) and self._keeps_promise(cut)

    def _fits(self, needs: Needs) -> bool:
        return all(amount <= self._capacity.get(resource, 0) - self._taken[resource] for resource, amount in needs)

    def _could_be_overtaken(self, needs: Needs) -> bool:
        lacking = [resource for resource, amount in needs if amount > self._free(resource)]
        return bool(lacking) and all(self._free(resource) > 0 for resource in lacking)

    def _keeps_promise(self, needs: Needs) -> bool:
        return not self._kept or all(self._leaves_enough(resource, amount) for resource, amount in needs)

    def _leaves_enough(self, resource: str, amount: int) -> bool:
        promised = self._kept.get(resource, 0)
        left = self._capacity.get(resource, 0) - self._taken_since[resource] - amount
        return not promised or not amount or left >= promised

    def _free(self, resource: str) -> int:
        return self._capacity.get(resource, 0) - self._taken[resource]

    def _cut(self, needs: Needs) -> Needs:
        """The needs, none greater than what the place has; of what it has not at all, as they are."""
        cut = self._cuts.get(needs)
        if cut is None:
            if len(self._cuts) >= MOST_DEMANDS:
                self._cuts.clear()
            cut = tuple((resource, min(amount, self._capacity.get(resource) or amount)) for resource, amount in needs)
            self._cuts[needs] = cut
        return cut


@dataclass
class _Lane:
    """Waiting jobs, by what they need; for each demand the runs in fair order, for each run its jobs in order."""

    size: int = 0
    due_since: int | None = None
    _queues: dict[Needs, _Queue] = field(default_factory=dict)
    _served: dict[str, int] = field(default_factory=dict)  # the starts each run was given, as far as they count
    _waiting: Counter[str] = field(default_factory=Counter)  # how many jobs of each run wait here
    _arrival: dict[str, int] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)  # runs that were given a start since they came
    _arrivals: Iterator[int] = field(default_factory=count)
    _level: int = 0  # what the run served last has been given by now

    def add(self, job: Job) -> None:
        if not self._waiting[job.run]:
            self._served[job.run] = self._level
            self._arrival[job.run] = next(self._arrivals)
        self._waiting[job.run] += 1
        self.size += 1
        queue = self._queues.get(job.needs)
        if queue is None:
            queue = self._queues[job.needs] = _Queue()
        queue.add(job, self._rank(job.run))

    def remove(self, job: Job) -> None:
        queue = self._queues[job.needs]
        queue.remove(job)
        if not queue.live:
            del self._queues[job.needs]
        self.size -= 1
        self._waiting[job.run] -= 1
        if not self._waiting[job.run]:
            del self._waiting[job.run], self._served[job.run], self._arrival[job.run]
            self._begun.discard(job.run)

    def take(self, job: Job) -> None:
        """Take out a job that starts."""
        self._served[job.run] += 1
        self._begun.add(job.run)
        self._level = max(self._level, self._served[job.run])
        self.remove(job)

    def head(self) -> Job | None:
        """The job whose turn it is, whether it fits or not."""
        return self.first(lambda _: True)

    def first(self, may_start: Callable[[Needs], bool]) -> Job | None:
        """The first job, in fair order, whose needs are such that it may start."""
        best: tuple[Rank, int, Job] | None = None
        for needs, queue in self._queues.items():
            if may_start(needs):
                rank, job = queue.first(self._rank)
                if best is None or (rank, job.order) < best[:2]:
                    best = (rank, job.order, job)
        return None if best is None else best[2]

    def _rank(self, run: str) -> Rank:
        return self._served[run], run in self._begun, self._arrival[run]


class _Queue:
    """Jobs of one demand. Ranks of runs only grow, so a stale one is found when it comes up, and put right then."""

    def __init__(self) -> None:
        self.live: dict[str, int] = {}  # job -> the number of its entry; entries of jobs that left stay behind
        self._numbers = count()
        self._runs: list[tuple[Rank, int, str]] = []
        self._members: dict[str, _Members] = {}

    def add(self, job: Job, rank: Rank) -> None:
        number = self.live[job.id] = next(self._numbers)
        members = self._members.get(job.run)
        if members is None:
            members = self._members[job.run] = _Members(number)
            heapq.heappush(self._runs, (rank, number, job.run))
        members.live += 1
        heapq.heappush(members.jobs, (job.order, number, job))

    def remove(self, job: Job) -> None:
        del self.live[job.id]
        members = self._members[job.run]
        members.live -= 1
        if not members.live:
            del self._members[job.run]

    def first(self, rank_of: Callable[[str], Rank]) -> tuple[Rank, Job]:
        while True:
            rank, number, run = self._runs[0]
            members = self._members.get(run)
            if members is None or members.number != number:
                heapq.heappop(self._runs)
            elif rank < (now := rank_of(run)):
                heapq.heapreplace(self._runs, (now, number, run))
            else:
                while self.live.get(members.jobs[0][2].id) != members.jobs[0][1]:
                    heapq.heappop(members.jobs)
                return rank, members.jobs[0][2]


@dataclass
class _Members:
    """A run's jobs in a queue; ``number`` tells its entry among the runs from one it had before."""

    number: int
    live: int = 0
    jobs: list[tuple[int, int, Job]] = field(default_factory=list)
