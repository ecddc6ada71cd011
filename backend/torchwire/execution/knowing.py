"""Knows as much as can be known of a pipeline before it runs: facts for each output, remarks for each node.

Goes through the graph in order, whatever else is wrong with it, and asks each module. Where an output is in the store
already, what was made counts instead of what is foreseen. Never runs anything.
"""

from __future__ import annotations

import difflib
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from torchwire.data_types.facts import UNKNOWN, Facts
from torchwire.data_types.facts_reading import read_facts
from torchwire.data_types.facts_words import facts_as_json
from torchwire.errors import TorchwireError
from torchwire.execution.preparation import Preparation
from torchwire.execution.store import ArtifactStore
from torchwire.execution.targets import Target
from torchwire.graph.plan import Draft, Step
from torchwire.graph.validate import Validation
from torchwire.module_api import Change, Fix, Known, Module, Remark
from torchwire.registry import Registry

logger = logging.getLogger(__name__)

SEVERITIES = ("error", "warning", "note")
MOST_READ = 4000

DataFacts = Callable[[str], Facts]
"""What is known of the data set that a parameter's value names."""


class Manifests:
    """The facts of what lies in the store. An artifact never changes, so each is read once."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._read: OrderedDict[str, Facts | None] = OrderedDict()

    def of(self, type_id: str, digest: str) -> Facts | None:
        """The facts of an artifact; None when nothing can be read from it."""
        if digest not in self._read:
            try:
                facts = read_facts(type_id, self._store.data(digest))
            except (TorchwireError, OSError):
                facts = None
            self._read[digest] = facts
            while len(self._read) > MOST_READ:
                self._read.popitem(last=False)
        return self._read.get(digest)


class Knowing:
    """One look at a pipeline."""

    def __init__(
        self,
        draft: Draft,
        registry: Registry,
        preparation: Preparation,
        manifests: Manifests,
        targets: Mapping[str, Target],
        data: DataFacts,
        settings: Mapping[str, Any],
    ) -> None:
        self._draft = draft
        self._registry = registry
        self._preparation = preparation
        self._manifests = manifests
        self._targets = targets
        self._data = data
        self._settings = settings
        self._facts: dict[str, dict[str, Facts]] = {}

    def as_json(self) -> dict[str, Any]:
        """Facts by node and port, and all remarks, the worst first."""
        made = self._made()
        remarks: list[dict[str, Any]] = []
        for node, step in self._draft.steps.items():
            module, known = self._registry.get(step.spec.id)(step.parameters), self.known(step)
            self._facts[node] = self._outputs(step, module, known, made.get(node, {}))
            remarks += [_as_json(node, remark) for remark in self._ask_remarks(step, module, known)]
        facts = {
            node: {port: facts_as_json(found) for port, found in outputs.items() if _tells(found)}
            for node, outputs in self._facts.items()
        }
        remarks.sort(key=lambda remark: SEVERITIES.index(remark["severity"]))
        return {"facts": {node: outputs for node, outputs in facts.items() if outputs}, "remarks": remarks}

    def known(self, step: Step) -> Known:
        """What is known around a node, once ``as_json`` has gone through the pipeline."""
        target = self._targets.get(step.target)
        inputs = {port: self._facts.get(node, {}).get(output, UNKNOWN) for port, (node, output) in step.inputs.items()}
        for parameter in step.spec.parameters:
            if parameter.kind == "dataset" and step.parameters.get(parameter.id):
                inputs[parameter.id] = self._data(step.parameters[parameter.id])
        return Known(
            inputs,
            step.inputs,
            target.title if target else "",
            target.memory_bytes if target else None,
            step.node.resources.node_count * step.node.resources.process_count_per_node,
            self._settings,
        )

    def _outputs(
        self, step: Step, module: Module, known: Known, made: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Facts]:
        try:
            foreseen = module.foresee(known)
        except Exception:  # a module is other people's code
            logger.exception("%s could not foresee its outputs", step.spec.id)
            foreseen = {}
        found = {}
        for port in step.spec.outputs:
            facts = foreseen.get(port.id, UNKNOWN)
            output = made.get(port.id)
            read = None if output is None else self._manifests.of(output["type"], output["digest"])
            if read is not None:
                facts = replace(
                    read,
                    labelled=facts.labelled if read.labelled is None else read.labelled,
                    transformed_by=facts.transformed_by,
                    training=facts.training,
                )
            found[port.id] = replace(facts, node=step.node.id)
        return found

    def _ask_remarks(self, step: Step, module: Module, known: Known) -> list[Remark]:
        try:
            return list(module.remarks(known))
        except Exception:  # a module is other people's code
            logger.exception("%s could not make its remarks", step.spec.id)
            return []

    def _made(self) -> dict[str, Mapping[str, Mapping[str, Any]]]:
        """What lies in the store for each node whose inputs do: by port, its type and digest."""
        made: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        for node in self._draft.steps:
            if node not in self._draft.sound:
                continue
            step = self._draft.steps[node]
            with suppress(TorchwireError, KeyError):  # a data set or target is gone, or nothing was made before it
                inputs = {port: made[source][output]["digest"] for port, (source, output) in step.inputs.items()}
                candidate = self._preparation.candidate(step, self._targets.get(step.target), inputs)
                result = self._preparation.result(candidate)
                if result is not None:
                    made[node] = result.outputs
        return made


def remarks_of_data(validation: Validation, registry: Registry, names: Collection[str]) -> Iterator[dict[str, Any]]:
    """What is wrong with the data sets that nodes name, with the registered name that may be meant."""
    nodes = {node.id: node for node in validation.pipeline.nodes} if validation.pipeline else {}
    for fault in validation.faults:
        node = nodes.get(fault.node or "")
        module = registry.find(node.module) if node else None
        if node is None or module is None or fault.parameter is None:
            continue
        value = node.parameters.get(fault.parameter)
        if not value or not any(p.kind == "dataset" and p.id == fault.parameter for p in module.spec.parameters):
            continue
        text = " ".join(filter(None, (fault.message, fault.hint)))
        close = difflib.get_close_matches(str(value), names, n=1, cutoff=0.6)
        fix = Fix(f"Use '{close[0]}'", (Change(fault.parameter, close[0]),)) if close else None
        yield _as_json(node.id, Remark("no-data-set", "error", text, parameter=fault.parameter, fix=fix))


def _tells(facts: Facts) -> bool:
    return replace(facts, node="", transformed_by=()) != UNKNOWN


def _as_json(node: str, remark: Remark) -> dict[str, Any]:
    record = {key: value for key, value in asdict(remark).items() if value is not None}
    if remark.fix is not None:
        changes = [{**asdict(change), "node": change.node or node} for change in remark.fix.changes]
        record["fix"] = {"text": remark.fix.text, "changes": changes}
    return {"node": node, **record}
