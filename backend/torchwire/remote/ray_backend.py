"""Targets that are Ray clusters: one process is an actor, several are a TorchTrainer of Ray Train.

A driver or scout that uses one is a Ray driver: when it ends, Ray ends all that it started. Ray reads its token when it
is imported, may wait for ever for a head that has gone, and ends the whole process when it has waited for long: so it
is imported late, asked on a thread that can be left behind, and the head is looked at by a plain connection first.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, TypeVar, cast

from pydantic import Field

from torchwire.errors import TargetMismatchError, TargetUnavailableError
from torchwire.remote.backend import JobState, Machine, RemoteBackend, RemoteHandle, RemoteJob, Survey, TargetOptions

T = TypeVar("T")

REACH = 3.0
"""Seconds in which the head must take a connection."""
ANSWER = 15.0
"""Seconds in which it must answer, over what the question takes itself."""
START = 60.0
VERSIONS = 30.0
"""Seconds in which the machines must say which versions they have. Those that don't are not asked again."""
LOOK = 1.0
"""Seconds between two looks at the head, and at what a job waits for."""
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_NUM_REDIS_GET_RETRIES": "2",  # tries, a second each, to be let in
    "RAY_gcs_server_request_timeout_seconds": "10",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "100000000",  # past it, Ray would end this process
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "1",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
}


class RayOptions(TargetOptions):
    """Options of a Ray cluster."""

    address: str = Field(
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$",
        description="Its head, as 'host:6379'; this computer must belong to the cluster (`ray start --address=...`).",
    )
    namespace: str = Field("torchwire", min_length=1, description="Ray's namespace for what is started there.")
    min_processes: int | None = Field(
        None,
        ge=1,
        description="Begin with so many processes when not all that were asked for are free; by default wait for all.",
    )
    runtime_env: dict[str, Any] = Field(
        default_factory=dict, description="Ray's runtime environment for all that is started there, such as env_vars."
    )


class RayBackend(RemoteBackend):
    """A Ray cluster."""

    kind = "ray"
    title = "Ray cluster"
    Options: ClassVar[type[TargetOptions]] = RayOptions
    needs = ("ray",)
    install = "pip install torchwire[ray]"

    def __init__(self, target_id: str, options: TargetOptions, token: str | None) -> None:
        super().__init__(target_id, options, token)
        self._cluster = Cluster(target_id, cast(RayOptions, options), token)
        self._versions: dict[str, Mapping[str, str]] = {}

    def survey(self) -> Survey:
        """The machines, what is free of each, and the versions of those that can compute."""
        cluster = self._cluster
        cluster.connect()
        try:
            nodes, free = cluster.ask(_nodes)
            alive = {str(node["NodeID"]): node for node in nodes if node["Alive"]}
            self._versions = {place: told for place, told in self._versions.items() if place in alive}
            unknown = [place for place, node in alive.items() if place not in self._versions and _computes(node)]
            self._versions |= cluster.ask(lambda: _versions_of(unknown), VERSIONS) if unknown else {}
        except ConnectionError as error:
            raise TargetUnavailableError(str(error), hint=cluster.hint) from error
        return Survey(_machines(nodes, free), _common(list(self._versions.values())))

    def submit(self, job: RemoteJob) -> RemoteHandle:
        """Have it run once its resources are free."""
        self._cluster.connect()
        options = cast(RayOptions, self.options)
        patience = max(60.0, 2 * options.silent_seconds)
        return RayHandle(self._cluster, job, options.min_processes, patience)

    def close(self) -> None:
        """Leave the cluster; what was started there ends."""
        self._cluster.close()


