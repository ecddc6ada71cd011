"""What the events of a run add up to: the state of the run and of each node. Pure, so the log can rebuild it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchwire.execution.events import RunEvent

NODE_STATUS = {
    "node.queued": "queued",
    "node.started": "running",
    "node.finished": "completed",
    "node.reused": "completed",
    "node.failed": "failed",
    "node.cancelled": "cancelled",
    "node.skipped": "skipped",
}

MEMORY_POINTS = 120


def new_node() -> dict[str, Any]:
    """A node that nothing has happened to yet."""
    return {
        "status": "pending",
        "reused": False,
        "seconds": None,
        "seconds_saved": None,
        "attempt": None,
        "target": None,
        "machines": [],
        "started": None,
        "finished": None,
        "progress": None,
        "summary": None,
        "outputs": {},
        "error": None,
        "skipped_because": None,
        "why": None,
        "waiting": None,
        "checkpoint": None,
        "resumed": None,
        "memory": [],
        "memory_peak": None,
    }


def stays_in_log(event: RunEvent) -> bool:
    """Whether a node's event changes nothing of its state; these are the most frequent ones."""
    return event.type == "node.log" or (event.type == "node.metric" and event.data.get("axis") != "result")


def apply_to_node(node: dict[str, Any], event: RunEvent) -> None:
    """Bring a node's state up to date with one of its events. Metrics and logs stay in the log alone."""
    data = event.data
    if event.type in NODE_STATUS:
        node.update(status=NODE_STATUS[event.type], waiting=None)
    match event.type:
        case "node.waiting":
            node["waiting"] = data["why"] or None  # nothing: what it waited for is there
        case "node.memory":
            _add_memory(node, event.time, data["memory_bytes"])
        case "node.checkpoint":
            kept = ("step", "epoch", "batch", "size")
            node["checkpoint"] = {"time": event.time} | {key: data.get(key) for key in kept}
        case "node.resumed":
            told = ("source", "epoch", "batch", "message")
            node["resumed"] = {"run_id": data["from_run"]} | {key: data[key] for key in told}
        case "node.started":
            node.update(new_node(), status="running", started=event.time)
            node.update({key: data.get(key) for key in ("attempt", "target", "why")})
        case "node.placed":
            node["machines"] = data["machines"]
        case "node.progress":
            node["progress"] = {key: data.get(key) for key in ("done", "total", "unit", "message", "seconds_left")}
        case "node.metric" if data.get("axis") == "result":
            node["summary"] = (node["summary"] or {}) | data["values"]
        case "node.output":
            node["outputs"][data["port"]] = {
                "type": data["output_type"],
                "digest": data["digest"],
                "size": data["size"],
                "files": data["files"],
            }
        case "node.finished":
            node.update(finished=event.time, seconds=data.get("seconds"))
            node["memory_peak"] = max(node["memory_peak"] or 0, data.get("memory_peak") or 0) or None
        case "node.cancelled":
            node.update(finished=event.time, seconds=data.get("seconds"))
        case "node.reused":
            node.update(reused=True, finished=event.time, seconds=0.0, seconds_saved=data.get("seconds_saved"))
        case "node.failed":
            node.update(finished=event.time, seconds=data.get("seconds"), error=data.get("error"))
        case "node.skipped":
            node.update(finished=event.time, skipped_because=data.get("because"))
        case _:
            pass


def _add_memory(node: dict[str, Any], time: float, memory: int) -> None:
    """Keep the peak, and a curve that is thinned to every other point whenever it has grown too long."""
    curve = [*node["memory"], [round(time - (node["started"] or time), 1), memory]]
    node["memory"] = curve if len(curve) <= MEMORY_POINTS else curve[::2]
    node["memory_peak"] = max(memory, node["memory_peak"] or 0)


def apply_to_run(run: dict[str, Any], event: RunEvent) -> None:
    """Bring a run's own fields up to date with one of its events."""
    match event.type:
        case "run.started":
            run.update(status="running", started=event.time)
        case "run.finished":
            run.update(status=event.data["status"], finished=event.time, error=event.data.get("error"))
        case _:
            pass


def needs_of(events: Sequence[RunEvent]) -> list[dict[str, Any]]:
    """Which artifacts the events say that a run made or reused: one row for each output, the newest of it."""
    outputs = (event for event in events if event.type == "node.output")
    rows = {(e.run_id, e.node, e.data["port"]): e.data["digest"] for e in outputs}
    return [{"run_id": run, "node": node, "port": port, "digest": digest} for (run, node, port), digest in rows.items()]
