"""Fixtures for all tests, and a watch over what they leave behind."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.places import Place
from tests.postgresql import Server, why_not

TESTS = Path(__file__).parent


@pytest.hookimpl(optionalhook=True)  # there is no such hook without pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have ``pytest -n`` hand out tests file by file; all that use the Ray cluster together, so that there is one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "ray" if Path(file).name.startswith("test_ray") else file

    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before the time limit of the test begins
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Have a test marked ``alone`` wait until no other process of ``pytest -n`` runs one, and hold those up."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    how = fcntl.LOCK_SH if item.get_closest_marker("alone") is None else fcntl.LOCK_EX
    with ExitStack() as stack:
        with _locked(TESTS / "backend", fcntl.LOCK_EX):  # whoever wants to be alone is the next, however many follow
            stack.enter_context(_locked(TESTS, how))
        return (yield)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # also for what a test has forked and left
        os.close(descriptor)


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test after which one of our threads still runs."""
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("torchwire-")]
    assert not left, f"threads left running: {left}"


@pytest.fixture
def new_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Makes places in one home (``home`` picks another); those still working at the end are stopped, nodes too."""
    made: list[Place] = []

    def make(home: Path | None = None, **settings: Any) -> Place:
        place = Place(home or tmp_path / "home", **settings)
        made.append(place)
        return place

    yield make
    for place in made:
        place.stop(kill=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of our own; a test that asks for one is skipped where there is none."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with Server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The test runs once with each kind of database."""
    return str(request.param)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a new database with our tables, of each kind."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """The address of a new database on a PostgreSQL server."""
    with postgresql.database() as url:
        yield url


@pytest.fixture
def place(new_place: Callable[..., Place]) -> Place:
    """A home with a working engine."""
    return new_place().ready()
