"""The order in which a valid pipeline runs, and who waits for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torchwire.graph.document import Node, Pipeline
from torchwire.graph.quiet import without_collecting
from torchwire.graph.validate import Modules, Validation
from torchwire.module_api import ModuleSpec


@dataclass(frozen=True)
class Step:
    """One node, ready to be run once its inputs are there: ``inputs`` maps a port to (node, output port)."""

    node: Node
    spec: ModuleSpec
    parameters: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, str]]
    target: str

    @property
    def name(self) -> str:
        """What people call the node: its label, else its module's title, in quotes."""
        return f"'{self.node.label or self.spec.title}'"


@dataclass(frozen=True)
class Plan:
    """The steps by node id, each after those it reads from."""

    steps: Mapping[str, Step]
    graph: Any  # networkx.DiGraph of node ids

    def sources(self, node_id: str) -> set[str]:
        """The nodes that ``node_id`` reads from."""
        return set(self.graph.predecessors(node_id))

    def readers(self, node_id: str) -> list[str]:
        """The nodes that read from ``node_id``."""
        return list(self.graph.successors(node_id))

    def behind(self, node_id: str) -> set[str]:
        """All nodes that can't run without ``node_id``."""
        import networkx as nx  # late: it takes a tenth of a second, which a server's start should not

        return set(nx.descendants(self.graph, node_id))


@without_collecting
def plan(validation: Validation, modules: Modules) -> Plan:
    """Order a pipeline that was found to be without faults."""

    pipeline = validation.pipeline
    if pipeline is None or validation.faults:
        raise ValueError("only a pipeline without faults can be planned")
    steps = _steps(validation, pipeline, modules, validation.order)
    return Plan({step.node.id: step for step in steps}, validation.graph)


@dataclass(frozen=True)
class Draft:
    """What can be made of a pipeline that may have faults.

    ``steps`` has every node that can be asked about itself, after those it reads from; nodes on a loop or behind one,
    of unknown modules, or with values that no parameter takes, are left out. ``sound`` names those that could run.
    """

    steps: Mapping[str, Step]
    sound: frozenset[str]


@without_collecting
def draft(validation: Validation, modules: Modules) -> Draft:
    """Order as much of a pipeline as there is, finished or not."""
    pipeline = validation.pipeline
    if pipeline is None:
        return Draft({}, frozenset())
    nodes = {node.id: node for node in pipeline.nodes}
    faulty = {fault.node for fault in validation.faults}
    unfit = {
        fault.node
        for fault in validation.faults
        if fault.node in nodes
        and fault.parameter is not None
        and nodes[fault.node].parameters.get(fault.parameter) not in (None, "")
    }
    order = validation.order or _before_loops(validation.graph)
    steps = {step.node.id: step for step in _steps(validation, pipeline, modules, order)}
    sound: set[str] = set()
    for node_id, step in steps.items():
        if node_id not in faulty and all(source in sound for source, _ in step.inputs.values()):
            sound.add(node_id)
    askable = {
        node_id: step
        for node_id, step in steps.items()
        if node_id not in unfit and step.node.version == step.spec.version
    }
    return Draft(askable, frozenset(sound & askable.keys()))


def sound(validation: Validation, modules: Modules) -> Plan:
    """A plan of those nodes that could run, whatever else is wrong with the pipeline."""
    found = draft(validation, modules)
    return Plan({node: step for node, step in found.steps.items() if node in found.sound}, validation.graph)


def _before_loops(graph: Any) -> list[str]:
    """The nodes that don't wait for a loop, each after those it reads from."""
    waits = dict(graph.in_degree())
    free = [node for node, count in waits.items() if count == 0]
    order = []
    while free:
        order.append(node := free.pop())
        for reader in graph.successors(node):
            waits[reader] -= 1
            if waits[reader] == 0:
                free.append(reader)
    return order


def _steps(validation: Validation, pipeline: Pipeline, modules: Modules, order: Sequence[str]) -> Iterator[Step]:
    """A step for each node of ``order`` whose module is there, with the wires that fit."""
    nodes = {node.id: node for node in pipeline.nodes}
    specs = {name: found.spec for name in {node.module for node in nodes.values()} if (found := modules.find(name))}
    inputs: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for wire in pipeline.wires:
        if validation.graph.has_edge(wire.source[0], wire.target[0]):
            inputs[wire.target[0]][wire.target[1]] = wire.source
    for node_id in order:
        node = nodes[node_id]
        if node.module in specs:
            target = node.compute_target or pipeline.default_compute_target
            parameters = validation.parameters[node_id]
            yield Step(node, specs[node.module], parameters, inputs[node_id], target)
