"""The engine: takes pipelines, runs them in processes of their own, tells what happens. One for each home folder."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from torchwire.data_types.facts import UNKNOWN, Facts
from torchwire.errors import InvalidPipeline, NotFoundError, TorchwireError
from torchwire.execution import datasets
from torchwire.execution.active_run import ENDED, ActiveRun
from torchwire.execution.beyond import Outside, RemoteTarget
from torchwire.execution.collection import Collector
from torchwire.execution.dataset_facts import DatasetFacts
from torchwire.execution.dry_run import Foresight, reusable
from torchwire.execution.events import RunEvent
from torchwire.execution.executor import Executor
from torchwire.execution.far_data import faults_of_far_data
from torchwire.execution.home import Home, HomeLock
from torchwire.execution.jobs import Jobs
from torchwire.execution.knowing import Knowing, Manifests, remarks_of_data
from torchwire.execution.launcher import ask_devices, kind_for
from torchwire.execution.loop import Loop
from torchwire.execution.partial import missing_before
from torchwire.execution.recovery import load_run
from torchwire.execution.rehearsal import Part as Rehearsed
from torchwire.execution.rehearsal import Rehearsals
from torchwire.execution.settings import EngineSettings
from torchwire.execution.targets import Load, local_targets, may_have_gpu
from torchwire.graph.document import Pipeline
from torchwire.graph.parse import parse
from torchwire.graph.plan import Plan, draft, plan, sound
from torchwire.graph.slicing import Part
from torchwire.graph.validate import LOCAL_CPU, Validation, validate
from torchwire.registry import Registry, nearest
from torchwire.storage.database import Database

logger = logging.getLogger(__name__)

Listener = Callable[[list[RunEvent]], None]
GPU_WAIT = 60.0


class Engine:
    """Runs pipelines. Safe to use from several threads; all that happens to runs happens on a thread of its own."""

    def __init__(
        self,
        home: Path,
        database: Database,
        registry: Registry,
        settings: EngineSettings,
        outside: Outside | None = None,
    ) -> None:
        """``outside`` knows of targets beyond this computer."""
        self._outside = outside
        self.home = Home(home.resolve())
        self._database = database
        self._registry = registry
        self._settings = settings
        self._lock = HomeLock(home, settings.holder)
        self._executor = Executor(self.home, database, registry, settings)
        self._loop = Loop(self.home, database, registry, settings, self._executor)
        self.collector = Collector(
            self.home, database, self._executor.store, self._reusable, self._loop.call, settings.disk_budget
        )
        self._loop.subscribe(self.collector.hear)
        self._manifests = Manifests(self._executor.store)
        self._dataset_facts = DatasetFacts(database.datasets.find)
        store = self._executor.store
        self.jobs = Jobs(self.home, registry, settings, store.data, self._loop.begin, self._loop.give_up)
        self.rehearsals = Rehearsals(self.home.jobs, self._loop.begin, self._loop.give_up)

    def start(self) -> None:
        """Take the home folder and begin to work. Raises ConflictError when another engine has it.

        Returns at once: the process that workers are forked from gets ready in the background.
        """
        self._lock.acquire()
        try:
            self.home.prepare()
            self.jobs.clean()
            self._database.claim()
            self._database.migrate()
            if self._outside is not None:  # first of all: what is found running may run there
                self._outside.begin(self._loop.set_remote)
            self._loop.start()
            self.collector.start()
        except BaseException:
            if self._outside is not None:
                self._outside.end()
            self._lock.release()
            raise

    def stop(self, kill: bool = False) -> None:
        """Stop working and let go of the home. Nodes that run go on unless ``kill``; the next engine finds them."""
        self.rehearsals.stop()
        self.collector.stop()
        if self._outside is not None:
            self._outside.end()
        self._loop.stop(kill=kill)
        self._lock.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the home without working, to look after it. Raises ConflictError when an engine has it."""
        self._lock.acquire()
        try:
            self.home.prepare()
            self._database.claim()
            self._database.migrate()
            yield
        finally:
            self._lock.release()

    @property
    def workers(self) -> str:
        """``ready`` when nodes start at once, ``starting`` while the process that workers are forked from loads."""
        return "ready" if self._executor.workers_ready else "starting"

    def wait_until_ready(self, timeout: float) -> bool:
        """Wait for the workers. False when they were not ready in time."""
        return self._loop.ready.wait(timeout)

    def validate(
        self, document: object, *, until: Sequence[str] | None = None, only: Sequence[str] | None = None
    ) -> Validation:
        """Find all that is wrong with a document (parsed JSON), or with a part of it as ``submit`` takes it.

        Never raises for what is in the document, never runs anything.
        """
        part = Part.asked(until, only)
        unknown = part.unknown(document)
        return Validation(None, unknown) if unknown else self._check(part.of(document))

    def submit(
        self,
        document: object,
        *,
        pipeline_id: str | None = None,
        until: Sequence[str] | None = None,
        only: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Queue a run of the document and return the run's snapshot. Raises InvalidPipeline.

        ``until`` names nodes that are run with all they need; ``only`` names nodes that are run by themselves, from
        what those before them made earlier.
        """
        part = Part.asked(until, only)
        pipeline, steps = self._ready(document, part)
        whole = parse(document).pipeline if part.named else pipeline  # all that can be read, for people to look at
        stored = (whole or pipeline).as_json()
        message = None if self._executor.workers_ready else "Waiting for the workers, which are loading PyTorch."
        run = ActiveRun.new(uuid.uuid4().hex, steps, only=frozenset(part.only))
        event = self._database.runs.create(
            pipeline.name,
            stored,
            list(run.status),
            run_id=run.id,
            pipeline_id=pipeline_id,
            message=message,
            asked_for=part.as_json(),
        )
        snapshot = self._database.runs.snapshot(run.id)
        self._loop.submitted(run, stored, event)
        return snapshot

    def cancel(self, run_id: str) -> dict[str, Any]:
        """Ask for a run to be stopped and return its snapshot. Raises NotFoundError. A run that is over stays so."""
        if self._database.runs.snapshot(run_id)["status"] in ("queued", "running"):
            self._database.runs.request_cancel(run_id)
            self._loop.cancel(run_id)
        return self._database.runs.snapshot(run_id)

    def cancel_node(self, run_id: str, node: str) -> dict[str, Any]:
        """Ask for a node to be stopped and return the run's snapshot. What stands behind it is skipped.

        Raises NotFoundError. A node that has ended stays as it is.
        """
        nodes = self._database.runs.snapshot(run_id)["nodes"]
        if node not in nodes:
            raise NotFoundError(f"The run has no node '{node[:200]}'.", hint=nearest(node, list(nodes)))
        if nodes[node]["status"] not in ENDED:
            self._database.runs.request_cancel_node(run_id, node)
            self._loop.cancel_node(run_id, node)
        return self._database.runs.snapshot(run_id)

    def cancel_soon(self, run_id: str) -> None:
        """Ask for a run to be stopped, from a signal handler: waits for nothing."""
        self._loop.cancel(run_id, store=True)

    def artifact(self, digest: str) -> Path:
        """The folder of something that a node made, by its digest. It may not be changed."""
        return self._executor.store.data(digest)

    def plan(
        self, document: object, *, until: Sequence[str] | None = None, only: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """What submitting would do, node by node, and the faults for which it would be refused.

        With faults, only the nodes that could run are told of. Raises InvalidPipeline for a document that can't be
        read at all.
        """
        validation = self.validate(document, until=until, only=only)
        if validation.pipeline is None:
            raise InvalidPipeline(validation.faults)
        steps = (sound if validation.faults else plan)(validation, self._registry)
        foreseen = self._foresee(steps)
        faults = validation.faults or missing_before(steps, Part.asked(until, only), foreseen["nodes"])
        expected = None if faults else foreseen["seconds_expected"]
        return {**foreseen, "seconds_expected": expected, "faults": [fault.as_json() for fault in faults]}

    def facts(self, document: object) -> dict[str, Any]:
        """What can be known of a document, finished or not, without running: facts by node and port, and remarks.

        Raises InvalidPipeline for one that can't be read at all.
        """
        validation = self._check(document)
        if validation.pipeline is None:
            raise InvalidPipeline(validation.faults)
        with self._database.read():  # one state of the database for all nodes
            known = self._knowing(validation).as_json()
            names = [found["name"] for found in self._database.datasets.list()]
        lacking = remarks_of_data(validation, self._registry, names)
        return {**known, "remarks": [*lacking, *known["remarks"]]}

    def rehearse(self, document: object) -> dict[str, Any]:
        """Begin to rehearse what submitting would run, and return the rehearsal; ``rehearsals`` has it from then on.

        Raises InvalidPipeline as submitting would, and ConflictError while another rehearsal goes on.
        """
        _, steps = self._ready(document, Part())
        planned = self._foresee(steps)["nodes"]
        knowing = self._knowing(self._check(document))
        with self._database.read():
            knowing.as_json()
            parts, others, targets = [], 0.0, self._executor.targets
            for node, step in steps.steps.items():
                if planned[node]["action"] == "reuse":
                    continue
                if not step.spec.rehearsed:
                    others += planned[node]["seconds_expected"] or 0.0
                    continue
                planned_on = targets[step.target]
                far = isinstance(planned_on, RemoteTarget)
                target = targets[LOCAL_CPU] if far else planned_on
                threads = target.threads(step.spec.distributed)
                known = knowing.known(step)
                zygote = kind_for(step.spec.libraries, self._settings.preload)
                given = dict(step.parameters)
                elsewhere = planned_on.title if far else None
                parts.append(Rehearsed(node, step.spec.id, given, known, target.device, threads, zygote, elsewhere))
        here = [steps.steps[part.node].target for part in parts if part.elsewhere is None]
        return self.rehearsals.start(parts, others, targets[here[0] if here else LOCAL_CPU].title)

    def targets(self) -> list[dict[str, Any]]:
        """The compute targets and what is busy on them."""
        executor, settings = self._executor, self._settings
        if not self._loop.started and may_have_gpu():
            devices = ask_devices(self.home.workers_log)
            executor.set_targets(local_targets(settings.cores, settings.memory_bytes, devices))
        return [target.as_json(executor.loads.get(target.id, Load())) for target in executor.targets.values()]

    def set_remote(self, targets: Mapping[str, RemoteTarget]) -> None:
        """These targets are there beyond this computer, and stand as is said; for an engine that was not started."""
        self._loop.set_remote(targets)

    def settle(self) -> None:
        """Wait until the engine's thread has taken in all that it was told before."""
        if self._loop.started:
            self._loop.call(lambda: None)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called with new events, on the engine's thread, once they are stored; it must not wait.

        Returns what ends it.
        """
        return self._loop.subscribe(listener)

    def _check(self, document: object) -> Validation:
        targets = self._target_ids(document)
        beyond = {name: one.refuses for name, one in self._executor.targets.items() if isinstance(one, RemoteTarget)}
        found = validate(document, self._registry, targets=targets, beyond=beyond, dataset=self._dataset_fault)
        far = faults_of_far_data(found, self._registry, self._executor.targets, self._resolve)
        return replace(found, faults=[*found.faults, *far]) if far else found

    def _ready(self, document: object, part: Part) -> tuple[Pipeline, Plan]:
        """The part of a document and its plan. Raises InvalidPipeline for one that can't be run."""
        validation = self.validate(document, until=part.until or None, only=part.only or None)
        if validation.faults or validation.pipeline is None:
            raise InvalidPipeline(validation.faults)
        steps = plan(validation, self._registry)
        if not part.only:
            return validation.pipeline, steps
        missing = missing_before(steps, part, self._foresee(steps)["nodes"])
        if missing:
            raise InvalidPipeline(missing)
        return validation.pipeline, steps

    def _foresee(self, steps: Plan) -> dict[str, Any]:
        foresight = Foresight(steps, self._executor.preparation, self._executor.targets)
        with self._database.read():  # one state of the database for all nodes
            return foresight.as_json()

    def _reusable(self, run_id: str) -> set[str]:
        """The artifacts that a run not at an end is going to reuse, as far as that can be foreseen."""
        try:
            run = load_run(self._database, self._registry, run_id)
        except TorchwireError:  # it is over by now, or never can be run
            return set()
        return reusable(run.plan, self._executor.preparation, self._executor.targets)

    def _dataset_fault(self, value: str) -> TorchwireError | None:
        return datasets.fault_of(value, self._database.datasets.resolve, self._settings.allowed_roots)

    def _resolve(self, value: str) -> dict[str, Any]:
        return datasets.resolve(value, self._database.datasets.resolve, self._settings.allowed_roots)

    def _knowing(self, validation: Validation) -> Knowing:
        executor, settings = self._executor, self._settings.as_seen_by_modules()
        steps = draft(validation, self._registry)
        return Knowing(
            steps, self._registry, executor.preparation, self._manifests, executor.targets, self._known_data, settings
        )

    def _known_data(self, value: str) -> Facts:
        try:
            found = self._resolve(value)
        except TorchwireError:
            return UNKNOWN
        return self._dataset_facts.of(found)

    def _target_ids(self, document: object) -> set[str]:
        known = set(self._executor.targets)
        if may_have_gpu() and not self._executor.workers_ready and not _asked_for(document) <= known:
            if self._loop.started:
                self.wait_until_ready(GPU_WAIT)
            else:
                self.targets()
        return set(self._executor.targets)


def _asked_for(document: object) -> set[str]:
    if not isinstance(document, dict):
        return set()
    nodes = document.get("nodes")
    named = [document.get("default_compute_target")]
    named += [node.get("compute_target") for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
    return {name for name in named if isinstance(name, str)}
