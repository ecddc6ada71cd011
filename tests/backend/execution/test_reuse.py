"""What is run again, what is not, and why."""

from __future__ import annotations

import copy
import shutil

import pytest

from tests.graphs import Document, chain, document, node, single, wire
from tests.places import Place, statuses


def why(place: Place, run: Document, node_id: str) -> str | None:
    return run["nodes"][node_id]["why"]


def changed(graph: Document, node_id: str, **changes) -> Document:
    other = copy.deepcopy(graph)
    for found in other["nodes"]:
        if found["id"] == node_id:
            found.update(changes)
    return other


def test_an_unchanged_pipeline_is_reused_whole_and_says_what_that_saved(place: Place) -> None:
    first = place.run(chain(3))
    second = place.run(chain(3))
    assert set(statuses(second).values()) == {"reused"}
    for node_id, state in second["nodes"].items():
        assert state["outputs"] == first["nodes"][node_id]["outputs"]
        assert state["seconds_saved"] > 0


def test_a_changed_parameter_runs_its_node_and_those_behind_it(place: Place) -> None:
    place.run(chain(3))
    run = place.run(changed(chain(3), "n1", parameters={"name": "other"}))
    assert statuses(run) == {"n0": "reused", "n1": "completed", "n2": "completed"}
    assert why(place, run, "n1") == "parameter name changed"
    assert why(place, run, "n2") == "input folder changed"


def test_the_same_output_stops_the_wave(place: Place) -> None:
    graph = document(node("a", "source"), node("b", "identity"), wires=(wire("a.folder", "b.folder"),))
    place.run(graph)
    run = place.run(changed(graph, "a", regenerate_output=True))
    assert statuses(run) == {"a": "completed", "b": "reused"}
    assert why(place, run, "a") == "regenerate output is on"


def test_a_label_or_a_place_on_the_canvas_changes_nothing(place: Place) -> None:
    place.run(chain(2))
    run = place.run(changed(chain(2), "n1", label="Something", comment="else", position=[3, 4]))
    assert statuses(run) == {"n0": "reused", "n1": "reused"}


def test_the_id_of_a_node_does_not_matter(place: Place) -> None:
    place.run(single("source"))
    assert statuses(place.run(document(node("other", "source")))) == {"other": "reused"}


def test_a_result_whose_files_are_gone_is_made_again(place: Place) -> None:
    first = place.run(single("source"))
    shutil.rmtree(place.engine.artifact(first["nodes"]["only"]["outputs"]["folder"]["digest"]))
    second = place.run(single("source"))
    assert statuses(second) == {"only": "completed"}
    assert why(place, second, "only") == "its output is gone"
    assert place.file(second, "only", "folder", "content.txt") == "hello"


def test_a_data_set_is_looked_at_each_time_and_its_readers_reused_while_it_is_the_same(place: Place, tmp_path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("a")
    graph = document(
        node("data", "reads-data", path=str(tmp_path / "data")),
        node("next", "identity"),
        wires=(wire("data.folder", "next.folder"),),
    )
    assert statuses(place.run(graph)) == {"data": "completed", "next": "completed"}
    assert statuses(place.run(graph)) == {"data": "completed", "next": "reused"}
    (tmp_path / "data" / "a.txt").write_text("b")
    assert statuses(place.run(graph)) == {"data": "completed", "next": "completed"}


def test_two_runs_that_need_the_same_make_it_once(place: Place) -> None:
    graph = single("sleeps", milliseconds=300)
    runs = [place.submit(graph), place.submit(graph)]
    assert sorted(statuses(place.finish(run))["only"] for run in runs) == ["completed", "reused"]


def test_linked_files_are_not_copied(place: Place) -> None:
    run = place.run(chain(2))
    inodes = {
        (place.engine.artifact(run["nodes"][n]["outputs"][port]["digest"]) / "content.txt").stat().st_ino
        for n, port in (("n0", "folder"), ("n1", "result"))
    }
    assert len(inodes) == 1


def test_a_dry_run_foresees_what_then_happens(place: Place) -> None:
    first = place.engine.plan(chain(3))
    assert (first["nodes"]["n0"]["action"], first["nodes"]["n0"]["why"]) == ("run", "first run")
    assert (first["seconds_saved"], first["seconds_expected"]) == (0.0, None)
    assert place.engine.plan(chain(3))["nodes"]["n2"]["why"] == "follows n1, which runs"
    place.run(chain(3))
    assert {n["action"] for n in place.engine.plan(chain(3))["nodes"].values()} == {"reuse"}
    foreseen = place.engine.plan(changed(chain(3), "n1", parameters={"name": "other"}))["nodes"]
    assert [foreseen[n]["action"] for n in ("n0", "n1", "n2")] == ["reuse", "run", "run"]
    assert foreseen["n1"]["why"] == "parameter name changed"


def test_a_dry_run_sees_past_a_data_set_that_always_runs(place: Place, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("a")
    graph = document(
        node("data", "reads-data", path=str(tmp_path / "a.txt")),
        node("next", "identity"),
        wires=(wire("data.folder", "next.folder"),),
    )
    place.run(graph)
    foreseen = place.engine.plan(graph)["nodes"]
    assert (foreseen["data"]["action"], foreseen["next"]["action"]) == ("run", "reuse")


@pytest.mark.parametrize("graph", [chain(3), single("fails-on-run")])
def test_a_dry_run_runs_nothing(place: Place, graph: Document) -> None:
    place.engine.plan(graph)
    assert place.database.runs.list() == []
    assert list((place.home / "attempts").iterdir()) == []
