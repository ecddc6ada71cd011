"""The process on a machine of a target that runs one attempt: ``python -m torchwire.remote.worker FOLDER PARENT``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchwire.errors import TargetMismatchError, TorchwireError
from torchwire.execution.cache import module_code
from torchwire.execution.failures import failure_of
from torchwire.execution.logs import LogBook
from torchwire.execution.processes import collect_orphans, end_with
from torchwire.execution.reporting import Reporter
from torchwire.execution.worker import prepare, run_attempt
from torchwire.registry import Registry
from torchwire.remote.versions import no_module


def main(arguments: Sequence[str]) -> None:
    """Run the attempt that lies in a folder, and end with the process that started this one."""
    folder, parent = Path(arguments[0]), int(arguments[1])
    end_with(parent)
    collect_orphans()
    os.environ.pop("PYTHONPATH", None)  # it led this process to the modules; what they start needs none of it
    prepared = prepare()
    request = json.loads((folder / "request.json").read_bytes())
    try:
        registry = _registry(request)
    except TorchwireError as error:
        reporter = Reporter(folder, request["attempt"], Path(request["doorbell"]), LogBook(folder))
        reporter.event("attempt.failed", failure_of(error, request["node"]).as_json() | {"seconds": 0.0})
    else:
        run_attempt(folder, registry, prepared)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # tearing torch down takes long and changes nothing


def _registry(request: Mapping[str, Any]) -> Registry:
    """The modules here. Raises TargetMismatchError when the node's module is missing, or another."""
    try:
        registry = Registry.of(request["packages"])
        module = registry.get(request["module"])
    except (ImportError, TorchwireError) as error:
        raise no_module(request, error) from error
    if module_code(module) != request["code"]:
        raise TargetMismatchError(
            f"The target '{request['target']}' has other code for the module '{request['module']}' than this computer.",
            hint="Install the same version on both sides, then submit again.",
        )
    return registry


if __name__ == "__main__":
    main(sys.argv[1:])
