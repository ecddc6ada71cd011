"""Parts of a document: what is kept, and what is said about names that are not there."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.graphs import chain, document, fan_out_fan_in, node, wire
from torchwire.errors import PipelineError
from torchwire.graph.slicing import Part


def ids(graph: Any) -> list[str]:
    return [entry["id"] for entry in graph["nodes"]]


def test_up_to_a_node_keeps_what_it_needs_and_nothing_else() -> None:
    graph = fan_out_fan_in()
    before = copy.deepcopy(graph)
    part: Any = Part(until=("left",)).of(graph)
    assert ids(part) == ["source", "left"]
    assert part["wires"] == [wire("source.folder", "left.folder")]
    assert (part["name"], graph) == ("Test", before)


def test_several_nodes_are_kept_together() -> None:
    assert ids(Part(until=("left", "right")).of(fan_out_fan_in())) == ["source", "left", "right"]


def test_nodes_alone_keep_those_before_them_but_do_not_force_them() -> None:
    graph = document(
        node("a", "source") | {"regenerate_output": True},
        node("b", "identity") | {"regenerate_output": True},
        node("c", "identity"),
        wires=(wire("a.folder", "b.folder"), wire("b.result", "c.folder")),
    )
    part: Any = Part(only=("b",)).of(graph)
    assert [(entry["id"], entry["regenerate_output"]) for entry in part["nodes"]] == [("a", False), ("b", True)]


def test_everything_is_the_document_itself() -> None:
    graph = chain(3)
    assert Part().of(graph) is graph


@pytest.mark.parametrize(
    "graph",
    [
        None,
        [],
        {"nodes": 3, "wires": {}},
        {"nodes": [3, {"id": 4}, {}], "wires": [{}, {"to": 1}, {"to": []}]},
        document(wires=(wire("a.x", "b.y"), wire("b.y", "a.x"))),
    ],
)
def test_odd_documents_are_no_error(graph: Any) -> None:
    Part(until=("a",)).of(graph)
    assert [fault.name for fault in Part(until=("a",)).unknown(graph)] == ["InvalidPipelineError"]


def test_an_unknown_name_comes_with_the_nearest() -> None:
    (fault,) = Part(only=("lefd",)).unknown(fan_out_fan_in())
    assert (fault.message, fault.hint) == ("The pipeline has no node 'lefd'.", "Did you mean 'left'?")


@pytest.mark.parametrize(("until", "only"), [(["a"], ["b"]), ([], None), (None, [])])
def test_requests_that_make_no_sense_are_refused(until: list[str] | None, only: list[str] | None) -> None:
    with pytest.raises(PipelineError):
        Part.asked(until, only)


@pytest.mark.parametrize("part", [Part(), Part(until=("a", "b")), Part(only=("a",))])
def test_a_part_is_remembered_as_json(part: Part) -> None:
    assert Part.of_json(part.as_json()) == part
