"""Cuts the part of a document that was asked for: up to some nodes, or some nodes alone. Pure: gives a new document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torchwire.errors import Fault, PipelineError
from torchwire.registry import nearest


@dataclass(frozen=True)
class Part:
    """Which part of a pipeline is to run.

    ``until``: these nodes and all that they need. ``only``: these nodes, from what those before them made earlier.
    Both empty: everything.
    """

    until: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @classmethod
    def asked(cls, until: Sequence[str] | None, only: Sequence[str] | None) -> Part:
        """The part that a request names. Raises PipelineError when it makes no sense by itself."""
        if until is not None and only is not None:
            hint = "'until' runs nodes with all that they need, 'only' runs nodes by themselves."
            raise PipelineError("Either 'until' or 'only' can be given, not both.", hint=hint)
        for name, nodes in (("until", until), ("only", only)):
            if nodes is not None and not nodes:
                raise PipelineError(f"'{name}' names no node.", hint=f"Leave '{name}' out to run everything.")
        return cls(tuple(dict.fromkeys(until or ())), tuple(dict.fromkeys(only or ())))

    @classmethod
    def of_json(cls, record: Mapping[str, Any] | None) -> Part:
        """The part that a run remembers."""
        return cls(**{name: tuple(nodes) for name, nodes in (record or {}).items()})

    def as_json(self) -> dict[str, list[str]] | None:
        """The part as a run remembers it; None when it is everything."""
        return {name: list(nodes) for name, nodes in vars(self).items() if nodes} or None

    @property
    def named(self) -> tuple[str, ...]:
        """The nodes that were asked for by name."""
        return self.until or self.only

    def unknown(self, document: object) -> list[Fault]:
        """A fault for each named node that the document lacks."""
        known = _by_id(document)
        return [
            Fault.of(PipelineError(f"The pipeline has no node '{node[:200]}'.", hint=nearest(node, list(known))))
            for node in self.named
            if node not in known
        ]

    def of(self, document: object) -> object:
        """The document without the nodes that this part can't depend on, and without their wires.

        What can't be read stays where it might belong to the part. In a part of ``only``, the nodes before those named
        lose ``regenerate_output``: they are not asked to run.
        """
        if not self.named or not isinstance(document, Mapping):
            return document
        kept = _with_all_before(document, self.named)
        nodes = [node for node in _entries(document, "nodes") if _id(node) in kept]
        if self.only:
            nodes = [node if _id(node) in self.only else {**node, "regenerate_output": False} for node in nodes]
        wires = [wire for wire in _entries(document, "wires") if _end(wire, "to") in kept]
        return {**document, "nodes": nodes, "wires": wires}


def _with_all_before(document: Mapping[Any, Any], nodes: Collection[str]) -> set[str]:
    sources: dict[str, set[str]] = defaultdict(set)
    for wire in _entries(document, "wires"):
        source, target = _end(wire, "from"), _end(wire, "to")
        if source is not None and target is not None:
            sources[target].add(source)
    found, waiting = set(nodes), list(nodes)
    while waiting:
        fresh = sources[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def _by_id(document: object) -> dict[str, Any]:
    nodes = _entries(document, "nodes") if isinstance(document, Mapping) else ()
    return {name: node for node in nodes if (name := _id(node)) is not None}


def _entries(document: Mapping[Any, Any], part: str) -> Iterator[Mapping[Any, Any]]:
    entries = document.get(part)
    return (entry for entry in entries if isinstance(entry, Mapping)) if isinstance(entries, list) else iter(())


def _id(node: Mapping[Any, Any]) -> str | None:
    name = node.get("id")
    return name if isinstance(name, str) else None


def _end(wire: Mapping[Any, Any], side: str) -> str | None:
    end = wire.get(side)
    return end[0] if isinstance(end, (list, tuple)) and end and isinstance(end[0], str) else None
