"""The front end's files, the health check and the sign-in link: what lies outside ``/api/v1``."""

from __future__ import annotations

from pathlib import Path

from flask import Response, redirect, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from torchwire import __version__
from torchwire.api.errors import UnauthorizedError
from torchwire.api.guard import COOKIE
from torchwire.api.records import Health
from torchwire.api.resource import Resource
from torchwire.extensions import services

STATIC = Path(__file__).parent.parent / "static"
ASSETS = "assets/"  # Vite puts a hash of the content into these files' names
FOREVER = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Torchwire</title>
<body style="font: 16px/1.5 system-ui; max-width: 36rem; margin: 15vh auto; padding: 0 1rem">
<h1>The designer is not built yet</h1>
<p>The server is running and its interface is at <a href="/api/v1/openapi.json">/api/v1</a>, but the front end's files
are missing. In a copy of the repository, <code>make run</code> builds them; then reload this page.</p></body></html>
"""

pages = Resource("pages", __name__, prefix="")


@pages.declare("GET", "/healthz", summary="Say that the server is up", permission="public", response=Health)
def health() -> Health:
    """The server answers; the workers may still be loading torch."""
    ready = services().engine.workers == "ready"
    return {"status": "ok", "version": __version__, "workers": "ready" if ready else "starting"}


@pages.declare(
    "GET",
    "/login",
    summary="Sign in a browser with the token that was printed at start",
    permission="public",
    query={"token": "The token."},
    media_type="text/html",
)
def login() -> Response:
    """Set the session cookie and lead to the designer."""
    guard = services().guard
    if guard.needs_token and not guard.accepts_token(request.args.get("token", "")):
        raise UnauthorizedError("That is not this server's token.", hint="It was printed when the server started.")
    answer = redirect("/")
    if guard.needs_token:
        answer.set_cookie(COOKIE, guard.cookie(), httponly=True, samesite="Lax", secure=request.is_secure)
    assert isinstance(answer, Response)  # noqa: S101 - werkzeug's signature names its own base class
    return answer


@pages.declare("GET", "/", summary="Open the designer", permission="read", media_type="text/html")
def index() -> Response:
    """The single page, or a word on how to build it."""
    file = STATIC / "index.html"
    if not file.is_file():
        return Response(NOT_BUILT, mimetype="text/html", headers={"Cache-Control": "no-cache"})
    answer = send_file(file, mimetype="text/html", conditional=True, etag=True)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@pages.declare("GET", "/<path:path>", summary="Fetch a file of the front end", permission="read", media_type="*/*")
def asset(path: str) -> Response:
    """A file of the front end; any other address outside the interface is a screen of the single page."""
    if path.startswith(("api/", "socket.io")):
        raise NotFound
    chosen = safe_join(str(STATIC), path)
    if chosen is None or not Path(chosen).is_file():
        if path.startswith(ASSETS) or "." in path.rpartition("/")[2]:
            raise NotFound
        return index()
    answer = _send(Path(chosen))
    answer.headers["Cache-Control"] = FOREVER if path.startswith(ASSETS) else "no-cache"
    return answer


def _send(file: Path) -> Response:
    packed = file.with_name(file.name + ".gz")
    if not packed.is_file() or not request.accept_encodings.quality("gzip"):
        answer = send_file(file, conditional=True, etag=True)
    else:
        answer = send_file(packed, mimetype=_media_type(file), conditional=True, etag=True)
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def _media_type(file: Path) -> str | None:
    import mimetypes

    return mimetypes.guess_type(file.name)[0]


v1_health = Resource("health", __name__)
v1_health.declare("GET", "/healthz", summary="Say that the server is up", permission="public", response=Health)(health)
