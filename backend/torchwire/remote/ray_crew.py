"""What runs inside a Ray cluster: one actor that holds an attempt, or several processes that make one node.

Loaded on the cluster's machines. Ray itself is imported where it is used, so that listing targets does not load it.
"""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torchwire.errors import ProcessLostError
from torchwire.execution.logs import rank_stream
from torchwire.remote.attempt import RemoteAttempt
from torchwire.remote.backend import JobState, RemoteJob
from torchwire.remote.job import ranked

BEAT = 0.3
"""Seconds that a rank waits for something to say before it says that it is there."""
KILL_AFTER = 2.0
"""Seconds that the other ranks have to end by themselves once one has failed."""
SILENT = 3.0
"""Seconds without a beat after which a rank is taken for lost, while another one has failed."""
MUTE = 30.0
"""The same while all seems well: Ray itself tells of machines that are gone, and sooner."""
CHUNK = 1 << 20
OVER = frozenset({"attempt.done", "attempt.failed", "attempt.cancelled", "attempt.lost", "attempt.ended"})


class Seat:
    """An attempt of one process. Ray's actor: it has the resources, and its end is the attempt's."""

    def __init__(self, job: RemoteJob, patience: float) -> None:
        self._attempt = RemoteAttempt(job, patience=patience, machine=_machine())
        self._attempt.start()

    def read(self, offset: int, wait: float) -> bytes:
        """As ``RemoteAttempt.read``."""
        return self._attempt.read(offset, wait)

    def state(self) -> JobState:
        """As ``RemoteAttempt.state``."""
        return self._attempt.state()

    def stop(self, kill: bool) -> None:
        """As ``RemoteAttempt.stop``."""
        self._attempt.stop(kill=kill)

    def close(self) -> None:
        """As ``RemoteAttempt.close``."""
        self._attempt.close()


@dataclass
class Member:
    """One rank, as its crew knows it."""

    machine: str
    heard: float
    over: bool = False
    outcome: tuple[float, str, dict[str, Any]] | None = None
    memory: dict[str, Any] | None = None


