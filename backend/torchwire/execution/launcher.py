"""The engine's side of a zygote: starts it, asks it to fork, hears what became of the workers."""

from __future__ import annotations

import importlib
import json
import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchwire.execution.beyond import DRIVER, RUNNER

PASSED_ON = (
    "CUDA_HOME",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "GLIBC_TUNABLES",
    "GOMP_SPINCOUNT",
    "HF_HOME",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "NO_PROXY",
    "NVIDIA_VISIBLE_DEVICES",
    "OMP_WAIT_POLICY",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TORCH_HOME",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""All that workers get of the server's environment: where things are, and no secrets."""
HUGE_PAGES = "glibc.malloc.hugetlb=1"
"""Asks Linux for memory in pages of 2 MiB, where its administrator lets programs ask (the default of most systems).
Activations and weights are hundreds of megabytes that each step walks through: with pages of 4 KiB the processor looks
up where they lie for a tenth of ResNet-18's step, and a fifth of torch's own scoring in float32."""
SECRET = ("TORCHWIRE_TOKEN", "TORCHWIRE_DATABASE_URL")


@dataclass(frozen=True)
class Kind:
    """A kind of zygote: what it imports, what its forks may not hold, and how many workers it forks ahead of time.

    With a ``runner``, a Python module that has another ``run_attempt``, its forks run no modules: so they need none,
    and may have our own environment.
    """

    name: str
    preload: tuple[str, ...]
    without: tuple[str, ...] = ()
    spares: int = 0
    runner: str = ""


HEAVY = ("torch", "torchvision")
MAX_SPARES = 4


def kinds_of(preload: Sequence[str], cores: int) -> list[Kind]:
    """The zygotes of an engine: a light one, which is there in a moment, and one that holds what takes seconds to load.

    The light one serves the modules that declare none of that: their processes are smaller, too.
    """
    spares = min(MAX_SPARES, max(2, cores))
    light = Kind("light", (), without=tuple({*HEAVY, *preload}), spares=spares)
    return [light, Kind("full", tuple(preload), spares=spares)] if preload else [light]


def driver_kind() -> Kind:
    """The zygote of those that run nothing themselves."""
    return Kind(DRIVER, (RUNNER,), without=HEAVY, spares=1, runner=RUNNER)


def kind_for(libraries: Iterable[str], preload: Sequence[str]) -> str:
    """The kind that serves a module with these ``libraries``."""
    return "full" if set(libraries) & set(preload) else "light"


class Launcher:
    """A running zygote. ``fileno`` is readable when it has something to say."""

    def __init__(self, kind: Kind, packages: Sequence[str], log: Path) -> None:
        """Start the process; it says ``ready`` when it has imported everything, with torch some seconds later."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "torchwire.execution.zygote", "--socket", str(theirs.fileno())]
        own = [] if kind.runner else packages
        command += [f"--preload={name}" for name in kind.preload] + [f"--package={name}" for name in own]
        command += [f"--runner={kind.runner}"] * bool(kind.runner)
        command += [f"--without={name}" for name in kind.without] + [f"--spares={kind.spares}"]
        with theirs, log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and names from the registry
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                env=driver_environment() if kind.runner else worker_environment(packages),
                start_new_session=True,  # Ctrl-C in a terminal is for the engine to handle
            )
        ours.setblocking(False)
        self._socket = ours
        self._rest = b""
        self.ready = False

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._socket.fileno()

    def fork(self, attempt_id: str, folder: Path) -> bool:
        """Ask for a worker. False when the zygote is gone, which ``receive`` tells too."""
        message = json.dumps({"fork": attempt_id, "folder": str(folder)}).encode() + b"\n"
        try:
            self._socket.setblocking(True)
            self._socket.sendall(message)
        except OSError:
            return False
        finally:
            self._socket.setblocking(False)
        return True

    def receive(self) -> list[dict[str, Any]] | None:
        """What it has said since, or None when it is gone."""
        try:
            data = self._socket.recv(1 << 20)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        messages = [json.loads(line) for line in lines]
        self.ready = self.ready or any("ready" in message for message in messages)
        return messages

    def close(self) -> None:
        """Let the zygote end. Workers that it forked live on."""
        self._socket.close()
        if not self.ready:  # it is still importing, and has forked nothing
            self.process.kill()
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ask_devices(log: Path) -> list[dict[str, Any]]:
    """The GPUs that torch finds, asked of a zygote that is started for this alone."""
    launcher = Launcher(Kind("devices", ("torch",)), [], log)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(launcher, selectors.EVENT_READ)
            while selector.select(timeout=60):
                messages = launcher.receive()
                for message in messages or ():
                    return list(message["devices"])
                if messages is None:
                    break
        return []
    finally:
        launcher.close()


def worker_environment(packages: Sequence[str], outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """The small environment of the zygote and its workers."""
    given = os.environ if outer is None else outer
    kept = {name: given[name] for name in PASSED_ON if name in given}
    folders = {
        str(Path(importlib.import_module(name).__file__ or "").parents[name.count(".") + 1]) for name in packages
    }
    return {
        "GLIBC_TUNABLES": HUGE_PAGES,
        **kept,
        "PYTHONHASHSEED": "0",  # sets and dictionaries of strings in the same order in every run: reproducible training
        "PYTHONPATH": os.pathsep.join(sorted(folders)),
        "PYTHONUNBUFFERED": "1",
    }


def driver_environment() -> dict[str, str]:
    """The environment of processes that speak to targets: ours, with what plug-ins need, less our own secrets."""
    kept = {name: value for name, value in os.environ.items() if name not in SECRET}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUNBUFFERED": "1"}
