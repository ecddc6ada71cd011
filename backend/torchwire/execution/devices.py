"""Asks torch which GPUs there are, in a child process that is thrown away: asking would spoil later forks."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def probe_devices() -> list[dict[str, Any]]:
    """The GPUs that torch can use here: ``{"device", "name", "memory_bytes"}`` each. Empty without torch."""
    if "torch" not in sys.modules:
        return []
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, json.dumps(_devices(sys.modules["torch"])).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    os.waitpid(pid, 0)
    return json.loads(answer) if answer else []


def _devices(torch: Any) -> list[dict[str, Any]]:
    found = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        device = {"device": f"cuda:{index}", "name": properties.name, "memory_bytes": properties.total_memory}
        found.append(device)
    if torch.backends.mps.is_available():
        found.append({"device": "mps", "name": "Apple GPU", "memory_bytes": None})
    return found