class Crew:
    """Has several ranks work on one node, by Ray Train, and speaks for them. An actor that needs no resources itself.

    The ranks bring it what they say, and take away what they are to do. It ends them all when one of them fails or is
    lost, and says which came first.
    """

    def __init__(self, job: RemoteJob, least: int | None, patience: float) -> None:
        self._job, self._least, self._patience = job, least, patience
        self._said = bytearray()
        self._news = threading.Condition(threading.RLock())
        self._members: dict[int, Member] = {}
        self._size = job.processes
        self._meeting: str | None = None
        self._order: str | None = None
        self._failing: float | None = None
        self._cancelled = False
        self._trained: str | None = None
        self._state = JobState("pending")
        self._asked = time.monotonic()
        threading.Thread(target=self._train, name="train", daemon=True).start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    # For the driver

    def read(self, offset: int, wait: float) -> bytes:
        """Whole lines of what rank 0 said, and the others printed."""
        self._asked = time.monotonic()
        with self._news:
            self._news.wait_for(lambda: len(self._said) > offset or self._is_over(), wait)
            end = self._said.rfind(b"\n", offset, offset + CHUNK) + 1 or self._said.find(b"\n", offset) + 1
            return bytes(self._said[offset : max(offset, end)])

    def state(self) -> JobState:
        """How they are."""
        self._asked = time.monotonic()
        return self._state

    def stop(self, kill: bool) -> None:
        """Have all ranks end."""
        with self._news:
            self._cancelled = True
            self._order = "kill" if kill else self._order or "stop"
            self._failing = self._failing or time.monotonic()
            if not self._members:  # none has begun
                self._finish("attempt.cancelled", {"seconds": 0.0})

    # For the ranks

    def meet(self, rank: int, size: int, machine: str, meeting: str | None) -> None:
        """A rank is there. The first one says where all meet."""
        with self._news:
            self._size = size
            self._meeting = meeting or self._meeting
            self._members[rank] = Member(machine, time.monotonic())
            if len(self._members) == size and self._state.status == "pending":
                self._state = JobState("running")
                self._say("attempt.placed", {"machines": sorted({one.machine for one in self._members.values()})})

    def meeting(self) -> tuple[str | None, str | None]:
        """Where all meet once all are there, and what the rank is to do."""
        with self._news:
            return (self._meeting if len(self._members) == self._size else None), self._order

    def put(self, rank: int, data: bytes, over: bool) -> str | None:
        """Take what a rank said since, and whether that was all. Returns what it is to do: ``stop``, ``kill``."""
        with self._news:
            member = self._members[rank]
            member.heard = time.monotonic()
            for line in data.splitlines():
                event = json.loads(line)
                self._hear(rank, member, event["type"], event["data"])
            member.over = member.over or over
            self._judge()
            return self._order

    # Within

    def _hear(self, rank: int, member: Member, kind: str, data: dict[str, Any]) -> None:
        if kind in OVER:
            member.outcome = member.outcome or (time.monotonic(), kind, data)
            if kind not in ("attempt.done", "attempt.cancelled") or (kind == "attempt.cancelled" and not self._order):
                self._fail()
        elif kind == "attempt.memory":
            member.memory = data
            if rank == 0:
                self._say(kind, self._whole_memory(data))
        elif kind == "attempt.placed":
            pass  # all were named when they met
        elif rank == 0:
            self._say(kind, data)
        elif kind == "node.log":
            lines = [[when, rank_stream(rank), text] for when, _, text in data["lines"]]
            self._say(kind, {"lines": lines})

    def _whole_memory(self, own: Mapping[str, Any]) -> dict[str, Any]:
        told = [member.memory for member in self._members.values() if member.memory is not None]
        limits = [one.get("limit") for one in told]
        whole = dict(own) | {name: sum(one[name] for one in told) for name in ("now", "peak")}
        return whole | {"limit": sum(filter(None, limits)) if all(limits) else None}

    def _fail(self) -> None:
        if self._failing is None:
            self._failing = time.monotonic()
            self._order = self._order or "stop"

    def _judge(self) -> None:
        """Say how it ended, once that is known."""
        if self._is_over() or not self._members:
            return
        now = time.monotonic()
        everyone = len(self._members) == self._size and all(member.over for member in self._members.values())
        if self._failing is None and not everyone:
            return
        if self._failing is not None and now - self._failing > KILL_AFTER:
            self._order = "kill"
        patience = MUTE if self._failing is None else SILENT
        for rank, member in sorted(self._members.items()):
            since = now - max(member.heard, self._failing or 0.0)
            if not member.over and since > patience:
                self._lose(f"rank {rank}, on {member.machine}, is not heard of any more")
                return
        if everyone:
            self._finish(*self._outcome())

    def _outcome(self) -> tuple[str, dict[str, Any]]:
        """What came first. A process that was killed comes before what others say of lost connections."""
        told = sorted((m.outcome[0], rank, *m.outcome[1:]) for rank, m in self._members.items() if m.outcome)
        for _, rank, kind, data in told:
            if kind == "attempt.ended" and data["out_of_memory"]:
                return kind, data
            if kind == "attempt.ended":
                return "attempt.lost", self._lost_process(rank, data)
        if self._cancelled:
            return "attempt.cancelled", {"seconds": max((data["seconds"] for *_, data in told), default=0.0)}
        for _, rank, kind, data in told:
            if kind in ("attempt.failed", "attempt.lost"):
                return kind, self._named(rank, data)
        done = next((data for _, rank, kind, data in told if rank == 0 and kind == "attempt.done"), None)
        if done is not None and len(told) == self._size:
            return "attempt.done", done
        return "attempt.cancelled", {"seconds": 0.0}

    def _named(self, rank: int, data: dict[str, Any]) -> dict[str, Any]:
        if "cause" not in data or "what" not in data:  # it names what the user can mend
            return data
        error = data["error"] | {"message": f"Rank {rank} of {self._size}: {data['error']['message']}"}
        return data | {"error": error}

    def _lost_process(self, rank: int, data: Mapping[str, Any]) -> dict[str, Any]:
        message = f"Rank {rank} of {self._size}, on {self._members[rank].machine}, ended by {data['ended']}."
        error = ProcessLostError(message, node=self._job.request["node"], hint="See the end of the node's log.")
        return {"error": error.as_json(), "ended": data["ended"], "seconds": data.get("seconds", 0.0)}

    def _say(self, kind: str, data: Mapping[str, Any]) -> None:
        if not self._is_over():
            self._said += json.dumps({"type": kind, "data": data}).encode() + b"\n"
            self._news.notify_all()

    def _finish(self, kind: str, data: Mapping[str, Any]) -> None:
        if not self._is_over():
            self._say(kind, data)
            self._state = JobState("ended")
            self._order = "kill"
            self._news.notify_all()

    def _lose(self, why: str) -> None:
        if not self._is_over():
            self._state = JobState("lost", why)
            self._order = "kill"
            self._news.notify_all()

    def _is_over(self) -> bool:
        return self._state.status in ("ended", "lost")

    # Threads

    def _watch(self) -> None:
        while not self._is_over():
            time.sleep(BEAT)
            with self._news:
                if time.monotonic() - self._asked > self._patience:
                    self._lose("nobody asks for it any more")
                self._judge()

    def _train(self) -> None:
        """Have Ray Train run the ranks. It starts them together, spreads them, and sees when one is lost."""
        place = Path(tempfile.mkdtemp(prefix="torchwire-ray-train-"))
        try:
            self._fit(place)
            why = "its processes ended without a word"
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job is lost, and its driver must hear of it
            why = f"Ray Train: {_first_line(error)}"
        finally:
            shutil.rmtree(place, ignore_errors=True)
        deadline = time.monotonic() + SILENT  # what the ranks said last may tell more
        while not self._is_over() and time.monotonic() < deadline:
            time.sleep(0.1)
        with self._news:
            self._lose(why)

    def _fit(self, place: Path) -> None:
        import ray
        from ray.train import FailureConfig, RunConfig, ScalingConfig

        me = ray.get_runtime_context().current_actor
        job, least = self._job, self._least
        resources: dict[str, float] = {"CPU": job.cores}
        if job.gpus:
            resources["GPU"] = job.gpus
        if job.memory_bytes:
            resources["memory"] = job.memory_bytes
        elastic = least is not None and least < job.processes
        trainer = _trainer(
            run_rank,
            train_loop_config={"crew": me, "job": job, "patience": self._patience},
            scaling_config=ScalingConfig(
                num_workers=(least, job.processes) if elastic else job.processes,
                use_gpu=job.gpus > 0,
                resources_per_worker=resources,
                placement_strategy=_placement(job),
                # What runs keeps its size: a new size would begin anew from a checkpoint that Ray knows nothing of.
                **({"elastic_resize_monitor_interval_s": 1e9} if elastic else {}),
            ),
            run_config=RunConfig(
                name=job.attempt, storage_path=str(place), failure_config=FailureConfig(max_failures=0)
            ),
        )
        trainer.fit()


