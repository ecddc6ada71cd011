"""Kills at every named step of a run's life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash import graphs, invariants, steps
from tests.crash.site import Site


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict:
    chosen = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    numbers = {params["number"] for params in chosen if "number" in params}
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    try:
        return graphs.undisturbed(site, [graphs.two_in_a_row(number) for number in sorted(numbers)])
    finally:
        site.close()


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[steps.Life]:
    life = steps.Life(Site(tmp_path_factory.mktemp("steps")))
    yield life
    life.site.close()


@pytest.mark.parametrize("number", range(len(steps.ALL)), ids=lambda number: str(steps.ALL[number]))
def test_a_kill_does_no_harm_at(life: steps.Life, expected: dict, number: int) -> None:
    life.host = steps.survive(life.site, life.living(), steps.ALL[number], expected, number)


def test_nothing_is_left_running(life: steps.Life) -> None:
    if life.host is not None:
        life.host.stop()
    invariants.check_nothing_runs(life.site)
