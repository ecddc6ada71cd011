"""Data sets and uploads as JSON."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from torchwire.api.records import Count, ErrorRecord, sent


class DatasetSummary(TypedDict):
    """What is known of a data set without unpacking it."""

    images: NotRequired[int]
    categories: NotRequired[dict[str, int]]


class Dataset(TypedDict):
    """A registered data set: an archive kept by the server, or a folder under an allowed root."""

    name: str
    kind: Literal["archive", "folder"]
    size: int
    digest: str | None
    created: float
    description: str
    summary: DatasetSummary


class DatasetsAnswer(TypedDict):
    """All registered data sets, by name."""

    datasets: list[Dataset]


class DatasetAnswer(TypedDict):
    """One data set."""

    dataset: Dataset


@sent
class DatasetCreate(TypedDict):
    """Either ``filename`` and ``size`` (an upload in parts begins) or ``path`` (a folder or archive on the server)."""

    name: str
    description: NotRequired[str]
    filename: NotRequired[str]
    size: NotRequired[Count]
    path: NotRequired[str]


class Upload(TypedDict):
    """An upload under way: send the bytes from ``received`` on, at most ``part_size`` at a time."""

    id: str
    name: str
    filename: str
    size: int
    received: int
    part_size: int


class UploadAnswer(TypedDict):
    """One upload."""

    upload: Upload


class UploadConflict(TypedDict):
    """A part did not begin where the last one ended; ``received`` says where to go on."""

    error: ErrorRecord
    received: int
