"""Figures on room: what is counted, what is needed, and in which order things go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torchwire.execution.disk_scan import ELSEWHERE, DiskScan, Picture
from torchwire.execution.home import Home
from torchwire.execution.ledger import Ledger
from torchwire.storage.holdings import Inventory, KeptArtifact, KeptCheckpoint, KeptRun, Making

DAY = 86_400.0


def artifact(name: str, size: int = 100, used: float = 0.0, pinned: bool = False) -> KeptArtifact:
    return KeptArtifact(name, "AnyDirectory", size, 1, 0.0, used, pinned)


def checkpoint(name: str, step: int, key: str = "k", final: bool = False, run: str = "gone") -> KeptCheckpoint:
    return KeptCheckpoint(name, key, run, "train", name, 100, step, final, 0.0)


def run(name: str, status: str = "completed", pinned: bool = False) -> KeptRun:
    return KeptRun(name, name, status, 0.0, pinned)


def ledger(
    *artifacts: KeptArtifact,
    runs: Mapping[KeptRun, str] | None = None,
    checkpoints: tuple[KeptCheckpoint, ...] = (),
    seconds: Mapping[str, float] | None = None,
    shares: list[tuple[tuple[str, ...], int]] | None = None,
    foreseen: Mapping[str, set[str]] | None = None,
    resumed: str = "",
) -> Ledger:
    inventory = Inventory(
        runs={kept.id: kept for kept in runs or {}},
        artifacts={row.digest: row for row in artifacts},
        checkpoints={row.id: row for row in checkpoints},
        needs={kept.id: frozenset(needs) for kept, needs in (runs or {}).items()},
        makings={name: Making(f"key of {name}", "m", "r", name, cost) for name, cost in (seconds or {}).items()},
        resumed=frozenset(resumed),
    )
    alone = [((row.digest,), row.size) for row in (*artifacts, *checkpoints)]
    return Ledger(inventory, Picture(1.0, alone if shares is None else shares), foreseen=foreseen)


def test_the_longest_unused_goes_first_and_no_more_than_has_to() -> None:
    made = ledger(artifact("a", used=3 * DAY), artifact("b", used=1 * DAY), artifact("c", used=2 * DAY))
    assert made.collect(250, 4 * DAY).digests == ("b",)
    assert made.collect(150, 4 * DAY).digests == ("b", "c")
    assert made.collect(0, 4 * DAY).freed == 300
    assert made.collect(300, 4 * DAY).digests == ()


def test_what_is_quick_to_make_again_goes_before_what_is_a_little_older() -> None:
    made = ledger(artifact("a"), artifact("b", used=1 * DAY), seconds={"a": 3600.0, "b": 1.0})
    assert made.collect(100, 10 * DAY).digests == ("b",)  # 9 days / 1.02 against 10 days / 61
    assert made.collect(0, 10 * DAY).seconds == 3601.0


def test_checkpoints_that_are_superseded_go_first_of_all() -> None:
    made = ledger(
        artifact("a"),
        artifact("m"),
        checkpoints=(
            checkpoint("1", 1),
            checkpoint("2", 2),  # the newest of unfinished work
            checkpoint("3", 3, key="key of m"),  # of work that was finished
            checkpoint("4", 4, key="key of m", final=True),
        ),
        seconds={"a": 1e6, "m": 1e6},
    )
    order = made.collect(0, 5 * DAY).digests
    assert set(order[:2]) == {"1", "3"}
    assert set(order) == {"1", "2", "3", "4", "a", "m"}


def test_what_is_needed_stays() -> None:
    made = ledger(
        *(artifact(name) for name in "abcdef"),
        artifact("p", pinned=True),
        runs={run("r1", "running"): "a", run("r2", "queued"): "b", run("r3", pinned=True): "c", run("r4"): "d"},
        checkpoints=(checkpoint("x", 1, run="r1"), checkpoint("y", 1, key="other")),
        foreseen={"r2": {"e"}},
        resumed="y",
    )
    assert set(made.collect(0, DAY).digests) == {"d", "f"}
    assert made.collectable() == 200
    assert made.collect(0, DAY, spared={"d"}).digests == ("f",)


def test_bytes_that_are_linked_count_once_and_come_back_with_the_last() -> None:
    made = ledger(artifact("a"), artifact("b"), shares=[(("a", "b"), 90), (("a",), 10), (("b",), 5)])
    assert made.used()["artifacts"] == 105
    assert made.size_of("ab") == 105
    assert made.freed_by("a") == 10
    assert made.freed_by("ab") == 105


def test_what_gives_nothing_back_stays() -> None:
    made = ledger(artifact("a"), artifact("b", pinned=True), artifact("c"), shares=[(("a", "b"), 90), (("c",), 50)])
    assert made.collect(100, DAY).digests == ("c",)


def test_bytes_that_a_data_set_shares_are_counted_there_and_stay() -> None:
    made = ledger(artifact("a"), shares=[(("a", ELSEWHERE), 90), (("a",), 10)])
    assert made.used()["artifacts"] == 10
    assert made.collectable() == 10


def test_what_deleting_a_run_frees_is_what_it_alone_needs() -> None:
    kept = {run("r1"): "ab", run("r2"): "bc"}
    made = ledger(*(artifact(name) for name in "abc"), runs=kept, seconds={"a": 2.0, "b": 3.0})
    first = made.run(next(iter(kept)))
    assert (first["size"], first["size_alone"], first["seconds_to_recompute"]) == (200, 100, 2.0)


def test_folders_that_nobody_knows_go_first_but_not_while_a_run_may_be_about_to_know_them() -> None:
    shares = [(("a",), 100), (("stranger",), 100)]
    assert ledger(artifact("a"), shares=shares).collect(100, DAY).digests == ("stranger",)
    busy = ledger(artifact("a"), shares=shares, runs={run("r", "running"): ""})
    assert busy.collect(0, DAY).digests == ("a",)


def test_the_disk_is_read_with_links_counted_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    for digest, size in (("aa1", 100), ("bb2", 10)):
        folder = home.artifacts / digest[:2] / digest / "data"
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * size)
    (home.artifacts / "bb" / "bb2" / "data" / "linked").hardlink_to(home.artifacts / "aa" / "aa1" / "data" / "file")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "linked").hardlink_to(home.artifacts / "bb" / "bb2" / "data" / "file")
    (home.attempts / "a1").mkdir()
    (home.attempts / "a1" / "log.txt").write_text("12345")
    scan = DiskScan(home)
    picture = scan.take()
    assert picture is not None
    assert {frozenset(holders): size for holders, size in picture.shares} == {
        frozenset({"aa1", "bb2"}): 100,
        frozenset({"bb2", ELSEWHERE}): 10,
    }
    assert picture.folders["datasets"] == 10 and picture.attempts == {"a1": 5}
    assert scan.take(lambda: True) is None
