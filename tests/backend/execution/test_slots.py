"""Who runs when not all can: cores, memory, runs beside each other, and nodes that would make the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.graphs import Document, document, node, single, wire
from tests.places import Place, statuses
from torchwire.execution.demands import MemoryForecast, capacity, in_words, loads, needs, round_up
from torchwire.execution.scheduler import Lack
from torchwire.execution.targets import local_targets
from torchwire.graph.document import Resources
from torchwire.graph.plan import Step
from torchwire.storage.artifacts import Result

MIB = 1 << 20


def waits(name: str, flag: Path) -> Document:
    return node(name, "waits-for-file", path=str(flag))


def took(place: Place, module: str, name: str, memory: int | None) -> None:
    """Let the place remember that a node took so much memory."""
    place.database.artifacts.remember(Result(f"{module}{name}", module, {}, {}, 1.0, "r", name, memory))


def why(place: Place, run_id: str, name: str) -> str:
    return str(place.wait_for("node.waiting", name, run=run_id).data["why"])


def test_a_node_says_that_it_waits_for_a_core_and_then_runs(place: Place, tmp_path) -> None:
    flags = [tmp_path / name for name in "abc"]
    run_id = place.submit(document(*(waits(flag.name, flag) for flag in flags)))
    assert why(place, run_id, "c") == "waits for a free core on This computer (CPU)"
    assert place.database.runs.snapshot(run_id)["nodes"]["c"]["waiting"] == why(place, run_id, "c")
    assert place.engine.targets()[0]["waiting"] == 1
    for flag in flags:
        flag.touch()
    run = place.finish(run_id)
    assert (run["status"], run["nodes"]["c"]["waiting"]) == ("completed", None)
    assert [len(place.said(run_id, "node.waiting", name)) for name in "abc"] == [0, 0, 1]


def test_heavy_nodes_take_turns_and_light_ones_run_beside_them(place: Place) -> None:
    graph = document(node("a", "heavy", milliseconds=1500), node("b", "heavy", milliseconds=1), node("c", "source"))
    run_id = place.submit(graph)
    assert why(place, run_id, "b") == "waits for all cores of This computer (CPU)"
    place.finish(run_id)
    ended = {event.node: event.seq for event in place.said(run_id, "node.finished")}
    began = {event.node: event.seq for event in place.said(run_id, "node.started")}
    assert began["b"] > ended["a"] > ended["c"]


def test_memory_is_kept_by_what_was_measured(new_place, tmp_path) -> None:
    place = new_place(memory_bytes=1000 * MIB).ready()
    took(place, "waits-for-file", "a", 600 * MIB)
    took(place, "waits-for-file", "b", 500 * MIB)
    flags = [tmp_path / name for name in "ab"]
    run_id = place.submit(document(*(waits(flag.name, flag) for flag in flags)))
    assert why(place, run_id, "b") == "waits for 512 MiB of memory; 360 MiB are free"
    assert place.engine.targets()[0]["busy"]["memory_bytes"] == 640 * MIB
    (tmp_path / "a").touch()
    place.wait_for("node.started", "b", run=run_id)
    (tmp_path / "b").touch()
    assert place.finish(run_id)["status"] == "completed"


def test_a_node_larger_than_the_machine_runs_alone(new_place, tmp_path, caplog) -> None:
    place = new_place(memory_bytes=300 * MIB).ready()
    took(place, "waits-for-file", "b", 900 * MIB)
    flags = [tmp_path / name for name in "ba"]
    run_id = place.submit(document(*(waits(flag.name, flag) for flag in flags)))
    place.wait_for("node.started", "b")
    assert "it will run alone" in caplog.text
    assert "memory" in why(place, run_id, "a")
    for flag in flags:
        flag.touch()
    assert place.finish(run_id)["status"] == "completed"


def test_a_small_run_does_not_wait_for_a_large_one(place: Place) -> None:
    large = place.submit(document(*(node(f"n{i}", "sleeps", milliseconds=60 + i) for i in range(40))))
    place.wait_for("node.started", run=large)
    small = place.submit(document(*(node(f"n{i}", "sleeps", milliseconds=30 + i) for i in range(3))))
    place.finish(small)
    left = [status for status in statuses(place.database.runs.snapshot(large)).values() if status != "completed"]
    assert len(left) > 20
    place.engine.cancel(large)
    place.finish(large)


def make_the_same(place: Place, flag: Path) -> tuple[str, str]:
    first = place.submit(document(waits("first", flag)))
    place.wait_for("node.started", "first")
    second = place.submit(document(waits("second", flag)))
    assert why(place, second, "second") == f"waits for 'Waits for a file' of run {first[:8]}, which makes the same"
    return first, second


def test_what_another_run_makes_is_waited_for(place: Place, tmp_path) -> None:
    first, second = make_the_same(place, tmp_path / "flag")
    (tmp_path / "flag").touch()
    assert statuses(place.finish(first)) == {"first": "completed"}
    assert statuses(place.finish(second)) == {"second": "reused"}


@pytest.mark.parametrize("how", ["cancel", "cancel_node"])
def test_when_its_maker_is_cancelled_the_waiter_makes_it(place: Place, tmp_path, how: str) -> None:
    first, second = make_the_same(place, tmp_path / "flag")
    getattr(place.engine, how)(*([first] if how == "cancel" else [first, "first"]))
    place.wait_for("node.started", "second", run=second)
    (tmp_path / "flag").touch()
    assert statuses(place.finish(first)) == {"first": "cancelled"}
    assert statuses(place.finish(second)) == {"second": "completed"}


def test_when_its_maker_fails_the_waiter_tries_itself(place: Place, tmp_path) -> None:
    graph = single("sleeps-then-fails", path=str(tmp_path / "count"))
    runs = [place.submit(graph) for _ in range(2)]
    assert [place.finish(run_id)["status"] for run_id in runs] == ["failed", "failed"]
    assert len((tmp_path / "count").read_text()) == 2


def test_alike_nodes_of_one_run_are_made_once(place: Place) -> None:
    run = place.run(document(*(node(f"n{i}", "sleeps", milliseconds=200) for i in range(6))))
    assert sorted(statuses(run).values()) == ["completed", *["reused"] * 5]


def test_a_waiter_can_be_cancelled(place: Place, tmp_path) -> None:
    first, second = make_the_same(place, tmp_path / "flag")
    place.engine.cancel(second)
    assert place.finish(second)["status"] == "cancelled"
    (tmp_path / "flag").touch()
    assert place.finish(first)["status"] == "completed"


def test_places_are_still_taken_after_a_restart(new_place, tmp_path) -> None:
    flags = [tmp_path / name for name in "abc"]
    place = new_place().ready()
    run_id = place.submit(document(*(waits(flag.name, flag) for flag in flags)))
    place.wait_for("node.waiting", "c")
    place.stop()
    other = new_place().ready()
    other.wait_for("node.waiting", "c", where=lambda event: "free core" in event.data["why"])
    assert other.engine.targets()[0]["busy"]["nodes"] == 2
    for flag in flags:
        flag.touch()
    assert other.finish(run_id)["status"] == "completed"


def test_fifty_runs_at_once(place: Place) -> None:
    slowest, runs = 0.0, []
    for number in range(50):
        a, b = node("a", "source", content=str(number)), node("b", "identity")
        began = time.monotonic()
        runs.append(place.submit(document(a, b, wires=(wire("a.folder", "b.folder"),))))
        slowest = max(slowest, time.monotonic() - began)
    assert {place.finish(run_id)["status"] for run_id in runs} == {"completed"}
    assert slowest < 10.0  # it does not wait for what runs
    started = [event.run_id for event in place.heard if event.type == "node.started" and event.node == "a"]
    assert all(abs(runs.index(run_id) - place) <= 4 for place, run_id in enumerate(started))


def test_what_this_machine_has_and_what_is_taken() -> None:
    device = {"device": "cuda:0", "name": "Card", "memory_bytes": 8}
    targets = local_targets(4, 1000, [device])
    assert capacity(targets.values(), 1000) == {
        "memory": 1000,
        "local-cpu light": 4,
        "local-cpu heavy": 4,
        "local-gpu-0 gpu": 1,
    }
    gpu, cpu = targets["local-gpu-0"], targets["local-cpu"]
    assert needs(gpu, True, 5) == needs(gpu, False, 5) == (("local-gpu-0 gpu", 1), ("memory", 5))
    assert needs(cpu, True, 5) == (("local-cpu heavy", 4), ("memory", 5))
    running = [("local-cpu", True, 10, {}), ("local-gpu-0", False, 20, {})]
    taken = loads(targets, running, {"local-gpu-0 gpu": 3})
    assert (taken["local-cpu"].nodes, taken["local-cpu"].cores, taken["local-cpu"].memory_bytes) == (1, 4, 30)
    assert (taken["local-gpu-0"].memory_bytes, taken["local-gpu-0"].waiting) == (8, 3)


def test_a_target_tells_what_lacks() -> None:
    from torchwire.execution.demands import waits_for

    targets = local_targets(4, 1000, [{"device": "cuda:0", "name": "Card", "memory_bytes": 8}])
    cpu, gpu = targets["local-cpu"], targets["local-gpu-0"]
    assert waits_for(Lack("local-gpu-0 gpu", 1, 0), gpu) == "waits for the GPU of This computer (Card)"
    assert waits_for(Lack("memory", 3 << 30, 1 << 30), gpu) == "waits for 3.0 GiB of memory; 1.0 GiB are free"
    assert "kept for a larger node" in waits_for(Lack("memory", 1, 2, promised=True), cpu)


def test_memory_is_foreseen_from_the_nearest_that_is_known(place: Place) -> None:
    step = type("Step", (), {})
    forecast = MemoryForecast(place.database.artifacts)

    def step_of(name: str, declared: int | None = None) -> Step:
        made = step()
        made.spec = type("Spec", (), {"id": "m", "memory": declared})
        made.node = type("Node", (), {"id": name, "resources": Resources()})
        return made

    def expect(name: str, declared: int | None = None) -> int:
        return MemoryForecast(place.database.artifacts).expect(step_of(name, declared))

    assert (expect("a"), expect("a", 512 * MIB)) == (256 * MIB, 512 * MIB)
    took(place, "m", "a", 640 * MIB)
    took(place, "m", "b", None)
    assert (expect("a", 1), expect("b", 1)) == (640 * MIB, 640 * MIB)
    forecast.learn("m", "c", 128 * MIB)
    assert [forecast.expect(step_of(name)) // MIB for name in "acd"] == [640, 128, 128]
    assert (round_up(1), round_up(65 * MIB), round_up(1000 * MIB)) == (64 * MIB, 72 * MIB, 1024 * MIB)
    assert in_words(round_up(3100 * MIB)) == "3.2 GiB"
