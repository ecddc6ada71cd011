"""Engines in processes of their own, to be killed: ``python -m tests.crash.host HOME SOCKET``.

The process itself only waits, with everything imported, and forks an engine for each request: starting Python anew for
each of some hundred engines would take most of the time. An engine reads commands, one JSON object a line, and answers
the same way. What it tells its listeners it writes to a file, which is how the test knows what clients had heard when
it was killed. With ``serve`` it is the real server.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.crash import strikes

strikes.wrap_engine()

from torchwire.execution.engine import Engine  # noqa: E402 - what it takes from other files is wrapped by now
from torchwire.execution.events import RunEvent  # noqa: E402
from torchwire.execution.processes import started_at  # noqa: E402
from torchwire.execution.settings import EngineSettings  # noqa: E402
from torchwire.registry import Registry  # noqa: E402
from torchwire.storage.database import Database  # noqa: E402

STRIKES = "tests.crash.strikes"


def main(home: Path, options: dict[str, Any]) -> None:
    """Work until the commands end."""
    if options.get("clock_back"):
        strikes.turn_clock_back(options["clock_back"])
    registry = Registry.of([*options["packages"], STRIKES])
    settings = EngineSettings(allowed_roots=None, preload=tuple(options["preload"]), cores=options["cores"])
    if options.get("serve"):
        serve(home, registry, settings)
        return
    database = Database(f"sqlite:///{home / 'torchwire.db'}")
    engine = Engine(home, database, registry, settings)
    told = os.open(strikes.FOLDER / f"told-{os.getpid()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def hear(events: list[RunEvent]) -> None:
        os.write(told, b"".join(json.dumps(event.as_json()).encode() + b"\n" for event in events))

    engine.subscribe(hear)
    engine.start()
    answer({"started": os.getpid()})
    for line in sys.stdin:
        command = json.loads(line)
        match command["do"]:
            case "submit":
                answer({"run": engine.submit(command["document"])["id"]})
            case "cancel":
                answer({"status": engine.cancel(command["run"])["status"]})
            case "delete":
                engine.collector.delete_run(command["run"])
                answer({"deleted": True})
            case "ready":
                answer({"ready": engine.wait_until_ready(60.0)})
    engine.stop()
    database.close()


def serve(home: Path, registry: Registry, settings: EngineSettings) -> None:
    """Serve the real application over these modules; it prints its address."""
    from torchwire import app, server
    from torchwire.config import load_config

    create = app.create_app
    app.create_app = lambda config: create(config, registry, settings)  # type: ignore[assignment]
    server.serve(load_config(home=home, port=0, open_browser=False))


def answer(record: dict[str, Any]) -> None:
    """Print one answer."""
    print(json.dumps(record), flush=True)  # noqa: T201 - this is how it answers


def fork_engines(home: Path, control: socket.socket) -> None:
    """Fork an engine for each request, which comes with the socket that becomes its input and output."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects them
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not request:
            return
        pid = os.fork()
        if pid == 0:
            _become_engine(home, json.loads(request), control, descriptors[0])
        os.close(descriptors[0])
        control.sendall(json.dumps({"pid": pid, "started": started_at(pid)}).encode())


def _become_engine(home: Path, options: dict[str, Any], control: socket.socket, descriptor: int) -> None:
    code = 1
    try:
        control.close()
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (0, 1):
            os.dup2(descriptor, number)
        os.close(descriptor)
        main(home, options)
        code = 0
    except BaseException:  # noqa: BLE001 - the end of the process: it must not go on as the one that forks
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    fork_engines(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
