"""Slurm keeps to what is asked of any target, as far as submitit's local executor stands for it."""

from __future__ import annotations

import pytest

from tests.remote.sites import SlurmSite
from torchwire.testing.target_contract import TargetContract

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class TestSlurm(TargetContract):
    """Jobs of two tasks each."""

    processes = 2
    has_head = has_token = False

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, tmp_path_factory: pytest.TempPathFactory) -> SlurmSite:
        """A target of its kind."""
        return SlurmSite(tmp_path_factory.mktemp("slurm"))
