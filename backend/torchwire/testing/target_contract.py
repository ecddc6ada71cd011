"""What any compute target keeps to. A subclass says with a ``site`` fixture which target, and pytest finds the tests::

    from torchwire.testing.target_contract import TargetContract

    class TestMyCluster(TargetContract):
        @pytest.fixture(scope="class")
        @classmethod
        def site(cls, tmp_path_factory):
            with my_cluster() as cluster:
                yield MySite(cluster)          # a torchwire.testing.site.Site

What the target can't do is said by flags. The tests wait for what happens, never for time to pass, and share one home.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from torchwire.errors import TargetMismatchError, TargetUnavailableError
from torchwire.remote.versions import versions
from torchwire.testing import documents
from torchwire.testing.documents import Document
from torchwire.testing.home import Home, RefusedError, until
from torchwire.testing.site import OTHER, Process, Site

HERE = "local-cpu"
LINES = 30
LIBRARIES = ("python", "torch", "torchwire")


class TargetContract:
    """The tests. Flags and figures that a subclass may set stand first."""

    machines: ClassVar[int] = 1
    """On how many machines, and in how many processes on each, nodes run that can share their work."""
    processes: ClassVar[int] = 1
    is_remote: ClassVar[bool] = True
    """Whether it is a plug-in's, so that it may be unreachable, or have other versions than this side."""
    has_machines: ClassVar[bool] = True
    """Whether a machine of it can be taken away while others remain, or come back (``site.kill_machine``)."""
    has_head: ClassVar[bool] = True
    """Whether something rules its machines that can be taken away (``site.kill_head``)."""
    has_token: ClassVar[bool] = True
    """Whether it asks for a token."""
    cancel_seconds: ClassVar[float] = 5.0
    """In how many seconds of asking a run is cancelled."""
    settings: ClassVar[dict[str, Any]] = {}
    """Fields of EngineSettings."""

    # What tests are given

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls) -> Site:
        """The target. Each subclass has its own."""
        raise NotImplementedError("give your contract a fixture `site`")

    @pytest.fixture(scope="class")
    @classmethod
    def shared_folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A folder that this computer and all workers see. Where the machines are others, mount one and return it."""
        return tmp_path_factory.mktemp("shared")

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
        """A home with a working engine that knows the target."""
        home = cls.new_home(site, tmp_path_factory.mktemp("home"))
        home.start()
        cls.until_available(home, site.target)
        yield home
        home.close()

    @pytest.fixture(scope="class")
    @classmethod
    def unfit(cls, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
        """A home whose targets are the same with something that does not fit."""
        folder, rows = tmp_path_factory.mktemp("unfit"), []
        if cls.has_token:
            (folder / "wrong.token").write_text(site.wrong_token())
            about = {"id": "wrong-token", "token_file": str(folder / "wrong.token"), "unreachable_seconds": 1.0}
            rows.append({**(site.row() or {}), **about})
        for name in LIBRARIES:
            if cls.is_remote and (row := site.other_versions(name)) is not None:
                rows.append({**row, "id": f"other-{name}"})
        home = cls.home_with(rows, folder)
        home.start()
        yield home
        home.close()

    @pytest.fixture(autouse=True)
    def left_in_order(self, site: Site, home: Home) -> Iterator[None]:
        """Each test finds the target whole and unused."""
        site.mend()
        yield
        home.settle()

    @pytest.fixture
    def flags(self, shared_folder: Path, request: pytest.FixtureRequest) -> Iterator[_Flags]:
        """Files that a test holds nodes up with. At its end all are let go."""
        flags = _Flags(shared_folder, request.node.name)
        yield flags
        flags.set_all()

    @classmethod
    def new_home(cls, site: Site, folder: Path, **settings: Any) -> Home:
        """A home that knows the target, with an engine that is not started."""
        row = site.row()
        return cls.home_with([row] if row else [], folder, **settings)

    @classmethod
    def home_with(cls, rows: Sequence[Mapping[str, Any]], folder: Path, **settings: Any) -> Home:
        """A home with these rows of ``[[targets]]``. Where more is needed for them to work, this is the place."""
        return Home(folder, rows, **{**cls.settings, **settings})

    # Results

    def test_results_are_those_of_a_run_at_home(self, home: Home, site: Site) -> None:
        """The same work makes the same bytes, wherever it runs."""
        document, processes = documents.trains(), self.machines * self.processes
        at_home = completed(home.run(documents.on(document, HERE, processes=processes)))
        there = completed(home.run(self.on_target(document, site, again=True)))
        assert digests(there) == digests(at_home)
        [started] = home.events(there["id"], "node.started")
        assert started.data["target"] == site.target
        self.check_place(home, site, there, "trains")

    def test_nodes_of_one_run_share_out_over_targets(self, home: Home, site: Site) -> None:
        """A node at home reads what one on the target made, and the other way round."""
        document = documents.triangle("mixed")
        at_home = completed(home.run(documents.on(document, HERE)))
        mixed = documents.on(document, site.target, again=True)
        for node in mixed["nodes"]:
            if node["id"] == "lists":
                node["compute_target"] = HERE
        assert digests(completed(home.run(mixed))) == digests(at_home)

    # What is told, and when

    def test_all_is_told_once_and_in_order(self, home: Home, site: Site) -> None:
        """No line, metric or report of progress is lost, told twice or out of order."""
        run = completed(home.run(documents.on(documents.talks(lines=LINES), site.target)))
        self.check_told(home, run["id"])

    def test_what_a_target_made_is_reused_at_home(self, home: Home, site: Site) -> None:
        """What a node makes does not depend on where; so nothing is made twice."""
        document = documents.talks(lines=LINES)
        completed(home.run(documents.on(document, site.target)))
        again = completed(home.run(documents.on(document, HERE)))
        assert again["nodes"]["talks"]["reused"]

    def test_it_is_told_while_it_happens(self, home: Home, site: Site, flags: _Flags) -> None:
        """Lines, progress and metrics of a node that goes no further are there."""
        document = documents.talks(first_hold=20, first_flag=flags.file("go"))
        run_id = home.submit(documents.on(document, site.target))
        home.wait(run_id, "node.log", where=lambda event: "line 19" in texts(event.data["lines"]))
        home.wait(run_id, "node.metric", where=lambda event: event.data["step"] == 19)
        home.wait(run_id, "node.progress", where=lambda event: event.data["done"] == 19)
        assert not home.events(run_id, "node.finished")
        flags.set("go")
        completed(home.finish(run_id))
        self.check_told(home, run_id)

    # Cancelling

    def test_cancelled_within_seconds(self, home: Home, site: Site, flags: _Flags) -> None:
        """A run that is cancelled ends soon, with all its processes."""
        document = documents.counts(hold_at=2, flag=flags.file("never"))
        run_id = home.submit(self.on_target(document, site))
        processes = self.processes_of(home, run_id, "counts")
        began = time.monotonic()
        home.cancel(run_id)
        assert home.finish(run_id)["status"] == "cancelled"
        assert time.monotonic() - began < self.cancel_seconds
        for process in processes:
            until(lambda one=process: not site.is_alive(one), f"the end of {process}", self.cancel_seconds)  # type: ignore[misc]

    # Crashes

    @pytest.mark.parametrize("way", ["exits", "segfault"])
    def test_a_crash_is_reported_as_at_home(self, home: Home, site: Site, flags: _Flags, way: str) -> None:
        """The report names the same cause and exit, with the last lines and what memory was taken."""
        runs, errors = {}, []
        for side, target in (("here", HERE), ("there", site.target)):
            runs[side] = home.submit(documents.on(documents.breaks(way, flags.file(side)), target, again=True))
        for side, run_id in runs.items():
            home.wait(run_id, "node.memory", where=lambda event: event.data["memory_bytes"] > 32 << 20)
            flags.set(side)
            run = home.finish(run_id)
            assert run["status"] == "failed"
            assert len(home.events(run_id, "node.started")) == 1, "a node that breaks is not tried again"
            errors.append(run["nodes"]["breaks"]["error"])
        at_home, there = errors
        for field in ("name", "code", "message"):
            assert there[field] == at_home[field]
        for field in ("cause", "exit"):
            assert there["report"].get(field) == at_home["report"].get(field)
        last = [text for _, _, text in there["report"]["lines"]]
        if way == "segfault":  # followed by where Python was
            assert "Fatal Python error: Segmentation fault" in last
        else:
            assert "the last line, with 32 MiB" in last
            assert last == [text for _, _, text in at_home["report"]["lines"]]
        assert there["report"]["memory"], "the memory curve"
        assert max(size for _, size in there["report"]["memory"]) > 32 << 20

    # Losing things

    def test_a_killed_worker_costs_the_attempt(self, home: Home, site: Site, flags: _Flags) -> None:
        """There is another attempt, which goes on from the last checkpoint."""
        run_id, processes = self.held_counting(home, site, flags)
        site.kill_worker(processes[0])
        self.check_goes_on(home, run_id, "counts", flags)
        self.check_same_as_at_home(home, run_id, "counts", documents.counts(to=5))

    def test_training_goes_on_when_its_worker_is_killed(self, home: Home, site: Site, flags: _Flags) -> None:
        """The weights are those of a training that nobody disturbed."""
        self.need(not self.has_machines, "shows it when a machine dies")
        run_id, processes = self.held_training(home, site, flags)
        site.kill_worker(processes[-1])
        self.check_goes_on(home, run_id, "trains", flags)
        self.check_same_as_at_home(home, run_id, "trains", documents.trains())

    def test_our_server_is_killed_and_started_again(self, home: Home, site: Site, flags: _Flags) -> None:
        """The node works on meanwhile; the next server finds it, and loses and doubles nothing that it said."""
        document = documents.talks(
            lines=LINES,
            first_hold=10,
            first_flag=flags.file("first"),
            second_hold=20,
            second_flag=flags.file("second"),
            mark=flags.file("mark"),
        )
        run_id = home.submit(documents.on(document, site.target))
        home.wait(run_id, "node.log", where=lambda event: "line 9" in texts(event.data["lines"]))
        home.kill()
        flags.set("first")
        until(lambda: flags.is_set("mark"), "that the node goes on without a server")
        home.start(preload=())
        home.wait(run_id, "node.log", where=lambda event: "line 19" in texts(event.data["lines"]))
        flags.set("second")
        completed(home.finish(run_id))
        assert len(home.events(run_id, "node.started")) == 1
        self.check_told(home, run_id)

    def test_a_node_that_ended_without_our_server_is_found(self, home: Home, site: Site, flags: _Flags) -> None:
        """What it made while no server ran is taken over by the next one."""
        document = documents.counts(to=6, hold_at=3, flag=flags.file("go"))
        run_id = home.submit(self.on_target(document, site))
        [process, *_] = self.processes_of(home, run_id, "counts")
        self.wait_for_checkpoint(home, run_id, 3)
        home.kill()
        flags.set("go")
        until(lambda: not site.is_alive(process), "the end of the node")
        home.start(preload=())
        completed(home.finish(run_id))
        assert len(home.events(run_id, "node.started")) == 1
        self.check_same_as_at_home(home, run_id, "counts", documents.counts(to=6))

    def test_training_goes_on_when_its_machine_dies(self, home: Home, site: Site, flags: _Flags) -> None:
        """Another machine, or the same once it is back, goes on from the checkpoint."""
        self.need(self.has_machines, "has no machines to lose")
        run_id, processes = self.held_training(home, site, flags)
        site.kill_machine(processes[-1])
        site.mend()
        self.check_goes_on(home, run_id, "trains", flags)
        self.check_same_as_at_home(home, run_id, "trains", documents.trains())

    # What it has, and what it has not

    def test_a_full_target_lets_nodes_wait(self, home: Home, site: Site, flags: _Flags) -> None:
        """A node for which nothing is free says what it waits for, and runs when something is."""
        runs = []
        for number in itertools.count():
            assert number < 20, "the target is never full"
            document = documents.counts(to=number + 1, hold_at=0, flag=flags.file(f"{number}"))
            document["nodes"][0]["parameters"]["hold_at"] = number  # before its last number
            if number == 0:
                document = documents.counts(to=2, hold_at=1, flag=flags.file("0"))
            runs.append(home.submit(self.on_target(document, site)))
            if self.runs_or_waits(home, runs[-1]) == "waits":
                break
        why = home.events(runs[-1], "node.waiting")[0].data["why"]
        assert why.startswith("waits for "), why
        flags.set_all()
        for run_id in runs:
            completed(home.finish(run_id))

    def test_more_than_there_is_is_refused_at_submit(self, home: Home, site: Site) -> None:
        """What can never run is not accepted, and what there is is said."""
        with pytest.raises(RefusedError) as caught:
            home.submit(documents.on(documents.counts(), site.target, machines=1000))
        assert caught.value.error["node"] == "counts"
        assert caught.value.error["name"] == TargetUnavailableError.name

    def test_more_cores_than_a_machine_has_are_refused(self, home: Home, site: Site) -> None:
        """What can never run is not accepted, and what there is is said."""
        self.need(self.is_remote, "shares its cores between any number of processes")
        with pytest.raises(RefusedError) as caught:
            home.submit(documents.on(documents.counts(), site.target, processes=256))
        assert caught.value.error["node"] == "counts"
        assert caught.value.error["name"] == TargetUnavailableError.name

    def test_its_machines_are_shown(self, home: Home, site: Site) -> None:
        """With their cores and memory, and the versions of what runs there."""
        self.need(self.is_remote, "is this computer")
        row = home.targets()[site.target]
        assert row["available"]
        assert row["surveyed"]
        assert all(machine["memory_bytes"] > 0 for machine in row["machines"])
        assert sum(machine["cores"] > 0 for machine in row["machines"]) >= self.machines
        assert set(row["versions"]) >= {"python", "torch", "torchwire"}

    def test_an_unreachable_target_is_waited_for_and_then_said(self, site: Site, tmp_path: Path) -> None:
        """A node for it says what it waits for, and fails with what to do when that takes too long."""
        self.need(self.is_remote, "is this computer")
        home = self.home_with([{**site.unreachable(), "unreachable_seconds": 3.0}], tmp_path)
        try:
            home.start()
            run_id = home.submit(documents.on(documents.counts(), site.target))
            assert home.wait(run_id, "node.waiting").data["why"].startswith("waits for ")
            error = home.finish(run_id)["nodes"]["counts"]["error"]
            assert error["name"] == TargetUnavailableError.name
            assert error["hint"]
            assert home.targets()[site.target]["available"] is False
        finally:
            home.close()

    def test_a_wrong_token_is_said(self, site: Site, unfit: Home) -> None:
        """Nothing runs, and the token is named as the reason."""
        self.need(self.has_token, "asks for no token")
        error = self.refusal_of(unfit, documents.on(documents.counts(), "wrong-token"))
        assert error["name"] == TargetUnavailableError.name
        assert "token" in f"{error['message']} {error['hint']}".lower()

    @pytest.mark.parametrize("name", LIBRARIES)
    def test_other_versions_are_refused(self, site: Site, unfit: Home, name: str) -> None:
        """Nothing runs with other versions than here, and both are said."""
        self.need(self.is_remote and site.other_versions(name) is not None, f"can't be given another version of {name}")
        self.until_available(unfit, f"other-{name}")
        error = self.refusal_of(unfit, documents.on(documents.counts(), f"other-{name}"))
        assert error["name"] == TargetMismatchError.name
        assert OTHER in error["message"]
        assert versions()[name] in error["message"]
        assert error["hint"]

    # Last, for it takes most to mend

    def test_without_its_head_a_run_waits_or_fails_and_goes_on_elsewhere(
        self, home: Home, site: Site, flags: _Flags
    ) -> None:
        """It says what is wrong, and what was reached is not lost."""
        self.need(self.has_head, "has no head to lose")
        document = documents.counts(to=7, hold_at=3, flag=flags.file("go"))
        run_id = home.submit(self.on_target(document, site))
        self.wait_for_checkpoint(home, run_id, 3)
        site.kill_head()
        after = home.events(run_id)[-1].seq
        until(lambda: self.tells_of_loss(home, run_id, after), "word of the lost head", 60.0)
        home.cancel(run_id)
        home.finish(run_id)
        flags.set("go")
        elsewhere = home.submit(documents.on(document, HERE, processes=self.machines * self.processes))
        completed(home.finish(elsewhere))
        [resumed] = home.events(elsewhere, "node.resumed")
        assert resumed.data["epoch"] == 3

    # Ways to look at things, which a subclass may use for tests of its own

    def need(self, able: bool, why_not: str) -> None:
        """Skip a test that says nothing about this target."""
        if not able:
            pytest.skip(f"this target {why_not}")

    def on_target(self, document: Document, site: Site, *, again: bool = False) -> Document:
        """The document on the target, with as many processes as the contract is about."""
        return documents.on(document, site.target, machines=self.machines, processes=self.processes, again=again)

    @classmethod
    def until_available(cls, home: Home, target: str) -> None:
        """Wait until the engine has seen the target, or may use it where there is nothing to see."""

        def known() -> bool:
            row = home.targets().get(target, {})
            return bool(row.get("available") or row.get("surveyed"))

        until(known, f"that {target} can be reached")

    def refusal_of(self, home: Home, document: Document) -> dict[str, Any]:
        """Why the document can't run: as Submit says, or as its one node does when it comes to it."""
        try:
            run = home.finish(home.submit(document))
        except RefusedError as refused:
            return refused.error
        [state] = run["nodes"].values()
        assert state["status"] == "failed"
        error: dict[str, Any] = state["error"]
        return error

    def check_same_as_at_home(self, home: Home, run_id: str, node: str, document: Document) -> None:
        """Check what a run made against a run of the same work that nothing disturbed."""
        here = home.run(documents.on(document, HERE, processes=self.machines * self.processes))
        assert digests(home.finish(run_id))[node] == digests(completed(here))[node]

    def check_place(self, home: Home, site: Site, run: dict[str, Any], node: str) -> None:
        """Check that it is known on which machines a node ran, by the names that the survey has for them."""
        said = [event.data["machines"] for event in home.events(run["id"], "node.placed", node)]
        if not self.is_remote:
            assert not said
            return
        [named] = said
        assert set(named) <= {machine["name"] for machine in home.targets()[site.target]["machines"]}
        assert len(named) == self.machines
        assert run["nodes"][node]["machines"] == named

    def processes_of(self, home: Home, run_id: str, node: str) -> list[Process]:
        """The processes in which a node's newest attempt runs, once all have introduced themselves."""
        many = self.machines * self.processes

        def introduced() -> list[Process]:
            found = [Process.introduced(text) for _, text in home.lines(run_id, node)]
            processes = [process for process in found if process is not None]
            return processes[-many:] if len(processes) >= many else []

        return until(introduced, f"{many} processes")

    def wait_for_checkpoint(self, home: Home, run_id: str, step: int) -> None:
        """Wait until the state after a step is safe."""
        home.wait(run_id, "node.checkpoint", where=lambda event: event.data["step"] == step)

    def held_counting(self, home: Home, site: Site, flags: _Flags) -> tuple[str, list[Process]]:
        """A run that counts and has stopped after the checkpoint of 3, and its processes."""
        run_id = home.submit(self.on_target(documents.counts(to=5, hold_at=3, flag=flags.file("go")), site))
        self.wait_for_checkpoint(home, run_id, 3)
        return run_id, self.processes_of(home, run_id, "counts")

    def held_training(self, home: Home, site: Site, flags: _Flags) -> tuple[str, list[Process]]:
        """A run that trains and has stopped after the checkpoint of step 3, and its processes."""
        run_id = home.submit(self.on_target(documents.trains(hold_at=3, flag=flags.file("go")), site))
        self.wait_for_checkpoint(home, run_id, 3)
        return run_id, self.processes_of(home, run_id, "trains")

    def check_goes_on(self, home: Home, run_id: str, node: str, flags: _Flags) -> None:
        """Check that the held node is tried again from its checkpoint, and let it go."""
        resumed = home.wait(run_id, "node.resumed", node)
        assert (resumed.data["source"], resumed.data["epoch"]) == ("checkpoint", 3)
        flags.set("go")
        completed(home.finish(run_id))
        attempts = [event.data["attempt"] for event in home.events(run_id, "node.started", node)]
        assert attempts == [1, 2]

    def check_told(self, home: Home, run_id: str) -> None:
        """Check all that ``talks`` says: complete, once, and in order."""
        events = home.events(run_id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        spoken = [text for _, text in home.lines(run_id, "talks") if text.startswith("line ")]
        assert spoken == [f"line {number}" for number in range(1, LINES + 1)]
        metrics = [event.data for event in home.events(run_id, "node.metric", "talks")]
        assert [metric["step"] for metric in metrics] == list(range(1, LINES + 1))
        assert [metric["values"]["square"] for metric in metrics] == [n * n / 4 for n in range(1, LINES + 1)]
        done = [event.data["done"] for event in home.events(run_id, "node.progress", "talks")]
        assert done == sorted(done)
        assert done[-1] == LINES
        kinds = [event.type for event in events]
        assert kinds.index("node.started") < kinds.index("node.metric") < kinds.index("node.output")
        assert kinds[-2:] == ["node.finished", "run.finished"]

    def runs_or_waits(self, home: Home, run_id: str) -> str:
        """Which of both the one node of a run does, as soon as it is known."""

        def known() -> str | None:
            if home.events(run_id, "node.metric"):
                return "runs"
            # A driver that has started may wait as well, for processes of its own to start.
            return "waits" if home.events(run_id, "node.waiting") and not home.events(run_id, "node.started") else None

        return str(until(known, "that the node runs or waits"))

    def tells_of_loss(self, home: Home, run_id: str, after: int) -> bool:
        """Whether it was said since that the target is gone: the run waits for it, or has failed."""
        for event in home.events(run_id):
            if event.seq > after and event.type == "node.waiting":
                return True
            if event.seq > after and event.type == "node.failed":
                assert event.data["error"]["name"] in (TargetUnavailableError.name, "NodeCrashedError")
                assert event.data["error"].get("hint")
                return True
        return False


class _Flags:
    """Files in the shared folder that hold nodes up until they are there."""

    def __init__(self, folder: Path, test: str) -> None:
        safe = "".join(letter if letter.isalnum() else "-" for letter in test)
        self._folder = folder / safe
        self._folder.mkdir()
        self._named: set[str] = set()

    def file(self, name: str) -> str:
        """The path of a flag."""
        self._named.add(name)
        return str(self._folder / name)

    def set(self, name: str) -> None:
        """Make the file."""
        (self._folder / name).touch()

    def set_all(self) -> None:
        """Make all of them."""
        for name in self._named:
            self.set(name)

    def is_set(self, name: str) -> bool:
        """Whether the file is there."""
        return (self._folder / name).exists()


def completed(run: dict[str, Any]) -> dict[str, Any]:
    """The run, which must have come to a good end."""
    errors = {node: state["error"] for node, state in run["nodes"].items() if state["error"]}
    assert run["status"] == "completed", errors or run["error"]
    return run


def digests(run: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What each node made."""
    return {
        node: {port: output["digest"] for port, output in state["outputs"].items()}
        for node, state in run["nodes"].items()
    }


def texts(lines: list[Any]) -> list[str]:
    """The texts of printed lines."""
    return [text for _, _, text in lines]
