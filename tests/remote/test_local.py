"""This computer keeps to what is asked of any target, in one process and in several."""

from __future__ import annotations

import pytest

from torchwire.testing.site import LocalSite
from torchwire.testing.target_contract import TargetContract

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class OnThisComputer(TargetContract):
    """What both have in common."""

    is_remote = has_machines = has_head = has_token = False
    cancel_seconds = 1.0
    settings = {"cores": 2, "preload": ("torch",)}  # noqa: RUF012

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls) -> LocalSite:
        """This computer."""
        return LocalSite()


class TestLocal(OnThisComputer):
    """One process."""


class TestLocalWithTwoProcesses(OnThisComputer):
    """Two, joined by torch.distributed."""

    processes = 2
