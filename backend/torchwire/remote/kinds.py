"""The kinds of targets that are installed, by the entry-point group ``torchwire.targets``, and targets made of them."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from torchwire.errors import FileOpenError, NotFoundError, ParameterParseError, TargetUnavailableError
from torchwire.registry import nearest
from torchwire.remote.backend import RemoteBackend, TargetOptions

GROUP = "torchwire.targets"


def kinds() -> list[str]:
    """The names of all kinds that are declared."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def load(kind: str) -> type[RemoteBackend]:
    """The class of a kind, which can be asked for its options; what it needs may be missing.

    Raises NotFoundError for an unknown kind, TargetUnavailableError for a plug-in that can't be imported.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    if kind not in points:
        raise NotFoundError(f"There is no kind of target '{kind}'.", hint=nearest(kind, list(points)))
    return _loaded(points[kind])


def _loaded(point: EntryPoint) -> type[RemoteBackend]:
    try:
        return cast(type[RemoteBackend], point.load())
    except Exception as error:
        message = f"The plug-in for targets of the kind '{point.name}' can't be loaded: {error}."
        raise TargetUnavailableError(message, hint=f"It is {point.value}; install it anew.") from error


def is_installed(backend: type[RemoteBackend]) -> bool:
    """Whether all that a kind needs is there."""
    return all(importlib.util.find_spec(name) is not None for name in backend.needs)


def check_options(kind: str, given: Mapping[str, Any]) -> TargetOptions:
    """The options of a target. Raises ParameterParseError that names the first one that is wrong."""
    try:
        return load(kind).Options(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"])) or "options"
        known = nearest(name, list(load(kind).Options.model_fields)) if first["type"] == "extra_forbidden" else None
        message = f"Option '{name}' of a target of the kind '{kind}': {first['msg']}."
        raise ParameterParseError(message, hint=known, parameter=name) from error


@dataclass(frozen=True)
class Standing:
    """A target that is set up. ``token_file`` and ``token_env`` say where its token is; neither is one."""

    id: str
    kind: str
    title: str
    options: TargetOptions
    token_file: str | None = None
    token_env: str | None = None

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> Standing:
        """The target that ``as_json`` told of. Raises as ``check_options``."""
        return cls(**(dict(record) | {"options": check_options(record["kind"], record["options"])}))

    def as_json(self) -> dict[str, Any]:
        """The target as processes beside the server are told of it."""
        return vars(self) | {"options": self.options.model_dump(mode="json", exclude_unset=True)}

    def token(self) -> str | None:
        """The token itself. Raises FileOpenError when it is not where it should be."""
        if self.token_env is not None:
            if self.token_env not in os.environ:
                message = f"The token of the target '{self.id}' should be in the variable {self.token_env}."
                raise FileOpenError(message, hint="Set it before the server is started.")
            return os.environ[self.token_env]
        if self.token_file is None:
            return None
        try:
            return Path(self.token_file).expanduser().read_text().strip()
        except OSError as error:
            message = f"The token of the target '{self.id}' can't be read: {error.strerror}: {self.token_file}."
            raise FileOpenError(message, hint="Its file must be readable for whoever runs the server.") from error


def backend_of(standing: Standing, *, token: str | None = None) -> RemoteBackend:
    """The backend of a target, with another ``token`` than it has where one is given.

    Raises TargetUnavailableError when something that it needs is not installed.
    """
    kind = load(standing.kind)
    if not is_installed(kind):
        raise TargetUnavailableError(
            f"The target '{standing.id}' needs {', '.join(kind.needs)}, which is not installed here.",
            hint=f"Run: {kind.install}" if kind.install else None,
        )
    return kind(standing.id, standing.options, standing.token() if token is None else token)
