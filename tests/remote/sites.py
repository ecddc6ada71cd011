"""The targets that the contract suite is run on here, and how each of them is struck."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.remote.ray_cluster import HEAD, ROOT, RayCluster
from torchwire.testing.site import OTHER, Process, Site, pretend

PLUGIN = Path(__file__).parent / "plugin"


class FolderSite(Site):
    """A target whose machines are this one, with a folder for all that it needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "site").mkdir(parents=True)

    @property
    def target(self) -> str:
        return "there"

    def common(self, folder: Path | None = None) -> dict[str, Any]:
        """What its row has in common with those of other kinds."""
        place = folder or self.folder
        return {
            "id": self.target,
            "exchange": str(place / "exchange"),
            "scratch": str(place / "scratch"),
            "cores_per_process": 1,
            "survey_seconds": 1.0,
            "silent_seconds": 5.0,
        }


class PluginSite(FolderSite):
    """Somebody else's plug-in, which runs jobs as processes and does as files in ``site`` say."""

    def row(self) -> Mapping[str, Any]:
        token = self.folder / "token"
        token.write_text("the right one")
        more = {"kind": "subprocess", "site": str(self.folder / "site"), "token": "the right one"}
        return self.common() | more | {"token_file": str(token), "machines": 1, "cores": 2, "cores_per_process": 2}

    def kill_machine(self, process: Process) -> None:
        """End the process that holds the worker; that ends the worker too."""
        machine = psutil.Process(process.pid).parent()
        assert machine is not None
        machine.kill()

    def kill_head(self) -> None:
        """Have nobody answer."""
        (self.folder / "site" / "down").touch()

    def mend(self) -> None:
        (self.folder / "site" / "down").unlink(missing_ok=True)

    def unreachable(self) -> Mapping[str, Any]:
        (self.folder / "nobody").mkdir(exist_ok=True)
        (self.folder / "nobody" / "down").touch()
        return {**self.row(), "site": str(self.folder / "nobody")}

    def other_versions(self, name: str) -> Mapping[str, Any]:
        return {**self.row(), "versions": {name: OTHER}}


class SlurmSite(FolderSite):
    """Slurm's jobs as submitit's local executor runs them: processes of this computer."""

    def row(self) -> Mapping[str, Any]:
        return self.common() | {"kind": "slurm", "cluster": "local"}

    def kill_machine(self, process: Process) -> None:
        """End the whole job, with what watches over it."""
        parents = psutil.Process(process.pid).parents()
        [controller] = [one for one in parents if "submitit.local._local" in one.cmdline()]
        for one in (controller, *controller.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.kill()

    def unreachable(self) -> Mapping[str, Any]:
        """This computer has no sbatch."""
        return {**self.row(), "cluster": "slurm"}

    def other_versions(self, name: str) -> Mapping[str, Any] | None:
        """What the job's shell is told leads it to another version; of Python there is one."""
        if name == "python":
            return None
        return {**self.row(), "setup": [f"export PYTHONPATH={pretend(name, self.folder / name)}"]}


class RaySite(FolderSite):
    """A Ray cluster of a head and two machines, with its token."""

    def __init__(self, folder: Path, cluster: RayCluster) -> None:
        super().__init__(folder)
        self.cluster = cluster
        self._others: list[RayCluster] = []

    def row(self) -> Mapping[str, Any]:
        return self._row(self.cluster)

    def kill_machine(self, process: Process) -> None:
        self.cluster.kill(self.cluster.machine_of(process.pid))

    def kill_head(self) -> None:
        self.cluster.kill(HEAD)

    def mend(self) -> None:
        self.cluster.mend()

    def unreachable(self) -> Mapping[str, Any]:
        """Nobody listens at the lowest port."""
        return {**self.row(), "address": "127.0.0.1:1"}

    def other_versions(self, name: str) -> Mapping[str, Any] | None:
        """A second cluster, whose machine finds another torch; one is enough to see it."""
        if name != "torch":
            return None
        if not self._others:
            path = (pretend(name, self.folder / name), ROOT)
            self._others.append(RayCluster({HEAD: 1}, python_path=path).__enter__())
        return self._row(self._others[0])

    def close(self) -> None:
        """End what was started for it."""
        for cluster in self._others:
            cluster.stop()

    def _row(self, cluster: RayCluster) -> Mapping[str, Any]:
        about = {"kind": "ray", "address": cluster.address, "token_file": str(cluster.token_file)}
        return self.common() | about | {"silent_seconds": 10.0, "cores_per_process": 2}
