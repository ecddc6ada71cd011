"""Reads a document strictly. What can't be read is told as faults; the rest is kept, so that it is checked as well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from torchwire.errors import Fault, PipelineError
from torchwire.graph.document import FORMAT, VERSION, Node, Pipeline, Resources, Wire
from torchwire.registry import nearest

Location = tuple[int | str, ...]


@dataclass(frozen=True)
class Parsed:
    """A document read as far as it goes. ``unread`` names the nodes that were left out because of faults in them."""

    pipeline: Pipeline | None
    faults: list[Fault]
    unread: frozenset[str] = frozenset()


def parse(document: object) -> Parsed:
    """Read ``document`` (parsed JSON). Never raises for what is wrong with it."""
    if not isinstance(document, Mapping):
        return Parsed(None, [Fault.of(PipelineError("A pipeline document must be a JSON object."))])
    try:
        pipeline = Pipeline.model_validate(document)
    except ValidationError as error:
        return _parse_the_rest(document, error)
    odd = [node for node in pipeline.nodes if not all(map(math.isfinite, node.position))]
    faults = [PipelineError("The position must be two finite numbers.", node=node.id) for node in odd]
    return Parsed(pipeline, [Fault.of(fault) for fault in faults])


def _parse_the_rest(document: Mapping[Any, Any], error: ValidationError) -> Parsed:
    details = error.errors(include_url=False, include_input=False, include_context=False)
    faults: dict[Location, Fault] = {}
    for detail in details:
        place = _place(detail["loc"])
        faults.setdefault(place, _fault(document, place, detail["type"], detail["msg"]))
    bad: dict[str, set[int]] = {"nodes": set(), "wires": set()}
    for place in faults:
        if len(place) < 2 or place[0] not in bad or not isinstance(place[1], int):
            return Parsed(None, list(faults.values()))
        bad[str(place[0])].add(place[1])
    unread = frozenset(name for index in bad["nodes"] if (name := _node_id(document, index)) is not None)
    kept = {
        part: [entry for index, entry in enumerate(document.get(part, ())) if index not in bad[part]] for part in bad
    }
    return Parsed(Pipeline.model_validate({**document, **kept}), list(faults.values()), unread)


def _place(location: Location) -> Location:
    # A value that fits no member of a union is reported once for each of them, below the place that matters.
    return location[:4] if location[:1] == ("nodes",) and location[2:3] == ("parameters",) else location


def _fault(document: Mapping[Any, Any], place: Location, kind: str, message: str) -> Fault:
    if place == ("format",):
        return _of(f"This is not a Torchwire pipeline: its 'format' is not '{FORMAT}'.")
    if place == ("version",):
        return _of(
            f"The document's version is {document.get('version')!r} and this Torchwire reads version {VERSION}.",
            hint="Update Torchwire, or export the pipeline from a version that matches.",
        )
    node = _node_id(document, place[1]) if place[0] == "nodes" and len(place) > 1 else None
    owner = _owner(document, place)
    key = place[-1]
    if kind == "extra_forbidden":
        return _of(f"{owner} has no key '{key}'.", node=node, hint=nearest(str(key), _keys(place)))
    if kind == "missing" and isinstance(key, str):
        return _of(f"{owner} lacks the key '{key}'.", node=node)
    if place[2:3] == ("parameters",) and len(place) > 3:
        text = f"Parameter '{key}' must be a number, text, true, false or null."
        return Fault.of(PipelineError(text, node=node, parameter=str(key)))
    inside = place[2:] if place[0] in ("nodes", "wires") and len(place) > 1 else place
    within = f"'{'.'.join(str(part) for part in inside)}': " if inside else ""
    return _of(f"{owner}: {within}{message.replace('valid tuple', 'list')}.", node=node)


def _of(message: str, *, node: str | None = None, hint: str | None = None) -> Fault:
    return Fault.of(PipelineError(message, node=node, hint=hint))


def _owner(document: Mapping[Any, Any], place: Location) -> str:
    if place[0] == "nodes" and len(place) > 1:
        name = _node_id(document, place[1])
        return f"Node '{name}'" if name else f"Node number {int(place[1]) + 1}"
    if place[0] == "wires" and len(place) > 1:
        return f"Wire number {int(place[1]) + 1}"
    return "The document"


def _keys(place: Location) -> list[str]:
    model: type[BaseModel] = Pipeline
    if place[0] == "nodes" and len(place) > 2:
        model = Resources if place[2] == "resources" and len(place) > 3 else Node
    elif place[0] == "wires" and len(place) > 2:
        model = Wire
    return [field.alias or name for name, field in model.model_fields.items()]


def _node_id(document: Mapping[Any, Any], index: int | str) -> str | None:
    nodes = document.get("nodes")
    if not isinstance(nodes, Sequence) or not isinstance(index, int) or not isinstance(nodes[index], Mapping):
        return None
    name = nodes[index].get("id")
    return name if isinstance(name, str) and 0 < len(name) <= 128 else None
