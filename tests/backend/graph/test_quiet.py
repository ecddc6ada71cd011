"""The collector is held back while a graph is built, and comes back."""

from __future__ import annotations

import gc

import pytest

from torchwire.graph.quiet import without_collecting


@without_collecting
def outer() -> bool:
    return inner() or gc.isenabled()


@without_collecting
def inner() -> bool:
    return gc.isenabled()


@without_collecting
def fails() -> None:
    raise ValueError


def test_it_is_off_inside_and_on_again_after_the_outermost() -> None:
    assert not outer()
    assert gc.isenabled()


def test_it_is_on_again_after_a_failure() -> None:
    with pytest.raises(ValueError):
        fails()
    assert gc.isenabled()


def test_it_stays_off_for_who_wants_it_off() -> None:
    gc.disable()
    try:
        outer()
        assert not gc.isenabled()
    finally:
        gc.enable()
