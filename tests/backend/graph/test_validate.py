"""Every fault of a pipeline is found, all at once, and said in words."""

from __future__ import annotations

import math
import time
from typing import Any

import networkx as nx
import pytest

from tests.graphs import Document, chain, document, fan_out_fan_in, node, single, wire
from torchwire.errors import Fault, FileOpenError
from torchwire.graph.plan import plan
from torchwire.graph.validate import validate
from torchwire.registry import Registry

MODULES = Registry.of(["tests.tiny_modules"])
TARGETS = {"local-cpu"}


def faults(graph: object) -> list[Fault]:
    return validate(graph, MODULES, targets=TARGETS).faults


def only_fault(graph: object) -> Fault:
    found = faults(graph)
    assert len(found) == 1, [fault.message for fault in found]
    return found[0]


@pytest.mark.parametrize("graph", [chain(1), chain(20), fan_out_fan_in(), single("heavy")])
def test_a_good_pipeline_has_no_faults(graph: Document) -> None:
    assert faults(graph) == []


@pytest.mark.parametrize("graph", [None, 3, "text", [], [1], True])
def test_a_document_must_be_an_object(graph: object) -> None:
    assert "JSON object" in only_fault(graph).message


def test_an_empty_pipeline_is_a_fault() -> None:
    assert only_fault(document()).message == "The pipeline has no nodes."


@pytest.mark.parametrize(
    ("change", "says", "hint"),
    [
        ({"format": "other"}, "not a Torchwire pipeline", None),
        ({"version": 2}, "version is 2", "Update Torchwire"),
        ({"wirez": []}, "no key 'wirez'", "'wires'"),
        ({"name": ""}, "name", None),
        ({"nodes": "none"}, "nodes", None),
        ({"default_compute_target": 5}, "default_compute_target", None),
    ],
)
def test_a_fault_of_the_document_itself(change: Document, says: str, hint: str | None) -> None:
    fault = only_fault(single("source") | change)
    assert says in fault.message
    assert fault.code == "2001"
    assert hint is None or hint in (fault.hint or "")


@pytest.mark.parametrize(
    ("change", "says", "hint"),
    [
        ({"parametres": {}}, "Node 'only' has no key 'parametres'", "'parameters'"),
        ({"version": 0}, "version", None),
        ({"id": "a b"}, "id", None),
        ({"position": [1]}, "position", None),
        ({"position": [math.inf, 0]}, "finite", None),
        ({"resources": {"process_count": 1}}, "no key 'process_count'", "'process_count_per_node'"),
        ({"module": None}, "module", None),
        ({"parameters": {"content": []}}, "must be a number, text, true, false or null", None),
        ({"version": 2}, "newer than version 1", "Update"),
        ({"module": "sourse"}, "no module 'sourse'", "'source'"),
        ({"parameters": {"contents": "x"}}, "no parameter 'contents'", "'content'"),
        ({"compute_target": "local-gpu-0"}, "no compute target 'local-gpu-0'", "local-cpu"),
        ({"resources": {"process_count_per_node": 2}}, "runs in one process", None),
    ],
)
def test_a_fault_of_a_node(change: Document, says: str, hint: str | None) -> None:
    graph = single("source")
    graph["nodes"][0] |= change
    fault = only_fault(graph)
    assert says in fault.message
    assert hint is None or hint in (fault.hint or "")


def test_a_missing_id_is_told_by_position() -> None:
    graph = document(node("a", "source"), {"module": "source"})
    assert only_fault(graph).message == "Node number 2 lacks the key 'id'."


def test_a_parameter_out_of_range_is_told_with_node_and_parameter() -> None:
    fault = only_fault(single("sleeps", milliseconds=-1))
    assert (fault.code, fault.node, fault.parameter) == ("0005", "only", "milliseconds")


def test_a_missing_required_parameter_is_told() -> None:
    fault = only_fault(single("reads-data"))
    assert (fault.code, fault.parameter) == ("0003", "path")


def test_several_machines_are_not_to_be_had_here() -> None:
    graph = single("heavy")
    graph["nodes"][0]["resources"] = {"node_count": 2, "process_count_per_node": 4}
    fault = only_fault(graph)
    assert (fault.code, fault.name) == ("2002", "ComputeTargetUnavailableError")
    assert fault.message == "2 machines were asked for, and 'local-cpu' is one."


def test_several_processes_on_one_machine() -> None:
    graph = single("heavy")
    graph["nodes"][0]["resources"] = {"node_count": 1, "process_count_per_node": 4}
    assert faults(graph) == []


@pytest.mark.parametrize(("gpus", "missing"), [(2, None), (1, "local-gpu-1")])
def test_each_process_needs_a_gpu_of_its_own(gpus: int, missing: str | None) -> None:
    graph = single("heavy")
    graph["default_compute_target"] = "local-gpu-0"
    graph["nodes"][0]["resources"] = {"node_count": 1, "process_count_per_node": 2}
    targets = {"local-cpu", *(f"local-gpu-{number}" for number in range(gpus))}
    found = validate(graph, MODULES, targets=targets).faults
    assert [fault.name for fault in found] == ["ComputeTargetUnavailableError"] * bool(missing)
    assert missing is None or missing in found[0].message


