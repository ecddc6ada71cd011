"""Turns errors into answers and puts the security headers on every answer."""

from __future__ import annotations

import errno
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from torchwire.api.errors import (
    DiskFullError,
    InvalidRequestError,
    MethodNotAllowedError,
    TooLargeError,
    UnexpectedError,
    UnsupportedMediaTypeError,
)
from torchwire.errors import InvalidPipeline, NotFoundError, TorchwireError

logger = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the scroll lock of open dialogs is a style element made at run time
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def install(app: Flask) -> None:
    """Make ``app`` answer every error as JSON, with the security headers on everything."""
    app.register_error_handler(Exception, answer_error)
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Put on the headers that are not set yet; API answers are not stored unless they say so."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def answer_error(error: Exception) -> Response:
    """The answer for whatever a view, the router or the choke point raised."""
    known = _as_ours(error)
    response = jsonify(body_of(known))
    response.status_code = known.status
    if isinstance(error, HTTPException) and error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers.extend([(name, value) for name, value in error.get_headers() if name == "Allow"])
    if known.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def body_of(error: TorchwireError) -> dict[str, Any]:
    """The body of the answer to a failed request, or of a refused socket event."""
    body: dict[str, Any] = {"error": error.as_json()}
    if isinstance(error, InvalidPipeline):
        body["faults"] = [fault.as_json() for fault in error.faults]
    newer = getattr(error, "newer", None)
    if newer is not None:
        body["pipeline"] = newer
    received = getattr(error, "received", None)
    if received is not None:
        body["received"] = received
    return body


def _as_ours(error: Exception) -> TorchwireError:
    if isinstance(error, TorchwireError):
        return error
    if isinstance(error, HTTPException):
        return _from_http(error)
    if is_disk_full(error):
        logger.error("The disk is full: %s %s failed", request.method, request.path)
        hint = "Make room on the disk of the home folder, then try again. Nothing that was stored is lost."
        return DiskFullError("There is no room left on the server's disk.", hint=hint)
    logger.error("Unexpected fault in %s %s", request.method, request.path, exc_info=error)
    return UnexpectedError(
        "Something went wrong in the server.", hint="The server's log has the details; trying again does no harm."
    )


def is_disk_full(error: BaseException | None) -> bool:
    """Whether there was no room on the disk: for a file, or (the error's text tells) for the database."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "database or disk is full" in str(error) or "No space left on device" in str(error):
            return True
        error = error.__cause__
    return False


def _from_http(error: HTTPException) -> TorchwireError:
    match error.code:
        case HTTPStatus.NOT_FOUND:
            return NotFoundError(f"There is nothing at '{request.path[:200]}'.", hint="See /api/v1/openapi.json.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotAllowedError(f"'{request.path[:200]}' can't be used with {request.method}.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return TooLargeError("The body is larger than this address takes.")
        case HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            return UnsupportedMediaTypeError("The body has a content type that this address doesn't take.")
        case _:
            return InvalidRequestError(error.description or "The request can't be understood.")


def file_name(text: str) -> str:
    """``text`` as part of a download's name: what is no plain letter or digit becomes an underscore."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in text)
