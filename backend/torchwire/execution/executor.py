"""Decides what happens next in every run. One thread owns it; it never waits, and touches no process before a commit.

What it decides is written in one transaction for each turn of the engine's loop. Only after that commit are workers
forked and listeners told, so nobody acts on something that could still be lost.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from torchwire.errors import LibraryError
from torchwire.execution.active_run import ActiveRun
from torchwire.execution.attempt import EventTail, LiveAttempt, Stopper
from torchwire.execution.beyond import RemoteTarget
from torchwire.execution.blanks import Blanks
from torchwire.execution.commit import commit
from torchwire.execution.context import cancel_flag
from torchwire.execution.crashes import last_words, was_out_of_memory
from torchwire.execution.demands import MemoryForecast
from torchwire.execution.dispatch import Dispatcher, Refuse, Reuse, Start
from torchwire.execution.home import Home
from torchwire.execution.launcher import kinds_of
from torchwire.execution.logs import bound_files
from torchwire.execution.memory import MemoryWatch, Sample
from torchwire.execution.preparation import Preparation
from torchwire.execution.processes import end_orphans
from torchwire.execution.progress import Progress
from torchwire.execution.reports import Obituary
from torchwire.execution.retries import MAX_FRUITLESS, ended_from_outside, given_up, what_ended
from torchwire.execution.settings import EngineSettings
from torchwire.execution.store import ArtifactStore
from torchwire.execution.targets import Load, Target, local_targets
from torchwire.registry import Registry
from torchwire.storage.database import Database

logger = logging.getLogger(__name__)

LOST_AFTER = 1.0
"""Seconds after which an attempt whose zygote went away before forking it is taken for not started."""
PASSED_ON = frozenset({"node.progress", "node.metric", "node.log"})
ENDS = frozenset({"attempt.done", "attempt.failed", "attempt.cancelled", "attempt.lost", "attempt.ended"})


class Executor:
    """The runs and attempts under way, and the rules by which they go on."""

    def __init__(self, home: Home, database: Database, registry: Registry, settings: EngineSettings) -> None:
        self._home = home
        self._database = database
        self.store = ArtifactStore(home.artifacts)
        self.blanks = Blanks(home.blanks)
        self.preparation = Preparation(home, database, registry, settings, self.store)
        self.targets: dict[str, Target] = local_targets(settings.cores, settings.memory_bytes, [])
        self.loads: Mapping[str, Load] = {}
        """What is taken of each target. Replaced, never changed: other threads read it."""
        self._zygotes = {kind.name for kind in kinds_of(settings.preload, settings.cores)}
        self._ready: set[str] = set()
        self.memory = MemoryWatch()
        self.attempts: dict[str, LiveAttempt] = {}
        self.to_fork: list[LiveAttempt] = []
        self.unused: set[str] = set()
        """Digests of checkpoints' folders that nothing refers to any more, once this turn is committed."""
        self._dispatcher = Dispatcher(self.preparation, MemoryForecast(database.artifacts), settings.memory_bytes)
        self.progress = Progress(home, database, self._dispatcher)
        self._tell_machine()

    # What the engine's loop tells

    def take_up(self, run: ActiveRun, attempts: Iterable[LiveAttempt] = ()) -> None:
        """Carry on with a run: a new one, or one found at the start with what is left of its attempts."""
        self.progress.runs[run.id] = run
        for attempt in attempts:
            self.attempts[attempt.id] = attempt
            run.start(attempt.node)
            self._dispatcher.begun(attempt, run.plan.steps[attempt.node])
            self._watch_memory(attempt)
        self.progress.queue(run, run.newly_ready())
        if run.cancelling:
            self.cancel(run.id)
        for node in self._database.runs.nodes_to_cancel(run.id):
            self.cancel_node(run.id, node)
        self.progress.finish_if_over(run)

    def cancel(self, run_id: str) -> None:
        """Stop a run: what has not begun is cancelled now, what runs is once its processes are gone."""
        run = self.progress.runs.get(run_id)
        if run is None:
            return
        run.cancelling = True
        for node in run.not_begun():
            self.progress.cancelled(run, node, None)
        for attempt in self._attempts_of(run):
            attempt.stop()
        self.progress.finish_if_over(run)

    def cancel_node(self, run_id: str, node: str) -> None:
        """Stop one node of a run: at once when it has not begun, else once its processes are gone."""
        run = self.progress.runs.get(run_id)
        if run is None:
            return
        if run.status[node] in ("pending", "queued"):
            self.progress.begin(run)
            self.progress.cancelled(run, node, None)
            self.progress.finish_if_over(run)
        for attempt in self._attempts_of(run):
            if attempt.node == node:
                attempt.stop()

    @property
    def workers_ready(self) -> bool:
        """Whether workers of every kind can be forked."""
        return self._zygotes <= self._ready

    def set_targets(self, targets: Mapping[str, Target]) -> None:
        """These are there, on this computer."""
        far = {name: target for name, target in self.targets.items() if isinstance(target, RemoteTarget)}
        self.targets = dict(targets) | far
        self._tell_machine()

    def set_remote(self, targets: Mapping[str, RemoteTarget]) -> None:
        """These are there, beyond this computer, and stand as is said."""
        here = {name: target for name, target in self.targets.items() if not isinstance(target, RemoteTarget)}
        self.targets = dict(targets) | here  # nobody may take the place of this computer
        self._tell_machine()

    def set_workers(self, zygote: str, ready: bool) -> None:
        """Workers of a kind can be forked from now on, or can't until further notice."""
        self._ready = self._ready | {zygote} if ready else self._ready - {zygote}
        self._tell_machine()
        if ready:
            return
        for attempt in self.attempts.values():
            if attempt.zygote == zygote:
                attempt.ours = False
                if attempt.pid is None:
                    attempt.lost_since = attempt.lost_since or time.monotonic()

    def workers_fail(self, zygote: str, reason: str) -> None:
        """Fail every node that waits for a worker of a kind: none will come."""
        hint = f"The reason is at the end of {self._home.workers_log}."
        error = LibraryError(f"The worker processes do not start: {reason}", hint=hint)
        for run, node in self._dispatcher.waiting_for(zygote):
            self.progress.fail(run, node, error.as_json(), None)

    def forked(self, attempt_id: str, pid: int, started: float | None) -> None:
        """A worker exists now."""
        attempt = self.attempts.get(attempt_id)
        if attempt is not None:
            attempt.pid, attempt.pid_started = pid, started

    def exited(self, attempt_id: str, how: str) -> None:
        """A worker has ended."""
        attempt = self.attempts.get(attempt_id)
        if attempt is not None:
            attempt.ended = how
            self.look_at(attempt)

    def look_at_all(self, ids: Iterable[str] | None = None) -> None:
        """Read what the attempts have written: those named, or all."""
        chosen = list(self.attempts) if ids is None else list(ids)
        for attempt_id in chosen:
            if attempt_id in self.attempts:
                self.look_at(self.attempts[attempt_id])

    def tell_memory(self) -> None:
        """Say how much memory the attempts take, as far as it was looked at since."""
        for attempt_id, sample in self.memory.seen():
            attempt = self.attempts.get(attempt_id)
            if attempt is not None:
                attempt.memory.add(sample)
                run = self.progress.runs[attempt.run_id]
                self.progress.say(run, "node.memory", attempt.node, memory_bytes=sample.now)

    def look_at(self, attempt: LiveAttempt) -> None:
        """Read what an attempt has written; find out whether it has ended."""
        gone = attempt.is_gone()  # before reading: what it wrote before it ended is then all there
        self._read(attempt)
        if attempt.id not in self.attempts or attempt.tail.behind:
            return
        if attempt.stopper is None and self._is_overdue(attempt):
            attempt.overdue = True
            attempt.stop()
        if attempt.stopper is not None:
            self._step_stopper(attempt, attempt.stopper)
        elif gone:
            self._bury(attempt)
        elif attempt.lost_since is not None and time.monotonic() - attempt.lost_since > LOST_AFTER:
            if attempt.pid is None:
                attempt.found_dead = True
                self._bury(attempt)
            else:
                attempt.lost_since = None

    def schedule(self) -> None:
        """Start or reuse whatever can be of what is ready."""
        for decision in self._dispatcher.decide():
            match decision:
                case Start():
                    self._start(decision)
                case Reuse(run, step, result):
                    self.progress.reuse(run, step, result)
                case Refuse(run, step, error):
                    self.progress.fail(run, step.node.id, error, None)

    @property
    def has_more_to_schedule(self) -> bool:
        """Whether scheduling stopped early, to let others have their turn."""
        return self._dispatcher.unfinished

    def tell_waiting(self) -> None:
        """Say what nodes wait for, where that is new."""
        for run, node, why in self._dispatcher.reasons():
            self.progress.say(run, "node.waiting", node, why=why)

    def is_behind(self) -> bool:
        """Whether attempts have written more than was read of them in one turn."""
        return any(attempt.tail.behind for attempt in self.attempts.values())

    def bound_logs(self) -> None:
        """Cut off what attempts have printed beyond the limit, should their workers be too busy to do it."""
        for attempt in self.attempts.values():
            bound_files(attempt.folder)

    def is_stopping(self) -> bool:
        """Whether processes are being ended, which takes a look every few milliseconds."""
        return any(attempt.stopper is not None for attempt in self.attempts.values())

    def reset(self) -> None:
        """Forget what is under way."""
        for attempt in self.attempts.values():
            attempt.tail.close()
            self.memory.forget(attempt.id)
        for part in (self.attempts, self.to_fork, self.unused):
            part.clear()
        self.progress.reset()
        self._dispatcher.reset()

    def flush(self) -> None:
        """Number and store what was said in this turn."""
        self.progress.flush()
        self.store.settle()  # no row may outlive its folder
        self.unused = self._database.checkpoints.unneeded(self.unused)  # another may have adopted the same since
        self.loads = self._dispatcher.loads(self.attempts.values())

    # What an attempt says

    def _read(self, attempt: LiveAttempt) -> None:
        before = attempt.tail.offset
        run = self.progress.runs[attempt.run_id]
        for event in attempt.tail.read():
            kind, data = event["type"], event["data"]
            if kind in PASSED_ON:
                attempt.log_offsets = event.get("read", attempt.log_offsets)
                attempt.last_lines.extend(data.get("lines", ()))
                self.progress.say(run, kind, attempt.node, **data)
            elif kind == "attempt.started":
                self._started(run, attempt, data)
            elif kind == "attempt.checkpoint":
                self._checkpoint(run, attempt, data)
            elif kind == "attempt.memory":
                self._remember_memory(run, attempt, data)
            elif kind in ("attempt.waiting", "attempt.running"):
                self._wait_elsewhere(run, attempt, data)
            elif kind == "attempt.placed":
                self.progress.say(run, "node.placed", attempt.node, machines=data["machines"])
            elif kind == "attempt.resumed":
                self._database.attempts.resumed(attempt.id, data.pop("digest"))
                self.progress.say(run, "node.resumed", attempt.node, **data)
            elif kind in ENDS:
                self._ended(run, attempt, kind, data)
                return
        if attempt.tail.offset != before:
            self._database.attempts.read_to(attempt.id, attempt.tail.offset)

    def _started(self, run: ActiveRun, attempt: LiveAttempt, data: Mapping[str, Any]) -> None:
        attempt.pid, attempt.pid_started, attempt.lost_since = data["pid"], data["pid_started"], None
        attempt.began = time.monotonic()
        self._watch_memory(attempt)
        self._database.attempts.running(attempt.id, data["pid"], data["pid_started"])
        self.progress.say(
            run,
            "node.started",
            attempt.node,
            attempt=attempt.number,
            target=attempt.target,
            pid=data["pid"],
            why=attempt.request["why"],
        )

    def _watch_memory(self, attempt: LiveAttempt) -> None:
        if attempt.pid is not None and not attempt.is_far:
            age = 0.0 if attempt.began is None else time.monotonic() - attempt.began
            self.memory.watch(attempt.id, attempt.pid, attempt.pid_started, attempt.memory, age=age)

    def _remember_memory(self, run: ActiveRun, attempt: LiveAttempt, data: Mapping[str, Any]) -> None:
        attempt.memory.limit = data["limit"]
        attempt.memory.add(Sample(data["seconds"], data["now"], data["peak"], data["available"]))
        self.progress.say(run, "node.memory", attempt.node, memory_bytes=data["now"])

    def _wait_elsewhere(self, run: ActiveRun, attempt: LiveAttempt, data: Mapping[str, Any]) -> None:
        """A driver waits for its target, or does not any more. Before it begins there, its time does not run."""
        if not data:
            attempt.began = attempt.began or time.monotonic()
        elif data["queued"]:
            attempt.began = None
        self.progress.say(run, "node.waiting", attempt.node, why=data.get("why", ""))

    def _checkpoint(self, run: ActiveRun, attempt: LiveAttempt, data: Mapping[str, Any]) -> None:
        if not attempt.key or not self._database.attempts.holds_lease(attempt.id):
            return
        try:
            adopted = self.preparation.checkpoints.adopt(attempt, data)
        except OSError as error:
            logger.warning("A checkpoint of attempt %s could not be kept: %s.", attempt.id, error)
            return
        if adopted.event is not None:
            self.progress.say(run, "node.checkpoint", attempt.node, **adopted.event)
        self.unused = (self.unused | adopted.unused) - {data["digest"]}

    def _ended(self, run: ActiveRun, attempt: LiveAttempt, kind: str, data: Mapping[str, Any]) -> None:
        self.tell_memory()
        attempt.memory.grew_by(data.get("memory_growth"))
        if not self._database.attempts.holds_lease(attempt.id):
            logger.warning("Dropped what attempt %s says: it is not the newest of its node.", attempt.id)
            self._end(attempt)
        elif kind == "attempt.done":
            self._commit(run, attempt, data)
        elif kind == "attempt.failed":
            self._end(attempt)
            self.progress.fail(run, attempt.node, self._obituary(run, attempt).told(data), data["seconds"])
        elif kind == "attempt.lost" and attempt.stopper is None:
            self._lost(run, attempt, data)
        elif kind == "attempt.ended" and attempt.stopper is None:
            attempt.ended, attempt.starved = data["ended"], data["out_of_memory"]
            self._bury(attempt)
        elif attempt.stopper is None:
            self._end(attempt)
            error = self._obituary(run, attempt).stopped_from_outside(data["seconds"])
            self._try_again(run, attempt, "it was stopped from outside", error)
        # Else it stopped because it was asked to: cancelled is said once its whole tree is gone.

    def _lost(self, run: ActiveRun, attempt: LiveAttempt, data: Mapping[str, Any]) -> None:
        """One of its processes was lost, and it has ended the others."""
        attempt.ended = data["ended"]
        self._end(attempt)
        error = self._obituary(run, attempt).lost_process(data)
        if (data.get("again") or ended_from_outside(attempt.ended)) and not was_out_of_memory(attempt):
            message = data["error"]["message"]
            self._try_again(run, attempt, message[0].lower() + message[1:].removesuffix("."), error)
        else:
            self.progress.fail(run, attempt.node, error, data["seconds"])

    def _commit(self, run: ActiveRun, attempt: LiveAttempt, data: Mapping[str, Any]) -> None:
        try:
            outputs = commit(self._database, self.store, attempt, data)
        except OSError as error:
            self._end(attempt)
            failure = self._obituary(run, attempt).not_kept(error, data["seconds"])
            self.progress.fail(run, attempt.node, failure, data["seconds"])
            return
        self._end(attempt)
        self.unused |= self.preparation.checkpoints.finished(attempt)
        self.progress.say_outputs(run, attempt.node, outputs)
        peak = attempt.memory.peak or None
        self._dispatcher.learn(attempt)
        self.progress.say(run, "node.finished", attempt.node, seconds=data["seconds"], memory_peak=peak)
        self.progress.queue(run, run.complete(attempt.node, outputs))
        self.progress.finish_if_over(run)

    def _bury(self, attempt: LiveAttempt) -> None:
        """Deal with a process that ended without a last word."""
        run = self.progress.runs[attempt.run_id]
        self.tell_memory()
        self._say_last_words(run, attempt)
        self._end(attempt)
        error = self._obituary(run, attempt).unsaid()
        again = attempt.found_dead or ended_from_outside(attempt.ended)
        if again and not was_out_of_memory(attempt):
            self._try_again(run, attempt, what_ended(attempt.ended), error)
        else:
            self.progress.fail(run, attempt.node, error, None)

    def _say_last_words(self, run: ActiveRun, attempt: LiveAttempt) -> None:
        lines = last_words(attempt)
        if lines:
            self.progress.say(run, "node.log", attempt.node, lines=lines)

    def _obituary(self, run: ActiveRun, attempt: LiveAttempt) -> Obituary:
        return Obituary(attempt, run.plan.steps[attempt.node], self._home.root)

    def _try_again(self, run: ActiveRun, attempt: LiveAttempt, because: str, error: dict[str, Any]) -> None:
        """Begin another attempt, which goes on from the last checkpoint; fail when too many got no further."""
        fruitless = self._database.checkpoints.fruitless_attempts(run.id, attempt.node)
        if fruitless >= MAX_FRUITLESS:
            self.progress.fail(run, attempt.node, given_up(error, fruitless), None)
            return
        if attempt.folder.exists():  # should it start after all, it stops at once; its lease is gone anyway
            cancel_flag(attempt.folder).touch()
        run.retries[attempt.node] = because
        self.progress.queue(run, [attempt.node])
        self.progress.finish_if_over(run)

    def _step_stopper(self, attempt: LiveAttempt, stopper: Stopper) -> None:
        never_began = attempt.pid is None and attempt.lost_since is not None
        if attempt.pid is None and not never_began:
            return  # its fork is under way
        if attempt.pid is not None and not stopper.step(time.monotonic(), attempt.pid, attempt.pid_started):
            return
        self._read(attempt)  # a result that was finished before the end counts
        if attempt.id in self.attempts and not attempt.tail.behind:
            run = self.progress.runs[attempt.run_id]
            self._say_last_words(run, attempt)
            self._end(attempt)
            seconds = None if attempt.began is None else time.monotonic() - attempt.began
            limit = self._time_limit(attempt)
            if attempt.overdue and limit is not None and not run.cancelling:
                error = self._obituary(run, attempt).timed_out(limit, seconds or limit)
                self.progress.fail(run, attempt.node, error, seconds)
                return
            self.progress.cancelled(run, attempt.node, seconds)
            self.progress.finish_if_over(run)

    def _is_overdue(self, attempt: LiveAttempt) -> bool:
        limit = self._time_limit(attempt)
        return limit is not None and attempt.began is not None and time.monotonic() - attempt.began > limit

    def _time_limit(self, attempt: LiveAttempt) -> float | None:
        return self.progress.runs[attempt.run_id].plan.steps[attempt.node].node.resources.timeout_seconds

    # What is started, reused, ended

    def _tell_machine(self) -> None:
        self._dispatcher.set_machine(self.targets, frozenset(self._ready), complete=self.workers_ready)

    def _start(self, start: Start) -> None:
        run, step = start.run, start.step
        node = step.node.id
        attempt_id = uuid.uuid4().hex
        number = self._database.attempts.begin(attempt_id, run.id, node, step.target)
        folder = self._home.attempts / attempt_id
        target = self.targets[step.target]
        request = self.preparation.request(run.id, attempt_id, step, start.candidate, target, start.job.needs)
        request |= {"lane": start.job.lane, "needs": start.job.needs}
        if node in run.retries:
            goes_on = request["why"] if request["checkpoints"] else "starts again"
            request["why"] = f"{run.retries.pop(node)}; {goes_on}"
        tail = EventTail(folder / "events.jsonl", 0)
        attempt = LiveAttempt(attempt_id, run.id, node, number, folder, request, tail)
        try:
            self.blanks.take(folder)
            told = folder / "request.json"
            if attempt.is_far:  # a storage's keys may be among the target's options
                told.touch()
                told.chmod(0o600)
            told.write_text(json.dumps(request))
        except OSError as error:
            self._database.attempts.end(attempt_id)
            self.progress.to_clean.append(folder)
            self.progress.fail(run, node, self._obituary(run, attempt).not_started(error), None)
            return
        self.attempts[attempt_id] = attempt
        self._dispatcher.begun(attempt, step)
        self.to_fork.append(attempt)
        self.progress.begin(run)
        run.start(node)

    def _end(self, attempt: LiveAttempt) -> None:
        self.memory.forget(attempt.id)
        if attempt.pid is not None and not attempt.ours:  # its zygote is gone, which would have seen to that
            end_orphans(attempt.pid)
        self._database.attempts.end(attempt.id, attempt.tail.offset, attempt.memory.peak or None)
        attempt.tail.close()
        del self.attempts[attempt.id]
        self.progress.to_clean.append(attempt.folder)
        self._dispatcher.ended(attempt)

    def _attempts_of(self, run: ActiveRun) -> list[LiveAttempt]:
        return [attempt for attempt in self.attempts.values() if attempt.run_id == run.id]