def run_rank(told: Mapping[str, Any]) -> None:
    """One rank: Ray Train runs this in each of its workers."""
    import ray
    import ray.train

    context, crew, job = ray.train.get_context(), told["crew"], told["job"]
    rank, size = context.get_world_rank(), context.get_world_size()
    job = replace(job, request=dict(job.request) | {"processes": size})
    here = ray.util.get_node_ip_address()
    meeting = f"tcp://{here}:{_free_port(here)}" if rank == 0 else None
    ray.get(crew.meet.remote(rank, size, _machine(), meeting))
    attempt: RemoteAttempt | None = None
    try:
        while True:
            where, order = ray.get(crew.meeting.remote())
            if where is not None or order is not None:
                break
            ray.get(crew.put.remote(rank, b"", False))
            time.sleep(0.05)
        if order is not None:
            ray.get(crew.put.remote(rank, b"", True))
            return
        attempt = RemoteAttempt(ranked(job, rank, where), patience=told["patience"])  # the crew names the machines
        attempt.start()
        offset, over = 0, False
        while not over:
            ended = attempt.state().status == "ended"
            data = attempt.read(offset, BEAT)
            offset += len(data)
            over = ended and not data
            order = ray.get(crew.put.remote(rank, data, over))
            if order is not None:
                attempt.stop(kill=order == "kill")
    finally:
        if attempt is not None:
            attempt.close()


def _trainer(*arguments: Any, **named: Any) -> Any:
    """A TorchTrainer that leaves two things out.

    It does not join its processes: those that compute are their children, and join themselves. So Ray's own processes
    load no torch, which takes them seconds and 200 MB each. And it has no actor that outlives a killed run to give its
    resources back: they are given back with the driver anyway, and that actor stays for ever on clusters without a
    dashboard.
    """
    from ray.train.backend import BackendConfig
    from ray.train.torch import TorchTrainer

    class Unjoined(BackendConfig):  # type: ignore[misc]
        backend = "gloo"  # asked for by TorchTrainer, used by nobody

    class Trainer(TorchTrainer):  # type: ignore[misc]
        def _create_default_callbacks(self) -> list[Any]:
            made = super()._create_default_callbacks()
            return [one for one in made if type(one).__name__ != "PlacementGroupCleanerCallback"]

    return Trainer(*arguments, torch_config=Unjoined(), **named)


def _placement(job: RemoteJob) -> str:
    """How Ray places the processes: on as many machines as were asked for."""
    if job.node_count == 1:
        return "STRICT_PACK"
    return "STRICT_SPREAD" if job.process_count == 1 else "SPREAD"


def _machine() -> str:
    import ray

    own = ray.get_runtime_context().get_node_id()
    with suppress(Exception):
        return next(str(node["NodeName"]) for node in ray.nodes() if node["NodeID"] == own)
    return socket.gethostname()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _first_line(error: BaseException) -> str:
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {text[:500]}"
