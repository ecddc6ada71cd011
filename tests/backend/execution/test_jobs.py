"""Small jobs: what they make is there for a while, and whatever becomes of them is said in words."""

from __future__ import annotations

import threading
import time

import pytest

from tests.graphs import single
from tests.places import Place
from tests.timing import until
from torchwire.errors import ConflictError, InvalidDatasetError, NodeCrashedError, NodeTimedOutError, TorchwireError


def test_a_job_makes_something_and_leaves_nothing(place: Place) -> None:
    with place.engine.jobs.run("source", {"content": "hi"}, {}, 20) as made:
        assert (made["folder"] / "content.txt").read_text() == "hi"
    assert not list(place.engine.home.jobs.iterdir())
    assert not place.database.runs.list(10)


def test_a_job_reads_artifacts(place: Place) -> None:
    run = place.run(single("source", content="before"))
    digest = run["nodes"]["only"]["outputs"]["folder"]["digest"]
    with place.engine.jobs.run("add-file", {"name": "new"}, {"folder": digest}, 20) as made:
        assert {file.name for file in made["result"].iterdir()} == {"content.txt", "new.txt"}


@pytest.mark.parametrize(
    ("module", "parameters", "error"),
    [
        ("fails-on-run", {"how": "known"}, InvalidDatasetError),
        ("fails-on-run", {"how": "bug"}, TorchwireError),
        ("kills-itself", {}, NodeCrashedError),
    ],
)
def test_a_failed_job_says_why(place: Place, module: str, parameters: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error), place.engine.jobs.run(module, parameters, {}, 20):
        pass
    assert not list(place.engine.home.jobs.iterdir())


def test_a_job_is_stopped_when_its_time_is_over(place: Place) -> None:
    began = time.monotonic()
    with pytest.raises(NodeTimedOutError), place.engine.jobs.run("sleeps", {"milliseconds": 60000}, {}, 1):
        pass
    assert time.monotonic() - began < 30
    with place.engine.jobs.run("source", {}, {}, 20) as made:  # the next one is not held up
        assert made["folder"].is_dir()


def test_jobs_wait_for_their_turn_but_not_for_ever(place: Place) -> None:
    def hold() -> None:
        with pytest.raises(NodeTimedOutError), place.engine.jobs.run("sleeps", {"milliseconds": 60000}, {}, 3):
            pass

    holder = threading.Thread(target=hold)
    holder.start()
    until(lambda: list(place.engine.home.jobs.glob("*")))
    with pytest.raises(ConflictError), place.engine.jobs.run("source", {}, {}, 0.5):
        pass
    holder.join()


def test_an_engine_that_stops_ends_its_jobs(new_place: object) -> None:
    place: Place = new_place().ready()  # type: ignore[operator]
    raised: list[BaseException] = []

    def work() -> None:
        try:
            with place.engine.jobs.run("sleeps", {"milliseconds": 60000}, {}, 30):
                pass
        except TorchwireError as error:
            raised.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    until(lambda: list(place.engine.home.jobs.glob("*/events.jsonl")))
    place.stop(kill=True)
    worker.join(10)
    assert [type(error) for error in raised] == [NodeCrashedError]


def test_internal_modules_are_for_jobs_alone() -> None:
    from torchwire.registry import Registry

    registry = Registry.of(["torchwire_modules.evaluation"])
    assert registry.find("explain-image") is None and registry.get("explain-image").spec.internal
    assert "explain-image" not in [spec.id for spec in registry.specs()]
