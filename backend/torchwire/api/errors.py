"""Errors that only exist because there is a network in between."""

from __future__ import annotations

from torchwire.errors import TorchwireError


class InvalidRequestError(TorchwireError):
    """The request can't be understood: malformed JSON, a missing or unknown field, a value of the wrong type."""

    name, code, status = "InvalidRequestError", "2011", 400


class UnauthorizedError(TorchwireError):
    """A token is needed and none, or a wrong one, was given."""

    name, code, status = "UnauthorizedError", "2012", 401


class MethodNotAllowedError(TorchwireError):
    """The address exists, but not for this method."""

    name, code, status = "MethodNotAllowedError", "2013", 405


class TooLargeError(TorchwireError):
    """The body is over the limit."""

    name, code, status = "RequestTooLargeError", "2014", 413


class UnsupportedMediaTypeError(TorchwireError):
    """The body has another content type than the one asked for."""

    name, code, status = "UnsupportedMediaTypeError", "2015", 415


class UnexpectedError(TorchwireError):
    """A fault of our own; the server's log has the details."""

    name, code, status = "UnexpectedError", "2019", 500


class TooManyClientsError(TorchwireError):
    """Every thread that may hold a connection holds one."""

    name, code, status = "TooManyClientsError", "2016", 503


class GoneError(TorchwireError):
    """It was there and was removed to make room."""

    name, code, status = "RemovedError", "2018", 410


class DiskFullError(TorchwireError):
    """The server has no room to store what it was asked to."""

    name, code, status = "DiskFullError", "2020", 507
