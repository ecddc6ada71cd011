"""The scheduler by itself: fair, never more than there is, nobody starves, and fast with ten thousand jobs."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.bench.scheduling import Cluster, check
from torchwire.execution.scheduler import Job, Lack, Needs, Scheduler

GIB = 1 << 30


def job(run: str, order: int = 0, *, memory: int = 0, cores: int = 1, lane: str = "light", place: str = "here") -> Job:
    needs: Needs = ((f"{lane} cores", cores), ("memory", memory)) if memory else ((f"{lane} cores", cores),)
    return Job(f"{run}/{order}", run, order, place, lane, needs)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - nothing secret


def scheduler(*jobs: Job, memory: int = 0, place: str = "here", **cores: int) -> Scheduler:
    made = Scheduler()
    made.set_capacity(place, {"memory": memory} | {f"{lane} cores": count for lane, count in cores.items()})
    for one in jobs:
        made.add(one)
    return made


def started(scheduler: Scheduler) -> list[str]:
    return [job.id for job in iter(scheduler.next, None)]


def one_by_one(scheduler: Scheduler) -> Iterator[str]:
    """The order in which jobs start where there is room for one, and each ends at once."""
    while (job := scheduler.next()) is not None:
        yield job.id
        scheduler.remove(job.id)


def test_as_many_start_as_there_is_room_for() -> None:
    made = scheduler(*(job("a", n) for n in range(5)), light=2)
    assert started(made) == ["a/0", "a/1"]
    made.remove("a/0")
    assert started(made) == ["a/2"]


def test_a_run_goes_by_the_order_of_its_plan() -> None:
    numbers = seeded(1).sample(range(50), 50)
    made = scheduler(*(job("a", n) for n in numbers), light=1)
    assert list(one_by_one(made)) == [f"a/{n}" for n in range(50)]


def test_a_small_run_takes_turns_with_a_large_one() -> None:
    made = scheduler(*(job("large", n) for n in range(1000)), light=1)
    order = one_by_one(made)
    for _ in range(100):
        next(order)
    for n in range(3):
        made.add(job("small", n))
    assert {name for name in (next(order) for _ in range(6)) if name.startswith("small")} == {
        "small/0",
        "small/1",
        "small/2",
    }


def test_ever_new_runs_do_not_push_back_an_old_one() -> None:
    made = scheduler(*(job("old", n) for n in range(20)), light=1)
    served = Counter()
    for n in range(60):
        made.add(job(f"new{n}"))
        chosen = made.next()
        assert chosen is not None
        served[chosen.run] += 1
        made.remove(chosen.id)
    assert served["old"] >= 8  # one turn among all that wait, again and again


def test_a_new_run_has_the_next_turn() -> None:
    made = scheduler(*(job("large", n) for n in range(10)), light=2)
    assert started(made) == ["large/0", "large/1"]
    made.add(job("small"))
    made.remove("large/0")
    assert started(made) == ["small/0"]


def test_a_chain_takes_turns_with_a_large_run() -> None:
    made = scheduler(*(job("large", n) for n in range(10)), light=1)
    order = started(made)
    for n in range(4):
        made.add(job("chain", n))
        made.remove(order[-1])
        order += started(made)
        made.remove(order[-1])
        order += started(made)
    assert order == [f"{run}/{n}" for n in range(4) for run in ("large", "chain")] + ["large/4"]


def test_lanes_do_not_wait_for_each_other() -> None:
    heavy = [job("a", n, lane="heavy", cores=8) for n in range(2)]
    made = scheduler(*heavy, job("a", 2), heavy=8, light=1)
    assert sorted(started(made)) == ["a/0", "a/2"]


def test_a_large_demand_is_not_starved_by_small_ones() -> None:
    made = scheduler(light=100, memory=10)
    for n in range(5):
        made.add(job("small", n, memory=2))
    assert len(started(made)) == 5
    made.add(job("large", 0, memory=9))
    running = [f"small/{n}" for n in range(5)]
    began = None
    for n in range(5, 100):
        made.add(job("small", n, memory=2))
        made.remove(running.pop(0))
        new = started(made)
        running += new
        if "large/0" in new:
            began = n
            break
    assert began == 9  # when the five that ran before it have ended, and not later


def test_what_leaves_room_may_overtake_a_promised_job() -> None:
    made = scheduler(job("a", memory=6), light=100, memory=10)
    assert started(made) == ["a/0"]
    made.add(job("b", 0, memory=7))
    made.add(job("c", 0, memory=4))
    made.add(job("c", 1, memory=3))
    assert started(made) == ["c/1"]  # 3 beside 7 is no more than 10; 4 would be
    assert made.lack("b/0") == Lack("memory", 7, 1)
    made.remove("a/0")
    assert started(made) == ["b/0"]


def test_what_is_kept_for_another_is_told() -> None:
    made = scheduler(job("a", memory=6), light=100, memory=10)
    started(made)
    made.add(job("b", memory=9))
    made.add(job("c", memory=3))
    assert started(made) == []
    assert made.lack("c/0") == Lack("memory", 3, 4, promised=True)
    assert [job.id for job in made.heads()] == ["b/0"]


def test_a_promise_ends_with_its_job() -> None:
    made = scheduler(job("a", memory=6), light=100, memory=10)
    started(made)
    made.add(job("b", memory=9))
    made.add(job("c", memory=3))
    assert started(made) == []
    made.remove("b/0")
    assert started(made) == ["c/0"]


def test_a_job_larger_than_the_place_runs_alone() -> None:
    made = scheduler(job("a", memory=3), job("b", memory=50), job("c", memory=3), light=100, memory=10)
    assert started(made) == ["a/0"]
    made.remove("a/0")
    assert started(made) == ["b/0"]
    made.add(job("d", memory=1))
    assert started(made) == []
    made.remove("b/0")
    assert started(made) == ["c/0", "d/0"]


def test_what_runs_already_counts_even_when_it_is_too_much() -> None:
    made = scheduler(light=1)
    made.occupy(job("a", 0))
    made.occupy(job("a", 1))
    made.add(job("a", 2))
    made.remove("a/0")
    assert started(made) == []
    made.remove("a/1")
    assert started(made) == ["a/2"]


def test_more_room_is_used_at_once_and_less_ends_nothing() -> None:
    made = scheduler(*(job("a", n) for n in range(4)), light=1)
    assert started(made) == ["a/0"]
    made.set_capacity("here", {"light cores": 3})
    assert started(made) == ["a/1", "a/2"]
    made.set_capacity("here", {"light cores": 1})
    made.remove("a/0")
    assert started(made) == []


def test_a_job_in_a_place_that_is_not_there_waits() -> None:
    made = scheduler(job("a", place="elsewhere"), light=1)
    assert started(made) == []
    made.set_capacity("elsewhere", {"light cores": 1})
    assert started(made) == ["a/0"]


def test_a_job_is_known_once_and_an_unknown_one_is_no_error() -> None:
    made = scheduler(job("a"), light=1)
    with pytest.raises(ValueError, match="known"):
        made.add(job("a"))
    made.remove("a/0")
    made.remove("a/0")
    made.add(job("a"))
    assert started(made) == ["a/0"]


class Simulation:
    """Random jobs that come and end; checks after each step what must always hold."""

    CAPACITY = {"light cores": 4, "heavy cores": 8, "gpu cores": 1, "memory": 64}  # noqa: RUF012

    def __init__(self, seed: int) -> None:
        self.random = seeded(seed)
        self.scheduler = Scheduler()
        self.scheduler.set_capacity("here", self.CAPACITY)
        self.waiting: dict[str, tuple[Job, int]] = {}
        self.running: dict[str, tuple[Job, int]] = {}
        self.waited: list[int] = []
        self.time = 0
        self.orders: Counter[str] = Counter()

    def come(self) -> None:
        run = f"r{self.random.randrange(12)}" if self.random.random() < 0.9 else f"new{self.time}"
        lane, cores = self.random.choice([("light", 1), ("light", 1), ("light", 1), ("heavy", 8), ("gpu", 1)])
        memory = self.random.choice([1, 1, 2, 4, 8, 33, 60, 100])
        one = job(run, self.orders[run], lane=lane, cores=cores, memory=memory)
        self.orders[run] += 1
        self.scheduler.add(one)
        self.waiting[one.id] = (one, self.time)

    def step(self, *, arrivals: float) -> None:
        self.time += 1
        for job_id in [name for name, (_, end) in self.running.items() if end <= self.time]:
            del self.running[job_id]
            self.scheduler.remove(job_id)
        if self.random.random() < arrivals:
            self.come()
        if self.waiting and self.random.random() < 0.02:
            gone = self.random.choice(list(self.waiting))
            del self.waiting[gone]
            self.scheduler.remove(gone)
        while (one := self.scheduler.next()) is not None:
            _, since = self.waiting.pop(one.id)
            self.waited.append(self.time - since)
            self.running[one.id] = (one, self.time + self.random.randint(1, 10))
        self.check()

    def check(self) -> None:
        taken: Counter[str] = Counter()
        for one, _ in self.running.values():
            for resource, amount in one.needs:
                taken[resource] += min(amount, self.CAPACITY[resource])
        assert all(taken[resource] <= has for resource, has in self.CAPACITY.items())
        if self.waiting and not self.running:
            raise AssertionError("nothing runs although something waits")
        assert sum(self.scheduler.waiting().values()) == len(self.waiting)


@pytest.mark.parametrize("seed", range(30))
def test_never_more_than_there_is_and_everything_gets_its_turn(seed: int) -> None:
    simulation = Simulation(seed)
    for _ in range(600):
        simulation.step(arrivals=0.35)
    for _ in range(4000):
        if not simulation.waiting:
            break
        simulation.step(arrivals=0.0)
    assert not simulation.waiting


@pytest.mark.parametrize("seed", range(10))
def test_a_large_job_waits_no_longer_than_what_ran_before_it(seed: int) -> None:
    """Under an endless load of small ones, of which each runs for ten steps at the most."""
    simulation = Simulation(seed)
    simulation.random.choice = lambda options: options[0]  # type: ignore[method-assign]  # light, and 1 of memory
    for _ in range(50):
        simulation.come()
        simulation.step(arrivals=1.0)
    large = job("large", lane="light", memory=1000)
    simulation.scheduler.add(large)
    simulation.waiting[large.id] = (large, simulation.time)
    for _ in range(60):
        simulation.come()
        simulation.step(arrivals=1.0)
        if large.id in simulation.running:
            break
    assert large.id in simulation.running


@pytest.mark.parametrize("seed", range(10))
def test_runs_get_equal_shares_while_they_have_work(seed: int) -> None:
    chance = seeded(seed)
    sizes = {f"r{n}": chance.randint(50, 400) for n in range(8)}
    jobs = [job(run, n, memory=chance.choice([1, 2, 3])) for run, size in sizes.items() for n in range(size)]
    chance.shuffle(jobs)
    made = scheduler(*jobs, light=1, memory=3)
    served: Counter[str] = Counter()
    for name in one_by_one(made):
        run = name.partition("/")[0]
        served[run] += 1
        behind = [served[other] for other in sizes if served[other] < sizes[other]]
        assert not behind or served[run] - min(behind) <= 1


@pytest.mark.parametrize("places", [1, 20])
@pytest.mark.parametrize("seed", range(5))
def test_nobody_starves_on_a_cluster_that_is_never_idle(seed: int, places: int) -> None:
    """Mixed demands, some of more than half of all there is, while as much new work comes as ends."""
    outcome = Cluster(seed, places, machines=20, nodes=400).run()
    check(outcome, 400)


def test_ten_thousand_jobs_on_a_thousand_places_take_seconds_at_most() -> None:
    made, chance = Scheduler(), seeded(3)
    for n in range(1000):
        made.set_capacity(f"p{n}", {"light cores": 4, "heavy cores": 4, "memory": 64})
    jobs = []
    for n in range(10_000):
        lane, cores = chance.choice([("light", 1), ("heavy", 4)])
        memory, place = chance.randint(1, 70), f"p{chance.randrange(1000)}"
        jobs.append(job(f"r{chance.randrange(300)}", n, lane=lane, cores=cores, memory=memory, place=place))
    began = time.perf_counter()
    for one in jobs:
        made.add(one)
    running = started(made)
    ended = 0
    while running:
        made.remove(running.pop(0))
        ended += 1
        running += started(made)
    assert ended == 10_000
    assert time.perf_counter() - began < 30


def test_ten_thousand_jobs_of_many_runs_in_one_place_take_seconds_at_most() -> None:
    chance = seeded(4)
    jobs = [job(f"r{n % 1000}", n, memory=chance.choice([1, 2, 3, 5, 8, 13])) for n in range(10_000)]
    began = time.perf_counter()
    made = scheduler(*jobs, light=16, memory=64)
    running, ended = started(made), 0
    while running:
        made.remove(running.pop(0))
        ended += 1
        running += started(made)
    assert ended == 10_000
    assert time.perf_counter() - began < 30
