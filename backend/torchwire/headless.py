"""Runs pipelines without a server: the parts that a command needs, and a run from submission to its end."""

from __future__ import annotations

import copy
import queue
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from torchwire.config import load_config
from torchwire.errors import Fault, InvalidPipeline, ParameterParseError, PipelineError
from torchwire.execution.engine import Engine
from torchwire.execution.events import RunEvent
from torchwire.execution.settings import EngineSettings, available_cores, usable_memory
from torchwire.module_api import Parameter
from torchwire.registry import Registry, nearest
from torchwire.remote.roster import Roster
from torchwire.samples import prepare_home
from torchwire.storage.database import Database
from torchwire.storage.dataset_files import DatasetFiles
from torchwire.terminal import JsonLines, Terminal

SURVEY_SECONDS = 30.0
"""How long a command waits for targets to answer."""
WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Workplace:
    """A home folder with what works in it. Data may be read from anywhere: the user could read it anyway."""

    def __init__(self, home: Path | None) -> None:
        self.config = load_config(home=home)
        self.config.home.mkdir(parents=True, exist_ok=True)
        self.database = Database(self.config.database, self.config.home)

    @cached_property
    def registry(self) -> Registry:
        """The installed modules."""
        return Registry.installed()

    @cached_property
    def roster(self) -> Roster:
        """The targets beyond this computer."""
        return Roster(self.config.home, self.database, self.config.targets)

    @cached_property
    def engine(self) -> Engine:
        """The engine, not started."""
        settings = EngineSettings(
            allowed_roots=None,
            weights_folder=self.config.weights,
            max_image_pixels=self.config.max_image_pixels,
            checkpoint_seconds=self.config.checkpoint_seconds,
            rank_silence_seconds=self.config.rank_silence_seconds,
            cores=self.config.cores or available_cores(),
            memory_bytes=self.config.memory_bytes or usable_memory(),
            for_modules=self.config.for_modules,
            holder="`torchwire run`",
            disk_budget=self.config.disk_budget,
        )
        return Engine(self.config.home, self.database, self.registry, settings, self.roster)

    def open(self) -> None:
        """Make the database ready, and give a new home its samples, as the server does."""
        self.database.migrate()
        lifetime = self.config.upload_lifetime_hours * 3600
        files = DatasetFiles(self.config.home, self.database, self.config.upload_part_bytes, lifetime)
        prepare_home(self.database, files)

    def targets(self) -> list[dict[str, Any]]:
        """All compute targets, those beyond this computer as they are now."""
        self.database.migrate()
        self.roster.begin(self.engine.set_remote)
        try:
            self.roster.wait(SURVEY_SECONDS)
            return self.engine.targets()
        finally:
            self.roster.end()

    def close(self) -> None:
        """Let go of everything."""
        self.database.close()

    def prepare(self, document: Any, changes: Sequence[str], target: str | None) -> Any:
        """The document with the command line's changes. Raises InvalidPipeline for changes that make no sense."""
        changed = copy.deepcopy(document)
        if isinstance(changed, dict) and target is not None:
            changed["default_compute_target"] = target
        faults = []
        for change in changes:
            try:
                set_parameter(changed, change, self.registry)
            except (PipelineError, ParameterParseError) as error:
                faults.append(Fault.of(error))
        if faults:
            raise InvalidPipeline(faults)
        return changed

    def with_absolute_paths(self, document: Any) -> Any:
        """The document with data set paths below the current folder made absolute: whoever resumes it is elsewhere."""
        changed = copy.deepcopy(document)
        for node in _nodes(changed):
            module = self.registry.find(str(node.get("module")))
            values = node.get("parameters")
            if module is None or not isinstance(values, dict):
                continue
            for name in [parameter.id for parameter in module.spec.parameters if parameter.kind == "dataset"]:
                value = values.get(name)
                if isinstance(value, str) and value and self.database.datasets.find(value) is None:
                    values[name] = str(Path(value).expanduser().absolute())
        return changed


