"""Data sets: upload an archive in parts, register what lies on the server, list, delete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import request

from torchwire.api.dataset_records import DatasetAnswer, DatasetCreate, DatasetsAnswer, UploadAnswer, UploadConflict
from torchwire.api.errors import InvalidRequestError, TooLargeError, UnsupportedMediaTypeError
from torchwire.api.parsing import whole_number
from torchwire.api.resource import Resource
from torchwire.errors import MissingValueError
from torchwire.extensions import services

NAME = re.compile(r"[^\W_][\w .+()-]{0,198}", re.ASCII)
BYTES = "application/octet-stream"

datasets = Resource("datasets", __name__)


@datasets.declare("GET", "/datasets", summary="List the data sets", permission="read", response=DatasetsAnswer)
def list_all() -> Any:
    """All registered data sets, by name."""
    return {"datasets": [_shown(row) for row in services().database.datasets.list()]}


@datasets.declare(
    "POST",
    "/datasets",
    summary="Begin an upload, or register a folder or archive on the server",
    permission="edit",
    request=DatasetCreate,
    response=DatasetAnswer | UploadAnswer,
    status=201,
)
def create(body: DatasetCreate) -> Any:
    """With ``path``: a data set that stays where it lies. With ``filename`` and ``size``: an upload in parts."""
    name = _checked_name(body["name"])
    if ("path" in body) == ("filename" in body):
        raise InvalidRequestError("Give either 'path', or 'filename' and 'size'.")
    if "path" in body:
        path = _allowed_path(body["path"])
        return {"dataset": _shown(services().datasets.register(name, path, body.get("description", "")[:2000]))}
    size, most = body.get("size", 0), services().config.max_upload_bytes
    if size < 1:
        raise InvalidRequestError("'size' must be the archive's size in bytes, at least 1.", parameter="size")
    if size > most:
        raise TooLargeError(f"The archive has {size} bytes and at most {most} may be uploaded.", parameter="size")
    return {"upload": services().datasets.begin(name, body["filename"][:255], size)}


@datasets.declare("DELETE", "/datasets/<name>", summary="Delete a data set", permission="edit", status=204)
def delete(name: str) -> None:
    """Forget a data set, and remove its archive if it was uploaded. Runs that used it keep what they have."""
    services().datasets.remove(name)


@datasets.declare(
    "GET", "/datasets/uploads/<upload_id>", summary="Read an upload", permission="read", response=UploadAnswer
)
def upload(upload_id: str) -> Any:
    """How far an upload is; go on from ``received``."""
    return {"upload": services().datasets.upload(upload_id)}


@datasets.declare(
    "PUT",
    "/datasets/uploads/<upload_id>",
    summary="Send a part of an upload",
    permission="edit",
    body_type=BYTES,
    response=UploadAnswer,
    answers={409: UploadConflict},
    query={"offset": "Where in the file the part begins."},
)
def send_part(upload_id: str) -> Any:
    """Add raw bytes at ``offset``, which must be where the last part ended."""
    if request.mimetype != BYTES:
        raise UnsupportedMediaTypeError(f"A part is sent as {BYTES}.", hint=f"Send the header 'Content-Type: {BYTES}'.")
    if "offset" not in request.args:
        raise InvalidRequestError("'offset' is missing.", hint="Say where in the file the part begins: ?offset=0")
    offset = whole_number(request.args["offset"], "offset", 0, 0, 2**53)
    # One more than a part has: a stream that is exactly as long as its limit is taken for one that goes on.
    request.max_content_length = services().datasets.part_size + 1
    if (request.content_length or 0) > services().datasets.part_size:
        raise TooLargeError(f"A part has at most {services().datasets.part_size} bytes.")
    return {"upload": services().datasets.append(upload_id, offset, request.stream)}


@datasets.declare(
    "POST",
    "/datasets/uploads/<upload_id>/finish",
    summary="Finish an upload",
    permission="edit",
    response=DatasetAnswer,
    status=201,
)
def finish(upload_id: str) -> Any:
    """Check the archive without unpacking it and register the data set."""
    return {"dataset": _shown(services().datasets.finish(upload_id))}


@datasets.declare("DELETE", "/datasets/uploads/<upload_id>", summary="Abandon an upload", permission="edit", status=204)
def abandon(upload_id: str) -> None:
    """Remove an upload and its bytes."""
    services().datasets.abandon(upload_id)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("name", "kind", "size", "digest", "created", "description", "summary")}


def _checked_name(given: str) -> str:
    name = given.strip()
    if not name:
        raise MissingValueError("A data set needs a name.", parameter="name")
    if not NAME.fullmatch(name):
        raise InvalidRequestError(
            "A data set's name has letters, digits, spaces and . + - _ ( ), begins with a letter or digit, and has at "
            "most 199 characters.",
            parameter="name",
            hint="Example: flowers-2026",
        )
    return name


def _allowed_path(given: str) -> Path:
    from torchwire.execution.datasets import resolve

    found = resolve(given, lambda _: None, services().config.roots)
    return Path(found["path"])
