import math
from itertools import pairwise

import pytest

from torchwire_modules.training.recipe import balanced_weights
from torchwire_modules.training.schedule import Schedule


def test_constant_stays_at_its_peak() -> None:
    assert [Schedule("constant", 0.1, 4).at(step) for step in range(4)] == [0.1] * 4


def test_polynomial_of_power_one_falls_in_a_line_towards_zero() -> None:
    assert [Schedule("polynomial", 1.0, 4).at(step) for step in range(4)] == [1.0, 0.75, 0.5, 0.25]


def test_polynomial_takes_the_power_of_what_remains() -> None:
    assert Schedule("polynomial", 1.0, 4, power=2.0).at(2) == 0.25


def test_cosine_is_half_way_down_in_the_middle() -> None:
    assert Schedule("cosine", 0.2, 10).at(5) == pytest.approx(0.1)
    assert Schedule("cosine", 0.2, 10).at(9) == pytest.approx(0.1 * (1 + math.cos(0.9 * math.pi)))


@pytest.mark.parametrize("kind", ["constant", "cosine", "polynomial"])
def test_warm_up_rises_to_the_peak_and_then_decay_begins(kind: str) -> None:
    rates = [Schedule(kind, 0.4, 12, warmup=4).at(step) for step in range(12)]
    assert rates[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert rates[4] == pytest.approx(0.4)
    assert all(after <= before for before, after in pairwise(rates[4:]))


def test_warm_up_longer_than_training_never_reaches_the_peak() -> None:
    assert Schedule("cosine", 1.0, 4, warmup=8).at(3) == 0.5


def test_a_rate_near_the_smallest_double_survives() -> None:
    assert Schedule("cosine", 1e-300, 10).at(5) > 0


def test_balanced_weights_make_classes_count_the_same() -> None:
    weights = balanced_weights([30, 10, 0])
    assert weights[0] * 30 == weights[1] * 10
    assert weights[2] == 0.0