def test_two_nodes_of_one_id_are_told() -> None:
    assert "2 nodes have the id 'a'" in only_fault(document(node("a", "source"), node("a", "source"))).message


def test_a_required_input_without_a_wire_is_told() -> None:
    fault = only_fault(single("add-file"))
    assert (fault.code, fault.node, fault.port) == ("0003", "only", "folder")
    assert "AnyDirectory" in (fault.hint or "")


@pytest.mark.parametrize(
    ("bad", "says", "hint"),
    [
        (wire("nobody.folder", "b.folder"), "names the node 'nobody'", None),
        (wire("a.folders", "b.folder"), "Source has no output 'folders'", "'folder'"),
        (wire("a.folder", "b.folderr"), "Add file has no input 'folderr'", "'folder'"),
        (wire("a.folder", "c.model"), "takes ModelDirectory, and 'Folder' of Source (a) gives AnyDirectory", None),
    ],
)
def test_a_fault_of_a_wire(bad: Document, says: str, hint: str | None) -> None:
    nodes = [node("a", "source"), node("b", "add-file"), node("c", "takes-model")]
    graph = document(*nodes, wires=(wire("a.folder", "b.folder"), bad))
    found = [fault for fault in faults(graph) if says in fault.message]
    assert len(found) == 1
    assert hint is None or hint in (found[0].hint or "")


def test_two_wires_in_one_input_are_told() -> None:
    graph = document(
        node("a", "source"),
        node("b", "source"),
        node("c", "add-file"),
        wires=(wire("a.folder", "c.folder"), wire("b.folder", "c.folder")),
    )
    fault = only_fault(graph)
    assert "2 wires end in input 'Folder' of Add file (c)" in fault.message


def test_a_loop_is_told_with_its_nodes() -> None:
    graph = document(
        node("a", "identity"),
        node("b", "identity"),
        wires=(wire("a.result", "b.folder"), wire("b.result", "a.folder")),
    )
    assert "Identity (a) > Identity (b) > Identity (a)" in only_fault(graph).message


def test_a_wire_from_a_node_to_itself_is_a_loop() -> None:
    graph = document(node("a", "identity"), wires=(wire("a.result", "a.folder"),))
    assert "loop" in only_fault(graph).message


def test_all_faults_are_told_at_once() -> None:
    graph = document(
        node("a", "sorce"),
        node("b", "sleeps", milliseconds=-1),
        node("c", "add-file"),
        {"id": "d", "module": "source", "colour": "red"},
        wires=(wire("d.folder", "c.folder"), wire("x.y", "b.folder")),
        wirez=[],
    )
    del graph["wirez"]
    told = " | ".join(fault.message for fault in faults(graph))
    for part in ("no key 'colour'", "no module 'sorce'", "at least 0", "names the node 'x'"):
        assert part in told
    assert "Nothing is wired" not in told


def test_a_data_set_that_is_not_there_is_told() -> None:
    def check(value: str) -> FileOpenError:
        return FileOpenError(f"no '{value}'")

    found = validate(single("reads-data", path="flowers"), MODULES, targets=TARGETS, dataset=check).faults
    assert [(fault.message, fault.node, fault.parameter) for fault in found] == [("no 'flowers'", "only", "path")]


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [[]], {"id": 3}, True, 1e400])
def test_junk_anywhere_gives_faults_and_never_raises(depth: int, junk: Any) -> None:
    graph: Document = chain(2)
    places: list[tuple[Any, Any]] = [
        (graph, "nodes"),
        (graph["nodes"], 1),
        (graph["nodes"][1], "parameters"),
        (graph["wires"][0], "from"),
    ]
    holder, key = places[depth]
    holder[key] = junk
    validate(graph, MODULES, targets=TARGETS)


def test_a_plan_has_every_node_after_those_it_reads_from() -> None:
    planned = plan(validate(fan_out_fan_in(), MODULES), MODULES)
    order = list(planned.steps)
    assert order.index("source") < order.index("left") < order.index("join")
    assert planned.behind("source") == {"left", "right", "join"}
    assert planned.steps["join"].inputs == {"left": ("left", "result"), "right": ("right", "result")}


def test_only_a_pipeline_without_faults_is_planned() -> None:
    with pytest.raises(ValueError, match="without faults"):
        plan(validate(single("sorce"), MODULES), MODULES)


def test_planning_a_thousand_nodes_takes_at_most_a_few_times_what_the_graph_library_takes() -> None:
    graph = chain(1000)
    ours = min(_seconds(lambda: plan(validate(graph, MODULES, targets=TARGETS), MODULES)) for _ in range(5))
    bare = min(_seconds(lambda: _bare(1000)) for _ in range(5))
    assert ours < 0.2, f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms"


def _bare(count: int) -> None:
    graph = nx.DiGraph()
    for index in range(count):
        graph.add_node(index, module="x")
    for index in range(1, count):
        graph.add_edge(index - 1, index)
    assert nx.is_directed_acyclic_graph(graph)
    list(nx.topological_sort(graph))


def _seconds(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
