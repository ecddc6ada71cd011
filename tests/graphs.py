"""Small pipeline documents, named for their shape, over the modules of ``tiny_modules``."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def node(node_id: str, module: str, /, **parameters: Any) -> Document:
    """A node of a document."""
    return {"id": node_id, "module": module, "parameters": parameters}


def wire(source: str, target: str) -> Document:
    """A wire, from ``"node.port"`` to ``"node.port"``."""
    return {"from": source.split("."), "to": target.split(".")}


def document(*nodes: Document, wires: tuple[Document, ...] = (), **other: Any) -> Document:
    """A pipeline document."""
    return {
        "format": "torchwire/pipeline",
        "version": 1,
        "name": "Test",
        "nodes": list(nodes),
        "wires": list(wires),
        **other,
    }


def single(module: str, /, **parameters: Any) -> Document:
    """One node, ``only``."""
    return document(node("only", module, **parameters))


def chain(length: int) -> Document:
    """``n0`` makes a file, ``n1`` to ``n<length - 1>`` add one each."""
    nodes = [node("n0", "source"), *(node(f"n{i}", "add-file", name=f"file{i}") for i in range(1, length))]
    wires = [wire(f"n{i - 1}.{'folder' if i == 1 else 'result'}", f"n{i}.folder") for i in range(1, length)]
    return document(*nodes, wires=tuple(wires))


def fan_out_fan_in(branches: dict[str, Document] | None = None) -> Document:
    """``source`` feeds ``left`` and ``right``, which ``join`` brings together."""
    given = branches or {}
    left = given.get("left", node("left", "add-file", name="left"))
    right = given.get("right", node("right", "add-file", name="right"))
    return document(
        node("source", "source"),
        left,
        right,
        node("join", "join"),
        wires=(
            wire("source.folder", "left.folder"),
            wire("source.folder", "right.folder"),
            wire("left.result", "join.left"),
            wire("right.result", "join.right"),
        ),
    )
