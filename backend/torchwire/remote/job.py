"""What an attempt needs to run elsewhere: the engine's request without paths of this computer, and back again.

A backend that starts the processes of a node itself, on several machines, gives each a job of its own whose request
has ``rank`` (from 0) and ``meeting`` (``tcp://host:port``, where rank 0 will listen) added; ``ranked`` does that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torchwire.data_types.architectures import find_weights
from torchwire.data_types.model import UntrainedModel
from torchwire.errors import ExchangeError, InvalidModelDirectoryError
from torchwire.execution.checkpointing import damage_of
from torchwire.execution.far_data import travels
from torchwire.execution.sealing import file_digest
from torchwire.remote.backend import RemoteJob, TargetOptions
from torchwire.remote.exchange import Exchange
from torchwire.remote.versions import versions

AS_IT_IS = ("attempt", "run", "node", "module", "parameters", "outputs", "device", "processes", "threads", "packages")
PIXELS = "pixel_cache_folder"
WEIGHTS = "pretrained_weights_folder"


def make_job(request: Mapping[str, Any], options: TargetOptions, exchange: Exchange) -> RemoteJob:
    """Put what the attempt reads into the exchange, and say the rest as plain data. Raises ExchangeError."""
    needs = request["remote"]
    weights = None if options.weights_folder else _weights(exchange, request)
    told = {name: request[name] for name in AS_IT_IS}
    told |= {
        "inputs": {port: _put(exchange, given) for port, given in request["inputs"].items()},
        "resolved": {name: _resolved(exchange, found) for name, found in request["resolved"].items()},
        "checkpoints": _checkpoints(exchange, request["checkpoints"]),
        "document": json.loads(Path(request["document"]).read_text()),
        "settings": dict(request["settings"]) | {WEIGHTS: options.weights_folder},
        "weights": weights,
        "code": request["fields"]["code"],
        "versions": dict(versions()),
        "target": request["target"],
    }
    return RemoteJob(
        attempt=request["attempt"],
        request=told,
        exchange=options.exchange,
        exchange_options=options.exchange_options,
        scratch=options.scratch,
        cores=needs["cores"],
        gpus=needs["gpus"],
        memory_bytes=needs["memory_bytes"],
        node_count=needs["node_count"],
        process_count=needs["process_count"],
    )


def ranked(job: RemoteJob, rank: int, meeting: str) -> RemoteJob:
    """The job as one of its processes is given it. Only what rank 0 says and makes counts."""
    return replace(job, request=dict(job.request) | {"rank": rank, "meeting": meeting})


def lay_out(job: RemoteJob, folder: Path, artifacts: Mapping[str, Path]) -> None:
    """Write what the worker in ``folder`` is told. ``artifacts`` are the sealed folders and files, by digest."""
    told = job.request
    settings = dict(told["settings"])
    if "meeting" in told:
        settings["meeting"] = told["meeting"]
    if told.get("weights"):
        settings[WEIGHTS] = str(artifacts[told["weights"]["digest"]].parent)
    document = folder / "document.json"
    document.write_text(json.dumps(told["document"]))
    request = dict(told) | {
        "inputs": {port: {"path": str(artifacts[d] / "data"), "digest": d} for port, d in told["inputs"].items()},
        "resolved": {
            name: found | ({"path": str(artifacts[found["digest"]])} if found.get("exchanged") else {})
            for name, found in told["resolved"].items()
        },
        "checkpoints": [one | {"folder": str(artifacts[one["digest"]])} for one in told["checkpoints"]],
        "settings": settings,
        "document": str(document),
        "doorbell": str(folder / "doorbell"),
    }
    (folder / "request.json").write_text(json.dumps(request))


def _put(exchange: Exchange, given: Mapping[str, str]) -> str:
    try:
        exchange.put(given["digest"], Path(given["path"]).parent)
    except FileNotFoundError as error:
        message = f"An input is not in the store any more: {error.filename}."
        raise ExchangeError(message, hint="Submit again; it is made anew.") from error
    return given["digest"]


def _resolved(exchange: Exchange, found: Mapping[str, Any]) -> dict[str, Any]:
    """A registered archive goes through the exchange; folders stay where they are, and must be shared."""
    path = Path(found["path"])
    if travels(found):
        exchange.put_file(found["digest"], path)
        return dict(found) | {"exchanged": True, "file_name": path.name}
    return dict(found)


def _weights(exchange: Exchange, request: Mapping[str, Any]) -> dict[str, str] | None:
    """The file of pretrained weights that a model to be trained begins with, where this computer has it."""
    folder = request["settings"].get(WEIGHTS)
    for given in request["inputs"].values():
        try:
            model = UntrainedModel.read(Path(given["path"]))
        except InvalidModelDirectoryError:  # an input of another type
            continue
        file = find_weights(model.model_name, Path(folder) if folder else None) if model.pretrained else None
        if file is not None:
            digest = file_digest(file)
            exchange.put_file(digest, file)
            return {"digest": digest, "file_name": file.name}
    return None


def _checkpoints(exchange: Exchange, told: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The best one that is intact; the others stay here."""
    for one in told:
        folder = Path(one["folder"])
        if damage_of(folder, one["digest"]) is None:
            exchange.put(one["digest"], folder)
            return [{name: value for name, value in one.items() if name != "folder"}]
    return []
