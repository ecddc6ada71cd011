"""The order in which a valid pipeline runs, and who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torchwire.graph.document import Node
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
    nodes = {node.id: node for node in pipeline.nodes}
    inputs: dict[str, dict[str, tuple[str, str]]] = {node_id: {} for node_id in nodes}
    for wire in pipeline.wires:
        inputs[wire.target[0]][wire.target[1]] = wire.source
    specs = {}
    for name in {node.module for node in pipeline.nodes}:
        module = modules.find(name)
        if module is None:
            raise ValueError(f"there is no module {name!r}")
        specs[name] = module.spec
    steps = {}
    for node_id in validation.order:
        node = nodes[node_id]
        target = node.compute_target or pipeline.default_compute_target
        steps[node_id] = Step(node, specs[node.module], validation.parameters[node_id], inputs[node_id], target)
    return Plan(steps, validation.graph)
