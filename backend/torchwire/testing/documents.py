"""Pipelines of the suite's modules."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def node(node_id: str, module: str, /, **parameters: Any) -> Document:
    """A node of a document."""
    return {"id": node_id, "module": module, "parameters": {k: v for k, v in parameters.items() if v is not None}}


def wire(source: str, target: str) -> Document:
    """A wire, from ``"node.port"`` to ``"node.port"``."""
    return {"from": source.split("."), "to": target.split(".")}


def pipeline(*nodes: Document, wires: tuple[Document, ...] = (), name: str = "Contract") -> Document:
    """A pipeline document."""
    return {"format": "torchwire/pipeline", "version": 1, "name": name, "nodes": list(nodes), "wires": list(wires)}


def triangle(content: str) -> Document:
    """A node whose files a second one passes on to a third, which reads those of both."""
    return pipeline(
        node("writes", "contract-writes", content=content),
        node("lists", "contract-joins"),
        node("joins", "contract-joins"),
        wires=(
            wire("writes.folder", "lists.left"),
            wire("writes.folder", "joins.left"),
            wire("lists.names", "joins.right"),
        ),
    )


def talks(**parameters: Any) -> Document:
    """One node, ``talks``."""
    return pipeline(node("talks", "contract-talks", **parameters))


def counts(**parameters: Any) -> Document:
    """One node, ``counts``."""
    return pipeline(node("counts", "contract-counts", **parameters))


def trains(**parameters: Any) -> Document:
    """One node, ``trains``."""
    return pipeline(node("trains", "contract-trains", **parameters))


def breaks(way: str, flag: str) -> Document:
    """One node, ``breaks``."""
    return pipeline(node("breaks", "contract-breaks", way=way, flag=flag))


def on(document: Document, target: str, *, machines: int = 1, processes: int = 1, again: bool = False) -> Document:
    """The document on a target, with so many processes on so many machines where its modules may have several."""
    nodes = []
    for one in document["nodes"]:
        several = {"resources": {"node_count": machines, "process_count_per_node": processes}}
        shared = one["module"] in ("contract-counts", "contract-trains")
        nodes.append(one | (several if shared else {}) | ({"regenerate_output": True} if again else {}))
    return document | {"default_compute_target": target, "nodes": nodes}