def set_parameter(document: Any, change: str, registry: Registry) -> None:
    """Apply one ``NODE.PARAM=VALUE`` to a document. Raises PipelineError or ParameterParseError."""
    place, equals, text = change.partition("=")
    node_id, dot, name = place.rpartition(".")
    if not equals or not dot:
        raise PipelineError(f"'{change}' is not of the form NODE.PARAM=VALUE.")
    nodes = {str(node.get("id")): node for node in _nodes(document)}
    node = nodes.get(node_id)
    if node is None:
        raise PipelineError(f"The pipeline has no node '{node_id}'.", hint=nearest(node_id, list(nodes)))
    module = registry.get(str(node.get("module")))
    parameter = module.spec.parameter(name)
    if parameter is None:
        known = [parameter.id for parameter in module.spec.parameters]
        text = f"{module.spec.title} has no parameter '{name}'."
        raise PipelineError(text, node=node_id, parameter=name, hint=nearest(name, known))
    node.setdefault("parameters", {})[name] = parse_value(parameter, text, node_id)


def parse_value(parameter: Parameter, text: str, node: str) -> bool | int | float | str:
    """The value that ``text`` stands for, by the parameter's declared kind. Raises ParameterParseError."""
    try:
        if parameter.kind == "integer":
            return int(text)
        if parameter.kind == "number":
            return float(text)
        return WORDS[text.strip().lower()] if parameter.kind == "flag" else text
    except (ValueError, KeyError) as error:
        wanted = {"integer": "a whole number", "number": "a number"}.get(parameter.kind, "true or false")
        raise ParameterParseError(
            f"Parameter '{parameter.label}' must be {wanted}, not '{text}'.", node=node, parameter=parameter.id
        ) from error


def run_pipeline(
    place: Workplace,
    document: Any,
    *,
    as_json: bool,
    until: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
) -> str:
    """Run a document, or a part of it, to its end, telling of it all the while. Returns the run's status.

    Raises InvalidPipeline, and ConflictError when another engine has the home.
    """
    engine, events = place.engine, queue.SimpleQueue[RunEvent]()

    def hear(said: list[RunEvent]) -> None:
        for event in said:
            events.put(event)

    engine.start()
    stop_hearing = engine.subscribe(hear)
    try:
        place.open()
        run = engine.submit(place.with_absolute_paths(document), until=until, only=only)
        display = JsonLines() if as_json else Terminal(_titles(run, place.registry))
        with _cancelling(engine, run["id"]), display:
            while (event := events.get()).run_id != run["id"] or event.type != "run.finished":
                if event.run_id == run["id"]:
                    display.show(event)
            display.finish(event, _outcome(place, run["id"]))
        return str(event.data["status"])
    finally:
        stop_hearing()
        engine.stop()


@contextmanager
def _cancelling(engine: Engine, run_id: str) -> Iterator[None]:
    """Make Ctrl-C and SIGTERM cancel the run, which then ends by itself within a second."""

    def cancel(_number: int, _frame: object) -> None:
        engine.cancel_soon(run_id)

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _outcome(place: Workplace, run_id: str) -> dict[str, Any]:
    """What became of each node, with the folders of its outputs."""
    nodes = {}
    for node_id, node in place.database.runs.snapshot(run_id)["nodes"].items():
        outputs = {
            port: {"type": made["type"], "path": str(place.engine.artifact(made["digest"])), "digest": made["digest"]}
            for port, made in node["outputs"].items()
        }
        nodes[node_id] = {
            "status": node["status"],
            "reused": node["reused"],
            "seconds": node["seconds"],
            **({"machines": node["machines"]} if node.get("machines") else {}),
            **({"error": node["error"]} if node["error"] else {}),
            "outputs": outputs,
        }
    return nodes


def _titles(run: dict[str, Any], registry: Registry) -> dict[str, str]:
    """What people call the nodes of a run, in the document's order."""
    nodes = {node["id"]: node for node in run["document"]["nodes"] if node["id"] in run["nodes"]}
    return {node_id: node["label"] or registry.get(node["module"]).spec.title for node_id, node in nodes.items()}


def _nodes(document: Any) -> list[dict[str, Any]]:
    nodes = document.get("nodes") if isinstance(document, dict) else None
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
