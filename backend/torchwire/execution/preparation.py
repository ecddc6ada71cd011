"""Looks at a ready node: what its output depends on, whether that was made before, what its worker must be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchwire.errors import TargetUnavailableError
from torchwire.execution import datasets
from torchwire.execution.active_run import Candidate
from torchwire.execution.cache import explain, key_fields, key_of
from torchwire.execution.home import Home
from torchwire.execution.launcher import kind_for
from torchwire.execution.settings import EngineSettings
from torchwire.execution.store import ArtifactStore
from torchwire.execution.targets import Target
from torchwire.graph.plan import Step
from torchwire.registry import Registry
from torchwire.storage.artifacts import Result
from torchwire.storage.database import Database

ALWAYS = "always runs, to see whether the data changed"
REGENERATE = "regenerate output is on"


class Preparation:
    """Everything that is decided about a node before it starts. Changes nothing but rows of results that are gone."""

    def __init__(
        self, home: Home, database: Database, registry: Registry, settings: EngineSettings, store: ArtifactStore
    ) -> None:
        self._home = home
        self._database = database
        self._registry = registry
        self._settings = settings
        self._store = store

    def candidate(self, step: Step, target: Target | None, inputs: Mapping[str, str]) -> Candidate:
        """The node with all that its output depends on. ``inputs`` maps ports to digests.

        Raises TorchwireError when a data set is gone, or the target is.
        """
        if target is None:
            raise TargetUnavailableError(f"The compute target '{step.target}' is not there any more.")
        resolved = self._resolve(step)
        fields = key_fields(step, self._registry.get(step.spec.id), inputs, target.device, resolved)
        by_path = any(not found.get("digest") for found in resolved.values())  # what lies there may have changed
        repeatable = step.spec.cacheable and not by_path
        return Candidate(step.node.id, inputs, resolved, fields, key_of(fields), repeatable)

    def result(self, candidate: Candidate) -> Result | None:
        """What was made under the candidate's key, if every file of it is still there."""
        result = self._database.artifacts.find(candidate.key)
        if result is None or all(self._store.is_whole(output["digest"]) for output in result.outputs.values()):
            return result
        return None

    def last(self, step: Step) -> Result | None:
        """What the node made the last time it ran, whatever its key was then."""
        return self._database.artifacts.last(step.spec.id, step.node.id)

    def why(self, step: Step, candidate: Candidate) -> str:
        """Why the node runs, when nothing is reused."""
        if step.node.regenerate_output:
            return REGENERATE
        if not candidate.repeatable:
            return ALWAYS
        last = self.last(step)
        return explain(candidate.fields, None if last is None else last.fields)

    def request(self, run_id: str, attempt_id: str, step: Step, candidate: Candidate, target: Target) -> dict[str, Any]:
        """What the worker is told, and what an engine that finds the attempt later has to know."""
        inputs = {
            port: {"path": str(self._store.data(digest)), "digest": digest} for port, digest in candidate.inputs.items()
        }
        return {
            "attempt": attempt_id,
            "run": run_id,
            "node": candidate.node,
            "module": step.spec.id,
            "parameters": dict(step.parameters),
            "inputs": inputs,
            "outputs": {port.id: port.type.id for port in step.spec.outputs},
            "resolved": dict(candidate.resolved),
            "device": target.device,
            "threads": target.threads(step.spec.distributed),
            "settings": self._settings.as_seen_by_modules(),
            "document": str(self._home.documents / f"{run_id}.json"),
            "doorbell": str(self._home.doorbell),
            "target": target.id,
            "heavy": step.spec.distributed,
            "zygote": self.zygote(step),
            "key": candidate.key,
            "fields": candidate.fields,
            "why": self.why(step, candidate),
        }

    def zygote(self, step: Step) -> str:
        """The kind of process that the node's worker is forked from."""
        return kind_for(step.spec.libraries, self._settings.preload)

    def _resolve(self, step: Step) -> dict[str, Any]:
        registered, roots = self._database.datasets.resolve, self._settings.allowed_roots
        return {
            parameter.id: datasets.resolve(step.parameters[parameter.id], registered, roots)
            for parameter in step.spec.parameters
            if parameter.kind == "dataset" and parameter.id in step.parameters
        }
