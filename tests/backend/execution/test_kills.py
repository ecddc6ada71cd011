"""The short form of the crash suite (``make crash``): each kind of step once, and a dozen kills at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.crash import graphs, invariants, steps
from tests.crash.site import Site
from tests.crash.storm import Storm

SHORT = [
    "run, document:half",
    "run, request:half",
    "run, stores attempt:after",
    "run, store:renamed",
    "run, stores node.finished:before",
    "run, tells node.finished:before",
    "cancel, stores cancel:after",
    "recovery, stores recovery:before",
    "checkpoint, stores node.checkpoint:before",
    "delete, withdraw:after",
    "run, says attempt.started:half",
    "run, index:half",
    "run, says attempt.done:half",
    "run, says attempt.done:after",
    "checkpoint, says attempt.checkpoint:after 2",
]
"""What differs most; the long suite comes to every step."""


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict:
    site = Site(tmp_path_factory.mktemp("undisturbed"))
    try:
        return graphs.undisturbed(site, [graphs.two_in_a_row(number) for number in range(len(SHORT))])
    finally:
        site.close()


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[steps.Life]:
    life = steps.Life(Site(tmp_path_factory.mktemp("kills")))
    yield life
    life.site.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SHORT)
def test_a_kill_does_no_harm_at(life: steps.Life, expected: dict, name: str) -> None:
    step = next(step for step in steps.ALL if str(step) == name)
    life.host = steps.survive(life.site, life.living(), step, expected, SHORT.index(name))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_dozen_kills_at_random_do_no_harm(tmp_path) -> None:
    documents = [graphs.lively(0)]
    quiet = Site(tmp_path / "quiet")
    try:
        expected = graphs.undisturbed(quiet, documents)
    finally:
        quiet.close()
    site = Site(tmp_path / "storm")
    try:
        Storm(site, random.Random("a dozen"), documents, Counter()).rage(12, expected)  # noqa: S311 - to be repeated
    finally:
        site.close()


def test_nothing_is_left_running(life: steps.Life) -> None:
    if life.host is not None:
        life.host.stop()
    invariants.check_nothing_runs(life.site)
