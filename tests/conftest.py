"""Fixtures for all tests, and a watch over what they leave behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.places import Place
from tests.postgresql import Server, why_not


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
