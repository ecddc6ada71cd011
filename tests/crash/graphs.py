"""Pipelines to disturb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.crash.site import Site
from tests.graphs import Document, document, node, wire


def lively(number: int = 0, milliseconds: int = 200) -> Document:
    """A source that two lively nodes read, whose results a third one joins and a last one repeats."""
    about = {"milliseconds": milliseconds, "lines": 20}
    return document(
        node("source", "source", content=f"number {number}"),
        node("left", "lively", name=f"left{number}", child=True, **(about | {"milliseconds": 500})),
        node("right", "lively", name=f"right{number}", **about),
        node("join", "lively", name=f"join{number}", files=2, **about),
        node("last", "identity"),
        wires=(
            wire("source.folder", "left.left"),
            wire("source.folder", "right.left"),
            wire("left.result", "join.left"),
            wire("right.result", "join.right"),
            wire("join.result", "last.folder"),
        ),
    ) | {"name": f"lively {number}"}


def two_in_a_row(number: int = 0, milliseconds: int = 30) -> Document:
    """The shortest pipeline in which a node reads another's output."""
    return document(
        node("first", "lively", name=f"first{number}", milliseconds=milliseconds, lines=5, files=2, child=True),
        node("second", "add-file", name=f"second{number}"),
        wires=(wire("first.result", "second.folder"),),
    ) | {"name": f"two {number}"}


def failing() -> Document:
    """A node that fails, and one behind it."""
    return document(
        node("first", "fails-on-run"), node("second", "identity"), wires=(wire("first.result", "second.folder"),)
    ) | {"name": "failing"}


def stubborn() -> Document:
    """A node that never ends by itself, with a child in a session of its own, and one behind it."""
    return document(
        node("first", "never-asks"), node("second", "identity"), wires=(wire("first.result", "second.folder"),)
    ) | {"name": "stubborn"}


def counting(number: int = 0) -> Document:
    """A node that keeps checkpoints, and one behind it."""
    return document(
        node("first", "counts", to=4, hold_at=9, flag=str(number)),
        node("second", "add-file", name=f"second{number}"),
        wires=(wire("first.result", "second.folder"),),
    ) | {"name": f"counting {number}"}


def undisturbed(site: Site, documents: Sequence[Document]) -> dict[str, Any]:
    """What the nodes of each document make when nothing happens to them: ``{name: {node: {port: digest}}}``."""
    host = site.start()
    for run in documents:
        host.ask("submit", document=run)
    made = {}
    for run in site.finish():
        assert run["status"] == "completed", run["error"]
        made[run["name"]] = {
            node: {port: output["digest"] for port, output in state["outputs"].items()}
            for node, state in run["nodes"].items()
        }
    host.stop()
    return made
