"""Kills at every named step of a run's life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash import graphs, invariants, steps
from tests.crash.site import Host, Site


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict:
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    try:
        return graphs.undisturbed(site, [graphs.two_in_a_row(number) for number in range(len(steps.ALL))])
    finally:
        site.close()


class Life:
    """One home for all steps: what one leaves behind, the next has to live with."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.host: Host | None = None


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    life = Life(Site(tmp_path_factory.mktemp("steps")))
    yield life
    life.site.close()


@pytest.mark.parametrize("number", range(len(steps.ALL)), ids=lambda number: str(steps.ALL[number]))
def test_a_kill_does_no_harm_at(life: Life, expected: dict, number: int) -> None:
    host = life.host or life.site.start()
    life.host = None  # should this fail, the next one starts anew
    host = steps.survive(life.site, host, steps.ALL[number], expected, number)
    life.host = host


def test_nothing_is_left_running(life: Life) -> None:
    if life.host is not None:
        life.host.stop()
    invariants.check_nothing_runs(life.site)