class RayHandle(RemoteHandle):
    """A job in a Ray cluster: an actor that either holds the attempt, or leads those that do."""

    def __init__(self, cluster: Cluster, job: RemoteJob, least: int | None, patience: float) -> None:
        self._cluster, self._job = cluster, job
        self._told = b""
        self._over: JobState | None = None
        self._present = False
        self._looked, self._why = 0.0, ""
        self._actor, self._ready = cluster.ask(lambda: _start(job, least, patience))

    def read(self, offset: int, wait: float) -> bytes:
        """Whole lines from ``offset`` on."""
        if self._told or self._over is not None:
            return self._told[offset:] if self._told else b""
        if not self._is_present(wait):
            return b""
        try:
            return bytes(self._cluster.ask(lambda: _get(self._actor.read.remote(offset, wait), wait + ANSWER), wait))
        except _Gone as gone:
            self._over = self._over or JobState("lost", str(gone))
            return b""

    def state(self) -> JobState:
        """How it is."""
        if self._over is None and not self._is_present(0.0) and self._over is None:
            return JobState("pending", self._waits_for())
        if self._over is not None:
            return self._over
        try:
            state = cast(JobState, self._cluster.ask(lambda: _get(self._actor.state.remote(), ANSWER)))
        except _Gone as gone:
            self._over = JobState("lost", str(gone))
            return self._over
        if state.status == "pending":
            return JobState("pending", self._waits_for())
        return state

    def stop(self, *, kill: bool = False) -> None:
        """Ask it to end. One that has not begun is taken back."""
        if self._over is not None:
            return
        if self._is_present(0.0):
            self._cluster.ask(lambda: self._actor.stop.remote(kill))
        elif self._over is None:
            self._cluster.ask(lambda: _end(self._actor))
            self._told = json.dumps({"type": "attempt.cancelled", "data": {"seconds": 0.0}}).encode() + b"\n"
            self._over = JobState("ended")

    def close(self) -> None:
        """End it, and all that it started."""
        with suppress(Exception):
            if self._present and self._over is None and self._job.processes == 1:
                self._cluster.ask(lambda: _get(self._actor.close.remote(), 3.0), 3.0)  # its folder goes, too
            elif self._present and self._over is None:
                self._cluster.ask(lambda: _get(self._actor.stop.remote(True), 3.0), 3.0)
        with suppress(Exception):
            self._cluster.ask(lambda: _end(self._actor))

    def _is_present(self, wait: float) -> bool:
        """Whether it has begun. Its failure to do so is remembered."""
        if not self._present and self._over is None:
            try:
                self._present = self._cluster.ask(lambda: _is_ready(self._ready, wait), wait)
            except _Gone as gone:
                self._over = JobState("lost", str(gone))
        return self._present

    def _waits_for(self) -> str:
        now = time.monotonic()
        if now - self._looked > LOOK:
            self._looked = now
            nodes, free = self._cluster.ask(_nodes)
            self._why = _wants(self._job, _machines(nodes, free))
        return self._why


class Cluster:
    """The connection to one cluster. A process has at most one, as Ray wants it."""

    def __init__(self, target_id: str, options: RayOptions, token: str | None) -> None:
        self._target, self._options, self._token = target_id, options, token
        self._asker: _Asker | None = None
        self._looked = 0.0

    @property
    def hint(self) -> str:
        """What a person can do when it does not answer."""
        return f"Is the cluster running, and can this computer reach {self._options.address}?"

    def connect(self) -> None:
        """Be connected. Raises TargetUnavailableError, which says why not."""
        if self._asker is not None:
            return
        try:
            self._look()
        except ConnectionError as error:
            raise TargetUnavailableError(f"The target '{self._target}': {error}", hint=self.hint) from error
        self._prepare()
        asker = _Asker()
        try:
            asker.ask(self._join, START)
        except TimeoutError as error:
            message = f"The target '{self._target}': Ray at {self._options.address} does not let this computer in."
            raise TargetUnavailableError(message, hint=self.hint) from error
        except Exception as error:
            raise self._refused(error) from error
        self._asker = asker

    def ask(self, question: Callable[[], T], wait: float = 0.0) -> T:
        """The answer, which may take ``wait`` seconds and some. Raises ConnectionError when there is none."""
        if self._asker is None:
            raise ConnectionError("not connected")
        now = time.monotonic()
        if now - self._looked > LOOK:
            self._look()
            self._looked = now
        try:
            return self._asker.ask(question, wait + ANSWER)
        except TimeoutError as error:
            raise ConnectionError(f"Ray at {self._options.address} does not answer.") from error

    def close(self) -> None:
        """Leave it."""
        asker, self._asker = self._asker, None
        if asker is not None:
            import ray

            with suppress(Exception):
                self._look()
                asker.ask(ray.shutdown, 5.0)
            atexit.unregister(ray.shutdown)  # it would wait for a head that has gone

    def _look(self) -> None:
        host, _, port = self._options.address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), REACH).close()
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConnectionError(f"nothing answers at {self._options.address} ({why}).") from error

    def _prepare(self) -> None:
        """Set what Ray reads when it is imported."""
        for name in [name for name in os.environ if name.startswith("RAY_AUTH_") or name == "RAY_ADDRESS"]:
            del os.environ[name]
        os.environ.update(SETTINGS)
        os.environ["RAY_AUTH_MODE"] = "disabled" if self._token is None else "token"
        if self._token is not None:  # of this process alone: it starts no others
            os.environ["RAY_AUTH_TOKEN"] = self._token

    def _join(self) -> None:
        import ray

        ray.init(
            self._options.address,
            namespace=self._options.namespace,
            runtime_env=self._options.runtime_env or None,
            log_to_driver=False,
            logging_level="ERROR",
            configure_logging=False,
        )

    def _refused(self, error: BaseException) -> TargetUnavailableError:
        text = _chain(error)
        about = f"The target '{self._target}'"
        if "AuthenticationError" in text or "InvalidAuthToken" in text or "authentication token" in text:
            if self._token is None:
                return TargetUnavailableError(f"{about} wants a token.", hint="Give the target the cluster's token.")
            return TargetUnavailableError(
                f"{about} refuses the token.", hint="Give the target the token that its machines have."
            )
        if "ersion mismatch" in text:
            wanted = ("ersion mismatch", "Ray:", "Python:", "Ray ")
            lines = [line.strip() for line in text.splitlines() if any(word in line for word in wanted)]
            return TargetMismatchError(
                f"{about} has other versions than this computer: {' '.join(lines)[:500]}",
                hint="Install the same versions of Python and Ray on both sides.",
            )
        if "IP address" in text or "Raylet" in text or "raylet" in text:
            return TargetUnavailableError(
                f"{about}: this computer does not belong to the cluster.",
                hint=f"Run `ray start --address={self._options.address} --num-cpus=0` here, with the cluster's token.",
            )
        return TargetUnavailableError(f"{about}: {_first_line(error)}", hint=self.hint)


