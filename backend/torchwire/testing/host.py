"""An engine in a process of its own, to be killed: ``python -m torchwire.testing.host HOME OPTIONS``.

It reads commands, one JSON object a line, and answers the same way. When the commands end it stops, nodes and all.
``targets`` in OPTIONS are the rows of ``[[targets]]`` in ``torchwire.toml``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from torchwire.errors import TorchwireError
from torchwire.execution.engine import Engine
from torchwire.execution.settings import EngineSettings
from torchwire.registry import Registry
from torchwire.remote.roster import Roster
from torchwire.storage.database import Database

MODULES = "torchwire.testing.modules"


def main(home: Path, options: dict[str, Any]) -> None:
    """Work until the commands end."""
    database = Database(f"sqlite:///{home / 'torchwire.db'}", home)
    settings = EngineSettings(allowed_roots=None, **options["settings"])
    outside = Roster(home, database, options["targets"])
    engine = Engine(home, database, Registry.of([MODULES, *options["packages"]]), settings, outside)
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
