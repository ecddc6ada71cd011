"""Shows a run in the terminal: a progress bar per node, plain lines where there is no terminal, or JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from torchwire.execution.events import RunEvent

SYMBOLS = {
    "queued": "[dim]·[/]",
    "running": "[yellow]▸[/]",
    "completed": "[green]✓[/]",
    "reused": "[cyan]↻[/]",
    "failed": "[red]✗[/]",
    "cancelled": "[dim]■[/]",
    "skipped": "[dim]–[/]",
}
STATE = {
    "node.queued": "queued",
    "node.started": "running",
    "node.finished": "completed",
    "node.reused": "reused",
    "node.failed": "failed",
    "node.cancelled": "cancelled",
    "node.skipped": "skipped",
}


class JsonLines:
    """Prints each event as one line of JSON, as it comes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def show(self, event: RunEvent) -> None:
        """Print one event."""
        print(json.dumps(event.as_json()), flush=True)  # noqa: T201 - this is what --json is for

    def finish(self, event: RunEvent, nodes: dict[str, Any]) -> None:
        """Print the last line, which has what became of every node."""
        print(json.dumps({**event.as_json(), "nodes": nodes}), flush=True)  # noqa: T201


class Terminal:
    """Draws a bar for each node; without a terminal, prints a line for each change."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        """Show the nodes with these titles."""
        self._console = Console(highlight=False)
        self._titles = titles
        self._progress = Progress(
            TextColumn("{task.fields[symbol]}"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            refresh_per_second=8,
        )
        self._tasks: dict[str, TaskID] = {}
        self._begun: set[str] = set()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            for node, title in self._titles.items():
                name = f"{escape(title)} [dim]{escape(node)}[/]"
                self._tasks[node] = self._progress.add_task(name, total=None, start=False, symbol=" ", note="")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, event: RunEvent) -> None:
        """Show one event."""
        if event.type == "run.queued" and "message" in event.data:
            self._console.print(escape(event.data["message"]), style="dim")
        if event.node is None:
            return
        if event.type == "node.started":
            self._begun.add(event.node)
        note = _note(event)
        if event.type == "node.progress" and event.node in self._tasks:
            done, total = event.data["done"], event.data["total"] or None
            self._progress.update(self._tasks[event.node], completed=done, total=total, note=note)
        elif event.type in ("node.resumed", "node.placed"):
            self._change(event.node, "running", note)
        elif event.type == "node.waiting" and event.data["why"]:
            self._change(event.node, "queued", note)
        elif event.type == "node.waiting" and event.node in self._begun and self._tasks:  # it goes on
            self._change(event.node, "running", "")
        elif event.type in STATE:
            self._change(event.node, STATE[event.type], note)

    def finish(self, event: RunEvent, nodes: dict[str, Any]) -> None:
        """Say how the run ended, and where the outputs of its last nodes lie."""
        self._progress.stop()
        status = event.data["status"]
        colour = {"completed": "green", "failed": "red"}.get(status, "yellow")
        self._console.print(f"[{colour}]Run {status}[/] after {event.data['seconds']:.1f} s.")
        for node_id, node in nodes.items():
            report = (node.get("error") or {}).get("report")
            if report is not None:
                self._tell(node_id, report)
        for node_id, node in nodes.items():
            for port, output in node["outputs"].items():
                self._console.print(f"[dim]{escape(node_id)}.{port}[/] {escape(output['path'])}", soft_wrap=True)

    def _tell(self, node: str, report: dict[str, Any]) -> None:
        """Say how a node failed and what to do about it, with the last lines that it printed."""
        remedy = report["remedy"]
        line = self._console.print
        line(f"\n{SYMBOLS['failed']} [bold]{escape(self._titles.get(node, node))}[/] {escape(node)}", soft_wrap=True)
        line(f"  {escape(_printable(report['what']))}", soft_wrap=True)
        line(f"  [bold]What to do:[/] {escape(_printable(remedy['text']))}", soft_wrap=True)
        if "value" in remedy:
            change = f"{remedy['node']}.{remedy['parameter']}={remedy['value']}"
            line(f"  [dim]As an option:[/] --set {escape(change)}", soft_wrap=True)
        if report["lines"]:
            line("  [dim]The last lines that it printed:[/]")
        for _, _, text in report["lines"]:
            line(f"    [dim]{escape(_printable(text))}[/]", soft_wrap=True)

    def _change(self, node: str, state: str, note: str) -> None:
        if not self._tasks:
            if state != "queued" or note:
                self._console.print(f"{SYMBOLS[state]} {escape(self._titles[node])} {escape(node)} {note}".rstrip())
            return
        task = self._tasks[node]
        if state == "running":
            self._progress.start_task(task)
        if state in ("completed", "reused"):
            self._progress.update(task, total=1, completed=1)
        self._progress.update(task, symbol=SYMBOLS[state], note=note)


def _printable(text: str) -> str:
    """What a module said, on one line and without what would move the cursor or change colours."""
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "\ufffd" for letter in text)


def _note(event: RunEvent) -> str:
    data = event.data
    match event.type:
        case "node.progress":
            left = "" if data.get("seconds_left") is None else f" [dim]{data['seconds_left']:.0f} s left[/]"
            return f"{escape(_printable(str(data.get('message') or '')))}{left}"
        case "node.waiting":
            return f"[dim]{escape(data['why'])}[/]"
        case "node.started":
            return f"[dim]{escape(data['why'] or '')}[/]"
        case "node.placed":
            return f"[dim]on {escape(_printable(', '.join(data['machines'])))}[/]"
        case "node.resumed":
            return f"[cyan]{escape(data['message'])}[/]"
        case "node.finished":
            return f"{data['seconds']:.1f} s"
        case "node.reused":
            return f"[cyan]reused[/], {data['seconds_saved']:.1f} s saved"
        case "node.failed":
            error = data["error"]
            return f"[red]{escape(_printable(error['message']))}[/] {escape(_printable(error.get('hint', '')))}"
        case "node.skipped":
            return f"[dim]skipped because of {escape(data['because'])}[/]"
        case "node.cancelled":
            return "[dim]cancelled[/]"
        case _:
            return ""
