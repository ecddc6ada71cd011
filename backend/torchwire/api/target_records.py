"""JSON shapes of compute targets beyond this computer: what there is of them, and how they are set up."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from torchwire.api.records import TargetMachine, sent

Text = Annotated[str, Field(max_length=200)]
Token = Annotated[str, Field(max_length=10_000)]


class TargetKind(TypedDict):
    """A kind of target that may be added. ``schema`` is the JSON schema of its options.

    ``install`` is the command that installs what it needs, where that is not there.
    """

    kind: str
    title: str
    installed: bool
    install: str | None
    schema: dict[str, Any]


class TargetKindsAnswer(TypedDict):
    """All kinds."""

    kinds: list[TargetKind]


@sent
class TargetCreate(TypedDict):
    """A new target. The token is kept in a file that only the server's user can read, and never sent back."""

    id: Text
    kind: Text
    title: Text
    options: dict[str, Any]
    token: NotRequired[Token | None]


@sent
class TargetUpdate(TypedDict):
    """A target as it is to be from now on. ``token`` replaces the one it has, null removes that, absent keeps it.

    A hidden value among the options that is sent back as it was shown stays as it is.
    """

    title: Text
    options: dict[str, Any]
    token: NotRequired[Token | None]


@sent
class TargetTest(TypedDict):
    """A target to look at without adding it. Without ``token``, the one of the target ``id`` is used."""

    kind: Text
    options: dict[str, Any]
    token: NotRequired[Token | None]
    id: NotRequired[Text | None]


class TargetSurvey(TypedDict):
    """What a target has."""

    machines: list[TargetMachine]
    versions: dict[str, str]


class TargetTestAnswer(TypedDict):
    """What was seen; ``mismatch`` says how its versions differ from those of this computer."""

    survey: TargetSurvey
    mismatch: str | None
