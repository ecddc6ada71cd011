"""An engine in a process of its own, to be killed: ``python -m torchwire.testing.host HOME OPTIONS``.

It reads commands, one JSON object a line, and answers the same way. When the commands end it stops, nodes and all.
What is in ``torchwire.toml`` in the home holds as it does for the server.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from torchwire.app import engine_settings
from torchwire.config import load_config
from torchwire.errors import TorchwireError
from torchwire.execution.engine import Engine
from torchwire.registry import Registry
from torchwire.storage.database import Database

MODULES = "torchwire.testing.modules"


def main(home: Path, options: dict[str, Any]) -> None:
    """Work until the commands end."""
    config = load_config(home=home)
    database = Database(config.database, home)
    settings = dataclasses.replace(engine_settings(config), allowed_roots=None, **options["settings"])
    engine = Engine(home, database, Registry.of([MODULES, *options["packages"]]), settings)
    engine.start()
    _say({"started": True})
    for line in sys.stdin:
        command = json.loads(line)
        try:
            _say(_do(engine, command))
        except TorchwireError as error:
            _say({"refused": error.as_json()})
    engine.stop(kill=True)
    database.close()


def _do(engine: Engine, command: dict[str, Any]) -> dict[str, Any]:
    match command["do"]:
        case "submit":
            return {"run": engine.submit(command["document"])["id"]}
        case "cancel":
            return {"status": engine.cancel(command["run"])["status"]}
        case "targets":
            return {"targets": engine.targets()}
    raise ValueError(f"There is no command {command['do']!r}.")


def _say(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
