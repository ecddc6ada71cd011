"""Room on the disk as JSON: what takes how much, what may go, and what it costs to make again.

Sizes are bytes of files, each counted once however many artifacts share it by hard links.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from torchwire.api.records import Count, sent
from torchwire.api.run_records import RunStatus


class DiskSpace(TypedDict):
    """The disk that the home lies on."""

    total: int
    free: int


class DiskUse(TypedDict):
    """What takes how many bytes of the home."""

    artifacts: int
    checkpoints: int
    attempts: int
    datasets: int
    uploads: int
    cache: int
    database: int
    total: int


class StorageAnswer(TypedDict):
    """The room that there is and that is used. ``collectable`` is what nobody needs; ``budget`` null: no limit."""

    disk: DiskSpace
    budget: int | None
    used: DiskUse
    collectable: int


class StoredRun(TypedDict):
    """A run and its room: all that it made or reused, and what deleting it would free.

    ``seconds_to_recompute`` is how long it takes to make that again, null where nothing is known.
    """

    id: str
    name: str
    status: RunStatus
    created: float
    pinned: bool
    size: int
    size_alone: int
    seconds_to_recompute: float | None


class StoredRunsAnswer(TypedDict):
    """Runs, newest first; give ``next`` as ``before`` for the page after this one."""

    runs: list[StoredRun]
    next: str | None


class StoredArtifact(TypedDict):
    """Something that a node made. ``size`` counts all of its files, ``size_alone`` those that no other shares.

    ``runs`` is how many runs need it; ``node`` is the label or id of the node that made it.
    """

    digest: str
    type: str
    size: int
    size_alone: int
    files: int
    created: float
    last_used: float
    pinned: bool
    runs: int
    node: str | None
    module: str | None
    seconds_to_recompute: float | None


class StoredArtifactsAnswer(TypedDict):
    """Artifacts; give ``next`` as ``before`` for the page after this one."""

    artifacts: list[StoredArtifact]
    next: str | None


@sent
class BudgetUpdate(TypedDict):
    """How many bytes the home may take; null: no limit."""

    bytes: Count | None


@sent
class CollectRequest(TypedDict):
    """Make room. ``down_to`` is how many bytes may stay: the budget unless told, and without one as few as can be."""

    dry_run: bool
    down_to: NotRequired[Count]


class CollectAnswer(TypedDict):
    """What was removed, or in a dry run would be, in the order in which it goes."""

    freed: int
    artifacts: list[StoredArtifact]
    checkpoints: int
    seconds_to_recompute: float