class _Gone(Exception):  # noqa: N818 - what became of the job
    """The job's actor is dead."""


class _Asker:
    """A thread that asks Ray. When an answer never comes it is left behind, and nothing more is asked."""

    def __init__(self) -> None:
        self._questions: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]]] = queue.SimpleQueue()
        self._stuck: queue.SimpleQueue[Any] | None = None
        threading.Thread(target=self._work, name="ray", daemon=True).start()

    def ask(self, question: Callable[[], T], seconds: float) -> T:
        """What ``question`` returns. Raises TimeoutError when it takes longer, or one before it still does."""
        deadline = time.monotonic() + seconds
        if self._stuck is not None:
            try:
                self._stuck.get(timeout=min(1.0, seconds))
            except queue.Empty:
                raise TimeoutError from None
            self._stuck = None
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._questions.put((question, answers))
        try:
            good, value = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self._stuck = answers
            raise TimeoutError from None
        if good:
            return cast(T, value)
        raise value

    def _work(self) -> None:
        while True:
            question, answers = self._questions.get()
            try:
                answers.put((True, question()))
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
                answers.put((False, error))


# On the asking thread


def _start(job: RemoteJob, least: int | None, patience: float) -> tuple[Any, Any]:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    from torchwire.remote.ray_crew import Crew, Seat

    common: dict[str, Any] = {"max_restarts": 0, "max_task_retries": 0}
    if job.processes == 1:
        needs = {"num_cpus": job.cores, "num_gpus": job.gpus or None, "memory": job.memory_bytes or None}
        actor = ray.remote(Seat).options(**common, **needs, max_concurrency=4).remote(job, patience)
        return actor, actor.state.remote()
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    options = common | {"num_cpus": 0, "max_concurrency": 2 * job.processes + 4, "scheduling_strategy": here}
    settings = {"env_vars": {name: value for name, value in SETTINGS.items() if name.startswith("RAY_TRAIN_")}}
    # Ray adds these to the job's own environment.
    actor = ray.remote(Crew).options(**options, runtime_env=settings).remote(job, least, patience)
    return actor, actor.state.remote()


def _is_ready(reference: Any, wait: float) -> bool:
    import ray

    if not ray.wait([reference], timeout=wait)[0]:
        return False
    _get(reference, ANSWER)
    return True


def _get(reference: Any, timeout: float) -> Any:
    """An actor's answer. Raises _Gone when it is dead, ConnectionError when it can't be reached."""
    import ray
    from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayActorError, RayTaskError

    try:
        return ray.get(reference, timeout=timeout)
    except (ActorUnavailableError, GetTimeoutError) as error:
        raise ConnectionError(_first_line(error)) from error
    except RayActorError as error:
        if "ModuleNotFoundError" in str(error) or "failed to be imported" in str(error):
            raise _no_torchwire(error) from error
        raise _Gone(_death(error)) from error
    except RayTaskError as error:
        if "ModuleNotFoundError" in str(error):
            raise _no_torchwire(error) from error
        raise


def _end(actor: Any) -> None:
    import ray

    ray.kill(actor, no_restart=True)


def _nodes() -> tuple[list[dict[str, Any]], dict[str, Mapping[str, float]]]:
    import ray
    from ray._private.state import available_resources_per_node

    return ray.nodes(), available_resources_per_node()


