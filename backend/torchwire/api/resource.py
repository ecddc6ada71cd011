"""How a route is declared: method, path, words, permission and records in one place.

The OpenAPI document, the choke point's permission check and the parsing of bodies all read these declarations, so a
route can't have one without the others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from torchwire.api.parsing import read_json

Permission = Literal["public", "read", "edit", "run"]
Method = Literal["GET", "POST", "PUT", "DELETE"]
PREFIX = "/api/v1"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Route:
    """One declared route. ``path`` is as Flask writes it, ``answers`` maps further statuses to their records."""

    method: Method
    path: str
    summary: str
    permission: Permission
    request: Any = None
    response: Any = None
    status: int = 200
    query: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, Any] = field(default_factory=dict)
    media_type: str = "application/json"
    body_type: str = "application/json"


ROUTES: dict[str, Route] = {}
"""All declared routes, by Flask endpoint."""


class Resource(Blueprint):
    """A blueprint whose routes are all declared."""

    def __init__(self, name: str, import_name: str, prefix: str = PREFIX) -> None:
        super().__init__(name, import_name, url_prefix=prefix)
        self.declared: list[Route] = []

    def declare(
        self, method: Method, path: str, *, summary: str, permission: Permission, **more: Any
    ) -> Callable[[View], View]:
        """Declare the decorated view. It is called with the path's parts and, with a request record, ``body``.

        What it returns is sent as JSON with the declared status; a Flask response is sent as it is.
        """

        def register(view: View) -> View:
            route = Route(method, (self.url_prefix or "") + path, summary, permission, **more)
            ROUTES[f"{self.name}.{view.__name__}"] = route
            self.declared.append(route)
            self.add_url_rule(path, view.__name__, _handler(route, view), methods=[method])
            return view

        return register


def _handler(route: Route, view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    @functools.wraps(view)
    def handle(**parts: Any) -> ResponseReturnValue:
        if route.request is not None and route.body_type == "application/json":
            parts["body"] = read_json(request, route.request)
        answer = view(**parts)
        if isinstance(answer, Response):
            return answer
        if route.status == 204:
            return "", 204
        return jsonify(answer), route.status

    return handle
