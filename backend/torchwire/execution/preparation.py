"""Looks at a ready node: what its output depends on, whether that was made before, what its worker must be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchwire.errors import TargetUnavailableError
from torchwire.execution import datasets
from torchwire.execution.active_run import Candidate
from torchwire.execution.beyond import DRIVER, RemoteTarget
from torchwire.execution.cache import differences, explain, key_fields, key_of
from torchwire.execution.checkpoints import CheckpointKeeper, Continuation, family_of
from torchwire.execution.demands import MEMORY
from torchwire.execution.home import Home
from torchwire.execution.launcher import kind_for
from torchwire.execution.scheduler import Needs
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
        self.checkpoints = CheckpointKeeper(database, store)

    def candidate(self, step: Step, target: Target | None, inputs: Mapping[str, str]) -> Candidate:
        """The node with all that its output depends on. ``inputs`` maps ports to digests.

        Raises TorchwireError when a data set is gone, or the target is.
        """
        if target is None:
            raise TargetUnavailableError(f"The compute target '{step.target}' is not there any more.")
        resolved = self._resolve(step)
        device = target.device_of(step.spec.distributed)
        fields = key_fields(step, self._registry.get(step.spec.id), inputs, device, resolved)
        by_path = any(not found.get("digest") for found in resolved.values())  # what lies there may have changed
        repeatable = step.spec.cacheable and not by_path
        key = key_of(fields)
        return Candidate(step.node.id, inputs, resolved, fields, key, repeatable, family_of(step, fields, key))

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
        if last is None:
            return explain(candidate.fields, None)
        refused = self._why_not_continue(step, candidate, last)
        return explain(candidate.fields, last.fields) + (f"; starts from the beginning: {refused}" if refused else "")

    def continuation(self, step: Step, candidate: Candidate, run_id: str = "") -> Continuation | None:
        """What the node may go on from instead of from the beginning."""
        return self.checkpoints.continuation(step, self._registry.get(step.spec.id), candidate, run_id)

    def request(
        self,
        run_id: str,
        attempt_id: str,
        step: Step,
        candidate: Candidate,
        target: Target,
        needs: Needs,
    ) -> dict[str, Any]:
        """What the worker is told, and what an engine that finds the attempt later has to know."""
        continuation = self.continuation(step, candidate, run_id)
        inputs = {
            port: {"path": str(self._store.data(digest)), "digest": digest} for port, digest in candidate.inputs.items()
        }
        heavy, resources = step.spec.distributed, step.node.resources
        processes = resources.process_count_per_node * resources.node_count
        request = {
            "attempt": attempt_id,
            "run": run_id,
            "node": candidate.node,
            "module": step.spec.id,
            "parameters": dict(step.parameters),
            "inputs": inputs,
            "outputs": {port.id: port.type.id for port in step.spec.outputs},
            "resolved": dict(candidate.resolved),
            "device": target.device_of(heavy),
            "processes": processes,
            "threads": target.threads(heavy),
            "settings": self._settings.as_seen_by_modules(),
            "document": str(self._home.documents / f"{run_id}.json"),
            "doorbell": str(self._home.doorbell),
            "target": target.id,
            "place": target.place,
            "heavy": heavy,
            "zygote": self.zygote(step, target),
            "key": candidate.key,
            "family": candidate.family,
            "fields": candidate.fields,
            "why": self.why(step, candidate) if continuation is None else continuation.why,
            "checkpoints": self.checkpoints.as_told(continuation),
        }
        if isinstance(target, RemoteTarget):
            share = target.share(heavy, resources.node_count, resources.process_count_per_node)
            memory = dict(needs).get(MEMORY, 0) // share.processes
            request |= {"driver": dict(target.driver), "packages": list(self._registry.packages)}
            request["remote"] = vars(share) | {"memory_bytes": min(memory, target.most_memory())}
            if heavy:
                request["threads"] = share.cores * share.processes
        return request

    def zygote(self, step: Step, target: Target | None) -> str:
        """The kind of process that the node's worker, or its driver, is forked from."""
        if isinstance(target, RemoteTarget):
            return DRIVER
        return kind_for(step.spec.libraries, self._settings.preload)

    def _why_not_continue(self, step: Step, candidate: Candidate, last: Result) -> str | None:
        """Why the module does not go on from what it did last, where that would have been the same but shorter."""
        changed = {difference.field for difference in differences(candidate.fields, last.fields)}
        if not changed or not changed <= {f"parameter {name}" for name in step.spec.extendable}:
            return None
        return self._registry.get(step.spec.id)(step.parameters).why_not_continue(last.fields["parameters"])

    def _resolve(self, step: Step) -> dict[str, Any]:
        registered, roots = self._database.datasets.resolve, self._settings.allowed_roots
        return {
            parameter.id: datasets.resolve(step.parameters[parameter.id], registered, roots)
            for parameter in step.spec.parameters
            if parameter.kind == "dataset" and parameter.id in step.parameters
        }
