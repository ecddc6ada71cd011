"""Finds everything that is wrong with a pipeline, at once and as data. Never executes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from torchwire.errors import Fault, MissingValueError, PipelineError, TargetUnavailableError, TorchwireError
from torchwire.graph.document import DEFAULT_RESOURCES, Node, Pipeline, Wire
from torchwire.graph.parse import parse
from torchwire.graph.quiet import without_collecting
from torchwire.module_api import InputPort, Module, ModuleSpec, OutputPort
from torchwire.registry import nearest

CheckDataset = Callable[[str], TorchwireError | None]
"""Says what is wrong with the value of a data set parameter: no such name, or a path that may not be read."""


CheckDemand = Callable[[bool, int, int], TorchwireError | None]
"""Says what is wrong with a node that computes much, or not, on so many machines in so many processes each."""


class Modules(Protocol):
    """Where modules are looked up."""

    def find(self, module_id: str) -> type[Module] | None:
        """The class of a module, or None."""

    def specs(self) -> list[ModuleSpec]:
        """Every module's declaration."""


@dataclass(frozen=True)
class Validation:
    """What validating a document gave. ``pipeline`` is there when it could be read, with faults or without.

    ``parameters`` holds the checked values that apply, by node; ``order`` has each node after those it reads from.
    """

    pipeline: Pipeline | None
    faults: list[Fault]
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    graph: Any = None  # networkx.DiGraph of node ids
    order: list[str] = field(default_factory=list)


LOCAL_CPU, LOCAL_GPU = "local-cpu", "local-gpu-"


def gpus_from(target: str, count: int) -> list[str]:
    """The targets whose GPUs so many processes take that start on ``target``."""
    number = target.removeprefix(LOCAL_GPU)
    if target == number or not number.isdecimal():
        return [target, *[f"{target}-{further}" for further in range(1, count)]]
    return [f"{LOCAL_GPU}{int(number) + further}" for further in range(count)]


@without_collecting
def validate(
    document: object,
    modules: Modules,
    *,
    targets: Collection[str] | None = None,
    beyond: Mapping[str, CheckDemand] | None = None,
    dataset: CheckDataset | None = None,
) -> Validation:
    """Check ``document`` (parsed JSON) against the modules, the ``targets`` that there are, and the data sets.

    ``beyond`` has for those of the targets that are not this computer what they say of a demand.
    """
    parsed = parse(document)
    if parsed.pipeline is None:
        return Validation(None, parsed.faults)
    check = _Check(parsed.pipeline, modules, parsed.unread, dataset, beyond or {})
    faults = [*parsed.faults, *check.faults(targets)]
    return Validation(parsed.pipeline, faults, check.parameters, check.graph, check.order)


