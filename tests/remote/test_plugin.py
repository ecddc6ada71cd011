"""Somebody else's target, found by its entry point, keeps to what is asked of any target."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.remote.sites import PLUGIN, PluginSite
from torchwire.testing.home import Home
from torchwire.testing.target_contract import TargetContract

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class TestPlugin(TargetContract):
    """A plug-in that is no part of Torchwire."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginSite]:
        """A target of its kind."""
        yield PluginSite(tmp_path_factory.mktemp("plugin"))

    @classmethod
    def home_with(cls, rows: Sequence[Mapping[str, Any]], folder: Path, **settings: Any) -> Home:
        """A home in which the plug-in is installed."""
        path = os.pathsep.join([str(PLUGIN), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        return super().home_with(rows, folder, environment={"PYTHONPATH": path}, **settings)
