"""What nodes have made: list, preview, download, and the images inside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Response, request, send_file

from torchwire.api.answers import file_name
from torchwire.api.errors import GoneError, InvalidRequestError
from torchwire.api.parsing import whole_number
from torchwire.api.preview_records import Explanation, Preview
from torchwire.api.resource import Resource
from torchwire.api.run_records import OutputsAnswer
from torchwire.errors import FileOpenError, NotFoundError
from torchwire.extensions import services

FOREVER = "private, max-age=31536000, immutable"
SANDBOX = "default-src 'none'; sandbox"
MAX_THUMBNAIL = 1024
IMAGE_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}

outputs = Resource("outputs", __name__)


@outputs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/outputs",
    summary="List a node's outputs",
    permission="read",
    response=OutputsAnswer,
)
def list_all(run_id: str, node: str) -> Any:
    """What the node has made so far, in the order of its ports."""
    module, made = _made(run_id, node)
    found = services().registry.find(module)
    ports = {port.id: port.label for port in found.spec.outputs} if found else {}
    order = [*(port for port in ports if port in made), *(port for port in made if port not in ports)]
    return {"outputs": [{"port": port, "label": ports.get(port, port), **made[port]} for port in order]}


@outputs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/outputs/<port>/preview",
    summary="Look at an output",
    permission="read",
    response=Preview,
    query={
        "offset": "How many images or rows to pass over.",
        "limit": "How many at most; 200 at the most.",
        "category": "Only images or rows of this category.",
        "predicted": "Only rows with this prediction.",
        "order": "id, -id, confidence, -confidence or wrong.",
        "text": "Only rows with this in their id.",
        "min_confidence": "Only rows with at least this confidence, 0 to 1.",
        "max_confidence": "Only rows with at most this confidence, 0 to 1.",
        "only": "wrong or right.",
        "cell": "TRUE,PREDICTED: the images behind a cell of the confusion matrix, by number.",
        "model": "Which model's cell: 0 or 1.",
    },
)
def preview(run_id: str, node: str, port: str) -> Any:
    """What is in an output, by its type."""
    from torchwire.data_types.preview import preview as look

    output = _output(run_id, node, port)
    folder = _folder(output["digest"])
    try:
        return look(output["type"], folder, output["digest"], request.args.to_dict())
    except OSError:
        _folder(output["digest"])  # it may have been removed while it was read
        raise


@outputs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/outputs/<port>/download",
    summary="Download an output",
    permission="read",
    media_type="application/zip",
)
def download(run_id: str, node: str, port: str) -> Response:
    """Everything in the output as a zip, packed while it is sent."""
    from torchwire.api.zip_stream import zip_stream

    folder = _folder(_output(run_id, node, port)["digest"])
    answer = Response(zip_stream(_files(folder)), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name(node)}-{file_name(port)}.zip"'
    return answer


@outputs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/outputs/<port>/files/<path:name>",
    summary="Download a file of an output",
    permission="read",
    media_type="application/octet-stream",
)
def file(run_id: str, node: str, port: str, name: str) -> Response:
    """One file, by its path within the output; a part of it where a range is asked for."""
    folder = _folder(_output(run_id, node, port)["digest"])
    found = next((path for known, path in _files(folder) if known == name), None)
    if found is None or found.is_symlink():
        raise NotFoundError(f"The output has no file '{name[:200]}'.")
    answer = send_file(
        found, mimetype="application/octet-stream", as_attachment=True, download_name=file_name(found.name)
    )
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


@outputs.declare(
    "GET",
    "/runs/<run_id>/nodes/<node>/outputs/<port>/rows.csv",
    summary="Download scored rows",
    permission="read",
    media_type="text/csv",
    query={
        "category": "Only rows of this category.",
        "predicted": "Only rows with this prediction.",
        "order": "id, -id, confidence, -confidence or wrong.",
        "only": "wrong or right.",
        "text": "Only rows with this in their id.",
        "min_confidence": "Only rows with at least this confidence, 0 to 1.",
        "max_confidence": "Only rows with at most this confidence, 0 to 1.",
    },
)
def rows_csv(run_id: str, node: str, port: str) -> Response:
    """The rows of a scored table that fit the filters, as CSV, written while it is sent."""
    from torchwire.data_types.scores import scored_as_csv

    digest = _output(run_id, node, port)["digest"]
    answer = Response(scored_as_csv(_folder(digest), request.args.to_dict(), digest), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name(node)}-{file_name(port)}.csv"'
    return answer


@outputs.declare(
    "GET",
    "/artifacts/<digest>/images/<path:image_id>",
    summary="Fetch an image",
    permission="read",
    media_type="image/*",
    query={"size": "The side of the square that the image is fitted into; the file itself when missing."},
)
def image(digest: str, image_id: str) -> Response:
    """An image of an image directory: the file, or a thumbnail. Neither ever changes."""
    from torchwire.api.thumbnails import find_image, thumbnail

    found = find_image(_folder(digest), digest, image_id)
    size = whole_number(request.args.get("size"), "size", 0, 16, MAX_THUMBNAIL)
    answer = Response(mimetype=IMAGE_TYPES.get(found.file.suffix.lower(), "application/octet-stream"))
    answer.headers.update({"Cache-Control": FOREVER, "Content-Security-Policy": SANDBOX})
    answer.set_etag(f"{found.sha256[:32]}-{size}")
    if answer.make_conditional(request).status_code == 304:
        return answer
    if not size:
        answer.set_data(_read(found.file))
        return answer
    config = services().config
    answer.set_data(thumbnail(found, size, config.home / "cache" / "thumbnails", config.max_image_pixels))
    answer.mimetype = "image/webp"
    return answer


EXPLAIN_QUERY = {
    "images": "The digest of the image directory.",
    "image": "The id of the image in it.",
    "category": "The category that is asked about; the predicted one when missing.",
}


@outputs.declare(
    "GET",
    "/artifacts/<digest>/explanation",
    summary="Explain a prediction",
    permission="read",
    response=Explanation,
    query=EXPLAIN_QUERY,
)
def explanation(digest: str) -> Any:
    """Work out what the model ``digest`` looked at in an image (Grad-CAM), and say what came out in numbers."""
    from torchwire.api.explanations import words

    return {"explanation": words(_explained(digest))}


@outputs.declare(
    "GET",
    "/artifacts/<digest>/explain",
    summary="See what a model looked at",
    permission="read",
    media_type="image/png",
    query={**EXPLAIN_QUERY, "part": "overlay (the heat map over what the network saw; default), heat or seen."},
)
def explain(digest: str) -> Response:
    """A picture of what the model ``digest`` looked at in an image. It never changes."""
    from torchwire.api.explanations import PICTURES

    part = request.args.get("part", "overlay")
    if part not in PICTURES:
        raise InvalidRequestError(f"'part' must be one of {', '.join(PICTURES)}, not '{part[:40]}'.", parameter="part")
    answer = Response(_read(_explained(digest) / PICTURES[part]), mimetype="image/png")
    answer.headers.update({"Cache-Control": FOREVER, "Content-Security-Policy": SANDBOX})
    return answer


def _explained(digest: str) -> Path:
    from torchwire.api.explanations import explain as make

    given = request.args
    for name in ("images", "image"):
        if not given.get(name):
            raise InvalidRequestError(f"'{name}' is missing.", hint=EXPLAIN_QUERY[name], parameter=name)
    for asked in (digest, given["images"]):
        _folder(asked)
    made, cache = services(), services().config.home / "cache" / "explanations"
    return make(made.engine, made.registry, cache, digest, given["images"], given["image"], given.get("category", ""))


def _made(run_id: str, node: str) -> tuple[str, dict[str, Any]]:
    run = services().database.runs.snapshot(run_id)
    state = run["nodes"].get(node)
    if state is None:
        raise NotFoundError(f"The run has no node '{node[:200]}'.")
    module = next((entry["module"] for entry in run["document"]["nodes"] if entry["id"] == node), "")
    return module, state["outputs"]


def _output(run_id: str, node: str, port: str) -> dict[str, Any]:
    _, made = _made(run_id, node)
    if port not in made:
        raise NotFoundError(f"Node '{node}' has made no output '{port[:200]}'.", hint="It may not be finished yet.")
    return dict(made[port])


def _folder(digest: str) -> Path:
    """The data of an artifact. The database is asked first, so a client's text never becomes a path."""
    database = services().database
    known = database.artifacts.get(digest)
    folder = None if known is None else services().engine.artifact(known["digest"])
    if folder is not None and folder.is_dir():
        return folder
    if known is None and not database.holdings.was_made(digest):
        raise NotFoundError(f"There is no artifact '{digest[:80]}'.")
    raise GoneError("The files of this output were removed to make room.", hint="Submit again; the node will run anew.")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            yield path.relative_to(folder).as_posix(), path


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileOpenError(f"'{file.name}' can't be read: {error.strerror or error}.") from error