class _Check:
    """One pass over a pipeline. Each method yields the faults of one kind."""

    def __init__(
        self,
        pipeline: Pipeline,
        modules: Modules,
        unread: frozenset[str],
        dataset: CheckDataset | None,
        beyond: Mapping[str, CheckDemand],
    ) -> None:
        import networkx as nx  # late: it takes a tenth of a second, which a server's start should not

        self.pipeline = pipeline
        self.parameters: dict[str, dict[str, Any]] = {}
        self.graph: Any = nx.DiGraph()
        self.order: list[str] = []
        self._unread = unread
        self._dataset = dataset
        self._beyond = beyond
        self._modules = modules
        self._nodes = {node.id: node for node in pipeline.nodes}
        found = {name: modules.find(name) for name in {node.module for node in pipeline.nodes}}
        specs = {name: module.spec if module else None for name, module in found.items()}
        self._kinds_of_wires: dict[tuple[str, str, str, str], bool] = {}
        self._specs = {node.id: specs[node.module] for node in pipeline.nodes}

    def faults(self, targets: Collection[str] | None) -> Iterator[Fault]:
        """Every fault, in the order in which a person would mend them."""
        yield from map(Fault.of, self._of_whole())
        for node in self._nodes.values():
            for error in self._of_node(node, targets):
                yield Fault.of(error, node=node.id)
        yield from map(Fault.of, self._of_wires())
        yield from map(Fault.of, self._of_missing_inputs())
        yield from map(Fault.of, self._of_cycles())

    def _of_whole(self) -> Iterator[TorchwireError]:
        if not self.pipeline.nodes and not self._unread:
            yield PipelineError("The pipeline has no nodes.", hint="Drag a module from the palette onto the canvas.")
        for node_id, count in Counter(node.id for node in self.pipeline.nodes).items():
            if count > 1 or node_id in self._unread:
                yield PipelineError(f"{count} nodes have the id '{node_id}'; ids must differ.", node=node_id)

    def _of_node(self, node: Node, targets: Collection[str] | None) -> list[TorchwireError]:
        found: list[TorchwireError] = []
        spec = self._specs[node.id]
        if spec is None:
            hint = nearest(node.module, [known.id for known in self._modules.specs()])
            found.append(PipelineError(f"There is no module '{node.module}'.", hint=hint))
        else:
            if node.version != spec.version:
                found.append(self._of_version(node, spec))
            for name in node.parameters:
                if spec.parameter(name) is None:
                    known = [parameter.id for parameter in spec.parameters]
                    hint = nearest(name, known) or f"{spec.title} has no parameters."
                    found.append(PipelineError(f"{spec.title} has no parameter '{name}'.", parameter=name, hint=hint))
            self.parameters[node.id], faults = spec.check(node.parameters)
            found += faults
            if self._dataset is not None and spec.parameters:
                found += self._of_datasets(spec, self.parameters[node.id], self._dataset)
        if targets is not None:
            target = node.compute_target or self.pipeline.default_compute_target
            if target not in targets or target in self._beyond or node.resources is not DEFAULT_RESOURCES:
                found += self._of_target(node, spec, targets)
        return found

    def _of_version(self, node: Node, spec: ModuleSpec) -> TorchwireError:
        relation, hint = (
            ("newer", "Update Torchwire.")
            if node.version > spec.version
            else ("older", "Delete the node and add the module anew.")
        )
        return PipelineError(
            f"The node was made with version {node.version} of {spec.title}, {relation} than version "
            f"{spec.version} which is installed.",
            hint=hint,
        )

    def _of_datasets(self, spec: ModuleSpec, values: dict[str, Any], check: CheckDataset) -> Iterator[TorchwireError]:
        for parameter in spec.parameters:
            if parameter.kind == "dataset" and parameter.id in values:
                fault = check(values[parameter.id])
                if fault is not None:
                    fault.parameter = parameter.id
                    yield fault

    def _of_target(self, node: Node, spec: ModuleSpec | None, targets: Collection[str]) -> Iterator[TorchwireError]:
        target = node.compute_target or self.pipeline.default_compute_target
        if target not in targets:
            available = ", ".join(sorted(targets))
            yield TargetUnavailableError(
                f"There is no compute target '{target}' here.", hint=f"Available: {available}."
            )
        machines, processes = node.resources.node_count, node.resources.process_count_per_node
        if spec is None:
            return
        if not spec.distributed and (machines, processes) != (1, 1):
            yield PipelineError(
                f"{spec.title} runs in one process; {machines} x {processes} were asked for.",
                hint="Set node count and process count per node to 1.",
            )
        elif target in self._beyond:
            refused = self._beyond[target](spec.distributed, machines, processes)
            if refused is not None:
                yield refused
        elif machines > 1:
            yield TargetUnavailableError(
                f"{machines} machines were asked for, and '{target}' is one.", hint="Set node count to 1."
            )
        elif target != LOCAL_CPU and processes > 1:
            missing = [gpu for gpu in gpus_from(target, processes) if gpu not in targets]
            if missing and target in targets:
                yield TargetUnavailableError(
                    f"{processes} processes were asked for, each with a GPU of its own from '{target}' on; there is no "
                    f"'{missing[0]}' here.",
                    hint="Set process count per node to 1, or use local-cpu.",
                )

    def _of_wires(self) -> Iterator[TorchwireError]:
        self.graph.add_nodes_from(self._nodes)
        edges = []
        for wire in self.pipeline.wires:
            if self._fits(wire):
                edges.append((wire.source[0], wire.target[0]))
            else:
                yield from self._of_ends(wire)
        self.graph.add_edges_from(edges)
        for (node, port), count in Counter(wire.target for wire in self.pipeline.wires).items():
            if count > 1:
                yield PipelineError(
                    f"{count} wires end in input '{self._label(node, port)}' of {self._name(node)}, which takes one.",
                    node=node,
                    port=port,
                    hint="Remove all but one of them.",
                )

    def _fits(self, wire: Wire) -> bool:
        source, target = self._specs.get(wire.source[0]), self._specs.get(wire.target[0])
        if source is None or target is None:
            return False
        kind = (source.id, wire.source[1], target.id, wire.target[1])
        if kind not in self._kinds_of_wires:
            given, taken = source.output(wire.source[1]), target.input(wire.target[1])
            self._kinds_of_wires[kind] = given is not None and taken is not None and given.type in taken.types
        return self._kinds_of_wires[kind]

    def _output(self, wire: Wire) -> OutputPort | None:
        spec = self._specs.get(wire.source[0])
        return spec.output(wire.source[1]) if spec else None

    def _input(self, wire: Wire) -> InputPort | None:
        spec = self._specs.get(wire.target[0])
        return spec.input(wire.target[1]) if spec else None

    def _of_ends(self, wire: Wire) -> Iterator[TorchwireError]:
        (source, source_port), (target, target_port) = wire.source, wire.target
        for end in (source, target):
            if end not in self._nodes and end not in self._unread:
                hint = nearest(end, list(self._nodes))
                yield PipelineError(
                    f"A wire from {source}.{source_port} to {target}.{target_port} names the node '{end}', "
                    "which is not there.",
                    node=target if target in self._nodes else source if source in self._nodes else None,
                    hint=hint,
                )
        out, into = self._specs.get(source), self._specs.get(target)
        given, taken = self._output(wire), self._input(wire)
        if out and given is None:
            hint = nearest(source_port, [port.id for port in out.outputs]) or f"{out.title} has no outputs."
            text = f"{out.title} has no output '{source_port}'."
            yield PipelineError(text, node=source, port=source_port, hint=hint)
        if into and taken is None:
            hint = nearest(target_port, [port.id for port in into.inputs]) or f"{into.title} has no inputs."
            text = f"{into.title} has no input '{target_port}'."
            yield PipelineError(text, node=target, port=target_port, hint=hint)
        if given and taken and given.type not in taken.types:
            wanted = " or ".join(kind.id for kind in taken.types)
            yield PipelineError(
                f"Input '{taken.label}' of {self._name(target)} takes {wanted}, and '{given.label}' of "
                f"{self._name(source)} gives {given.type.id}.",
                node=target,
                port=target_port,
            )

    def _of_missing_inputs(self) -> Iterator[TorchwireError]:
        wired = {wire.target for wire in self.pipeline.wires}
        for node_id in self._nodes:
            spec = self._specs[node_id]
            for port in spec.inputs if spec else ():
                if not port.optional and (node_id, port.id) not in wired:
                    wanted = " or ".join(kind.id for kind in port.types)
                    yield MissingValueError(
                        f"Nothing is wired to input '{port.label}' of {self._name(node_id)}.",
                        node=node_id,
                        port=port.id,
                        hint=f"Wire an output that gives {wanted} to it.",
                    )

    def _of_cycles(self) -> Iterator[TorchwireError]:
        import networkx as nx

        try:
            self.order = list(nx.topological_sort(self.graph))
            return
        except nx.NetworkXUnfeasible:
            pass
        for group in nx.strongly_connected_components(self.graph):
            part = self.graph.subgraph(group)
            if part.number_of_edges():
                loop = [edge[0] for edge in nx.find_cycle(part)]
                path = " > ".join(self._name(node) for node in [*loop, loop[0]])
                yield PipelineError(f"The wires form a loop: {path}.", node=loop[0], hint="Remove one of these wires.")

    def _name(self, node_id: str) -> str:
        node, spec = self._nodes.get(node_id), self._specs.get(node_id)
        title = (node.label if node else "") or (spec.title if spec else "")
        return f"{title} ({node_id})" if title else node_id

    def _label(self, node_id: str, port_id: str) -> str:
        spec = self._specs.get(node_id)
        port = spec.input(port_id) if spec else None
        return port.label if port else port_id