def _versions_of(places: list[str]) -> dict[str, Mapping[str, str]]:
    """The versions on some machines, by a task on each; of one that does not answer in time nothing is known."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    def look() -> dict[str, str]:  # sent as it is: Torchwire may be missing there
        import sys
        from importlib.metadata import PackageNotFoundError, version

        found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
        for name in ("torch", "torchvision", "torchwire"):
            try:
                found[name] = version(name).partition("+")[0]
            except PackageNotFoundError:
                continue
        return found

    look.__module__ = "__main__"
    task = ray.remote(look)
    asked = {
        place: task.options(
            num_cpus=0, max_retries=0, scheduling_strategy=NodeAffinitySchedulingStrategy(place, soft=False)
        ).remote()
        for place in places
    }
    ready, _ = ray.wait(list(asked.values()), num_returns=len(asked), timeout=VERSIONS)
    found: dict[str, Mapping[str, str]] = {place: {} for place in places}
    for place, reference in asked.items():
        if reference in ready:
            with suppress(Exception):
                found[place] = ray.get(reference)
    return found


# In words and records


def _computes(node: Mapping[str, Any]) -> bool:
    return bool(node["Resources"].get("CPU", 0) > 0)


def _machines(nodes: list[dict[str, Any]], free: Mapping[str, Mapping[str, float]]) -> tuple[Machine, ...]:
    alive = {_name(node) for node in nodes if node["Alive"]}
    shown = [node for node in nodes if node["Alive"] or _name(node) not in alive]
    return tuple(sorted((_machine(node, free.get(node["NodeID"], {})) for node in shown), key=lambda one: one.name))


def _machine(node: Mapping[str, Any], free: Mapping[str, float]) -> Machine:
    has = node["Resources"]
    prefix = "accelerator_type:"
    return Machine(
        name=_name(node),
        cores=float(has.get("CPU", 0)),
        memory_bytes=int(has.get("memory", 0)),
        gpus=float(has.get("GPU", 0)),
        gpu=next((name.removeprefix(prefix) for name in has if name.startswith(prefix)), None),
        free_cores=float(free.get("CPU", 0)),
        free_memory_bytes=int(free.get("memory", 0)),
        free_gpus=float(free.get("GPU", 0)),
        alive=bool(node["Alive"]),
    )


def _name(node: Mapping[str, Any]) -> str:
    return str(node.get("NodeName") or node["NodeManagerAddress"])


def _common(told: list[Mapping[str, str]]) -> Mapping[str, str]:
    """The versions of all machines; where they differ among themselves, those that differ from ours count."""
    from torchwire.remote.versions import mismatch, versions

    return next((one for one in told if mismatch(versions(), one)), next(filter(None, told), {}))


def _wants(job: RemoteJob, machines: tuple[Machine, ...]) -> str:
    """What a job waits for, in words."""
    alive = [one for one in machines if one.alive]
    if sum(_room(job, one) for one in alive) >= job.processes:
        return "it is being started"
    each = [f"{job.cores} core{'s' * (job.cores != 1)}"]
    each += [f"{job.gpus:g} GPU{'s' * (job.gpus != 1)}"] if job.gpus else []
    each += [f"{job.memory_bytes / 1e9:.3g} GB"] if job.memory_bytes else []
    times = f"{job.processes} times " if job.processes > 1 else ""
    free = [
        f"{one.name} has {one.free_cores:g} cores, {one.free_memory_bytes / 1e9:.3g} GB"
        + (f", {one.free_gpus:g} GPUs" if one.gpus else "")
        for one in alive
    ]
    return f"waits for {times}{', '.join(each)}; free: {'; '.join(free) or 'nothing'}"


def _room(job: RemoteJob, machine: Machine) -> int:
    """How many of its processes fit there now."""
    needs = ((job.cores, machine.free_cores), (job.gpus, machine.free_gpus))
    fits = [int(has // wanted) for wanted, has in (*needs, (job.memory_bytes, machine.free_memory_bytes)) if wanted]
    return min(fits, default=job.processes)


def _no_torchwire(error: BaseException) -> TargetMismatchError:
    line = next((one for one in str(error).splitlines() if "ModuleNotFoundError" in one), "Torchwire is missing")
    return TargetMismatchError(
        f"A machine of the target can't load Torchwire: {line.strip()[:300]}",
        hint="Install the same versions on every machine of the target.",
    )


def _death(error: BaseException) -> str:
    """Why an actor died, in one sentence."""
    text = str(error)
    if "node has died" in text or "node was terminated" in text:
        return "the machine that it ran on is gone"
    if "memory" in text and "OutOfMemory" in text:
        return "Ray ended it, as the machine ran out of memory"
    if "worker process has died" in text or "died unexpectedly" in text:
        return "its process on the machine was killed"
    return _first_line(error)


def _first_line(error: BaseException) -> str:
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text[:300]


def _chain(error: BaseException) -> str:
    parts: list[str] = []
    one: BaseException | None = error
    while one is not None and len(parts) < 10:
        parts.append(f"{type(one).__name__}: {one}")
        one = one.__cause__ or one.__context__
    return "\n".join(parts)
