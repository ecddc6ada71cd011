"""A home folder whose engine is a process that can be killed, and everything a test wants to know of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.timing import until
from torchwire.execution.processes import is_alive
from torchwire.storage.database import Database

ROOT = Path(__file__).parents[2]
SECONDS = 120.0
TINY = ("tests.tiny_modules",)
ZYGOTE, HOST = "torchwire.execution.zygote", "tests.crash.host"

Answer = dict[str, Any]


def has_ended(process: psutil.Process) -> bool:
    """Whether a process is no more, or only waits to be collected."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def seen(process: psutil.Process) -> str | None:
    """A process in words; None when it ended while it was looked at."""
    with suppress(psutil.NoSuchProcess):
        status = process.status()
        if status != psutil.STATUS_ZOMBIE:
            return f"{process.pid} {status} {process.cmdline()}"
    return None


class Host:
    """An engine's process."""

    def __init__(self, site: Site, options: Answer) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            forked = site.forks.ask(options, theirs)
        self.pid: int = forked["pid"]
        self._began: float | None = forked["started"]
        self._socket.setblocking(False)
        self._rest = b""
        self._lines: list[str] = []
        self._ended = False

    def ask(self, do: str, **about: Any) -> Answer | None:
        """Give a command and wait for the answer; None when it died over it."""
        try:
            self._socket.sendall(json.dumps({"do": do, **about}).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            return None
        return self.answer()

    def answer(self) -> Answer | None:
        """Wait for the next answer; None when it died before."""
        line = self.line()
        return None if line is None else json.loads(line)

    def line(self) -> str | None:
        """Wait for the next line that it prints; None when it died before."""
        until(lambda: self._read() or self._lines or self._ended, "an answer of the engine")
        return self._lines.pop(0) if self._lines else None

    def has_answered(self) -> bool:
        """Whether there is an answer that nobody has taken."""
        self._read()
        return bool(self._lines)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._began is not None and is_alive(self.pid, self._began)

    def wait(self) -> None:
        """Wait for its end."""
        until(lambda: not self.is_alive(), "the end of the engine")

    def kill(self) -> None:
        """End it as the power would, and wait until it is gone."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """End it as it wants to be ended."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self.wait()

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()

    def _read(self) -> None:
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except BlockingIOError:
                return
            except ConnectionResetError:
                data = b""
            if not data:
                self._ended = True
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._lines += [line.decode() for line in lines]


class Forks:
    """The process that engines are forked from."""

    def __init__(self, home: Path, tmp: Path) -> None:
        self._control, theirs = socket.socketpair()
        with theirs, (tmp / "host.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", HOST, str(home), str(theirs.fileno())],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(tmp), "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def ask(self, options: Answer, connection: socket.socket) -> Answer:
        """Have an engine forked that has ``connection`` as its input and output."""
        socket.send_fds(self._control, [json.dumps(options).encode()], [connection.fileno()])
        answer = self._control.recv(1 << 16)
        assert answer, "the process that forks engines is gone"
        return json.loads(answer)

    def close(self) -> None:
        """End it."""
        self._control.close()
        self.process.wait(SECONDS)


class Site:
    """A home folder and the engines that follow each other in it."""

    def __init__(self, root: Path, *, packages: tuple[str, ...] = TINY, preload: tuple[str, ...] = ()) -> None:
        self.home, self.tmp = root / "home", root / "tmp"
        for folder in (self.home, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)
        self.options: Answer = {"packages": packages, "preload": preload, "cores": 2}
        self.database = Database(f"sqlite:///{self.home / 'torchwire.db'}")
        self.forks = Forks(self.home, self.tmp)
        self.hosts: list[Host] = []
        self.deleted: set[str] = set()
        """The runs whose deletion was asked for."""

    # Engines

    def spawn(self, **options: Any) -> Host:
        """Start an engine and don't wait for it."""
        host = Host(self, self.options | options)
        self.hosts.append(host)
        return host

    def start(self, **options: Any) -> Host:
        """Start an engine and wait until it says so."""
        host = self.spawn(**options)
        answer = host.answer()
        assert answer is not None, f"the engine did not start:\n{self.log()}"
        assert answer == {"started": host.pid}
        return host

    def log(self) -> str:
        """What the engines have printed."""
        return (self.tmp / "host.log").read_text()[-6000:]

    # Strikes

    def arm(self, step: str, *, nth: int = 1, action: str = "kill", **where: Any) -> str:
        """Have whoever comes to ``step`` for the n-th time struck. Returns what ``fired`` wants."""
        name = uuid.uuid4().hex
        armed = {"id": name, "step": step, "nth": nth, "action": action, "where": where}
        draft = self.tmp / "armed.new"
        draft.write_text(json.dumps(armed))
        draft.rename(self.tmp / "armed.json")
        return name

    def disarm(self) -> None:
        """Let everyone pass."""
        (self.tmp / "armed.json").unlink(missing_ok=True)

    def fired(self, name: str) -> bool:
        """Whether the step was reached."""
        return (self.tmp / f"fired-{name}.json").exists()

    # What is to be seen

    def told(self) -> Iterator[Answer]:
        """Every event that a listener of any engine has heard, engine by engine, in order."""
        for host in self.hosts:
            path = self.tmp / f"told-{host.pid}.jsonl"
            if path.exists():
                yield from (json.loads(line) for line in path.read_text().split("\n")[:-1])

    def runs(self) -> list[Answer]:
        """Every run, newest first."""
        return self.database.runs.list(10_000)

    def run(self, run_id: str) -> Answer:
        """A run's snapshot."""
        return self.database.runs.snapshot(run_id)

    def finish(self, *run_ids: str) -> list[Answer]:
        """Wait for the end of the runs (of all that there are, unless named), and return their snapshots."""

        def over() -> bool:
            ids = self.database.runs.unfinished()
            return not (set(ids) & set(run_ids) if run_ids else ids)

        try:
            until(over, "the end of the runs")
        except AssertionError as error:
            states = [(run["status"], run["node_counts"]) for run in self.runs()]
            raise AssertionError(f"{error}: {states}\n{self.log()}") from None
        return [self.run(run_id) for run_id in run_ids or [run["id"] for run in self.runs()]]

    def processes(self) -> list[psutil.Process]:
        """Every living process of this site: engines, those that workers are forked from, workers and their own."""
        mark, found = f"TMPDIR={self.tmp}".encode(), []
        for path in Path("/proc").iterdir():
            if path.name.isdecimal():
                with suppress(OSError, psutil.Error):
                    if mark in (path / "environ").read_bytes().split(b"\0"):
                        found.append(psutil.Process(int(path.name)))
        return found

    def zygotes(self) -> list[psutil.Process]:
        """The processes that workers are forked from."""
        return [process for process in self.processes() if _is_zygote(process)]

    def workers(self) -> list[psutil.Process]:
        """The processes of attempts, as far as the database knows them."""
        with self.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT pid, pid_started FROM attempts WHERE state = 'running'").all()
        with suppress(psutil.NoSuchProcess):
            return [psutil.Process(pid) for pid, began in rows if is_alive(pid, began)]
        return []

    def close(self) -> None:
        """Leave nothing behind, whatever has happened."""
        self.disarm()
        for _ in range(100):
            left = self.processes()
            for process in left:
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            self.forks.process.poll()
            if not left:
                break
            psutil.wait_procs(left, timeout=0.1)
        for host in self.hosts:
            host.close()
        self.forks.close()
        self.database.close()


def _is_zygote(process: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it may end while it is looked at
        return _runs(process, ZYGOTE) and _runs(process.parent(), HOST)
    return False


def _runs(process: psutil.Process | None, module: str) -> bool:
    with suppress(psutil.Error):
        return process is not None and module in process.cmdline()
    return False
