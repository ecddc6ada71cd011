"""A target in processes of this computer, through a real entry point, and engines that have it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.places import Place
from tests.remote.ray_cluster import RayCluster

PLUGIN = Path(__file__).parent / "plugin"


@pytest.fixture(autouse=True)
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plug-in is installed, here and in what is started from here."""
    monkeypatch.syspath_prepend(str(PLUGIN))
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path.cwd())])


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[RayCluster]:
    """The Ray cluster of all tests. Whoever takes something away from it has others call ``mend``."""
    with RayCluster() as started:
        yield started


@dataclass(frozen=True)
class Site:
    """Where the target ``there`` is. ``hold`` makes its jobs wait, ``cut`` takes it out of reach."""

    folder: Path

    def target(self, **options: Any) -> dict[str, Any]:
        """The target as ``[[targets]]`` in ``torchwire.toml`` would have it."""
        own = {"exchange": str(self.folder / "exchange"), "scratch": str(self.folder / "scratch")}
        about = {"id": "there", "kind": "subprocess", "title": "There", "site": str(self.folder), "survey_seconds": 0.2}
        return about | own | {"silent_seconds": 2.0, "unreachable_seconds": 2.0} | options

    @property
    def busy(self) -> Path:
        """While this file is there, jobs wait."""
        return self.folder / "busy"

    @property
    def down(self) -> Path:
        """While this file is there, nobody answers."""
        return self.folder / "down"

    def machine(self) -> int:
        """The process that stands for the machine of the newest job."""
        return int(max(self.folder.glob("*.pid"), key=lambda file: file.stat().st_mtime).read_text())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A place for a target."""
    (tmp_path / "site").mkdir()
    return Site(tmp_path / "site")


@pytest.fixture
def far(new_place: Callable[..., Place], site: Site) -> Callable[..., Place]:
    """Makes engines that have the target ``there``, and starts them."""

    def make(**options: Any) -> Place:
        return new_place(targets=[site.target(**options)]).ready()

    return make
