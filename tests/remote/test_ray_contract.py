"""A Ray cluster of three machines keeps to what is asked of any target."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.remote.ray_cluster import RayCluster
from tests.remote.sites import RaySite
from torchwire.testing.target_contract import TargetContract

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class TestRay(TargetContract):
    """What can share its work runs on two machines."""

    machines = 2

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, ray_cluster: RayCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RaySite]:
        """The target, whole."""
        ray_cluster.mend()
        site = RaySite(tmp_path_factory.mktemp("ray"), ray_cluster)
        yield site
        site.close()
