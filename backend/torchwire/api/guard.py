"""The one choke point: every request and every socket event passes ``Guard.admit`` or is refused.

Deny by default: what has no declared permission is refused, whatever it is. Host and Origin are checked on everything,
so that neither a page on another site nor a name that was made to point here (DNS rebinding) can reach the server.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from torchwire.api.errors import UnauthorizedError, UnsupportedMediaTypeError
from torchwire.errors import ForbiddenError

if TYPE_CHECKING:
    from torchwire.config import Config

COOKIE = "torchwire_session"
BODY_TYPES = ("application/json", "application/octet-stream")
PERMISSIONS = ("public", "read", "edit", "run")
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to

Environ = Mapping[str, Any]


class Guard:
    """Decides whether a request may pass. Knows WSGI environs, so that it serves HTTP and the socket alike."""

    def __init__(self, config: Config) -> None:
        self._host = config.host.strip("[]").lower()
        self._names = {"localhost", *(name.lower() for name in config.allowed_hosts)}
        if self._host in WILDCARDS:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        else:
            self._names.add(self._host)
        self._token = config.token.get_secret_value() if config.token else None

    @property
    def needs_token(self) -> bool:
        """Whether clients have to present a token."""
        return self._token is not None

    def admit(self, environ: Environ, permission: str | None) -> None:
        """Let the request pass, or raise ForbiddenError, UnauthorizedError or UnsupportedMediaTypeError."""
        if permission not in PERMISSIONS:
            raise ForbiddenError("Nobody may use this address.")
        self._check_host(environ)
        self._check_origin(environ)
        if environ.get("REQUEST_METHOD", "GET") not in ("GET", "HEAD", "OPTIONS"):
            self._check_body_type(environ)
        if permission != "public" and self._token is not None and not self._is_known(environ):
            raise UnauthorizedError(
                "This server needs a token.",
                hint="Open the address with the token that was printed at start, or send it as a bearer token.",
            )

    def accepts_token(self, token: str) -> bool:
        """Whether ``token`` is the server's."""
        return self._token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    def cookie(self) -> str:
        """The cookie that stands for the token. It says nothing about it."""
        return hmac.new((self._token or "").encode(), b"torchwire session", hashlib.sha256).hexdigest()

    def _check_host(self, environ: Environ) -> None:
        host = _host_name(str(environ.get("HTTP_HOST", "")))
        if host is None or not self._is_ours(host):
            raise ForbiddenError(
                "The address in the request's Host header is not one of this server's.",
                hint="Open it as http://127.0.0.1:PORT, or add the name to TORCHWIRE_ALLOWED_HOSTS.",
            )

    def _is_ours(self, host: str) -> bool:
        if host in self._names:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._host in WILDCARDS

    def _check_origin(self, environ: Environ) -> None:
        origin = environ.get("HTTP_ORIGIN")
        own = str(environ.get("HTTP_HOST", "")).lower()
        foreign = environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and not _is_visit(environ)
        if foreign or (origin is not None and not _same_origin(str(origin), own)):
            raise ForbiddenError("Pages of other sites may not use this server.")

    def _check_body_type(self, environ: Environ) -> None:
        given = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
        if given and given not in BODY_TYPES and not _is_socket(environ):
            raise UnsupportedMediaTypeError(
                f"A change takes application/json, not '{given[:80]}'.",
                hint="Send the header 'Content-Type: application/json'.",
            )

    def _is_known(self, environ: Environ) -> bool:
        scheme, _, credential = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        if scheme.lower() == "bearer" and self.accepts_token(credential.strip()):
            return True
        try:
            cookies = SimpleCookie(str(environ.get("HTTP_COOKIE", "")))
        except CookieError:
            return False
        found = cookies.get(COOKIE)
        return found is not None and hmac.compare_digest(found.value.encode(), self.cookie().encode())


def _host_name(header: str) -> str | None:
    try:
        parts = urlsplit(f"//{header}")
        return parts.hostname if not (parts.path or parts.query or parts.username) and parts.port != 0 else None
    except ValueError:
        return None


def _same_origin(origin: str, own: str) -> bool:
    scheme, _, host = origin.lower().partition("://")
    return scheme in ("http", "https") and host == own


def _is_visit(environ: Environ) -> bool:
    """Whether somebody follows a link to here: that reads nothing for the other site."""
    return environ.get("REQUEST_METHOD") == "GET" and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"


def _is_socket(environ: Environ) -> bool:
    """Whether this is Engine.IO's long polling, whose bodies are text/plain and not a browser form's."""
    return str(environ.get("PATH_INFO", "")).startswith("/socket.io/")
