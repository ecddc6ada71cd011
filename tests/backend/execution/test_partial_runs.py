"""Run to here, and run this node only."""

from __future__ import annotations

import pytest

from tests.graphs import chain, document, fan_out_fan_in, node, single, wire
from tests.places import Place, statuses
from torchwire.errors import InvalidPipeline


def submit(place: Place, graph: object, **part: list[str]) -> str:
    return str(place.engine.submit(graph, **part)["id"])


def test_a_run_to_a_node_leaves_out_the_rest_and_keeps_the_whole_document(place: Place) -> None:
    run = place.finish(submit(place, fan_out_fan_in(), until=["left"]))
    assert (run["status"], statuses(run)) == ("completed", {"source": "completed", "left": "completed"})
    assert run["asked_for"] == {"until": ["left"]}
    assert [entry["id"] for entry in run["document"]["nodes"]] == ["source", "left", "right", "join"]
    assert place.database.runs.list()[0]["asked_for"] == {"until": ["left"]}


def test_a_sound_part_runs_whatever_is_wrong_elsewhere(place: Place) -> None:
    graph = fan_out_fan_in({"right": node("right", "add-file", nmae="right")})
    graph["nodes"].append({"id": "broken", "modul": "x"})
    graph["wires"].append(wire("join.result", "nowhere.folder"))
    with pytest.raises(InvalidPipeline):
        place.submit(graph)
    assert place.finish(submit(place, graph, until=["left"]))["status"] == "completed"
    with pytest.raises(InvalidPipeline, match="no parameter 'nmae'"):
        submit(place, graph, until=["join"])


def test_an_unknown_node_is_told_with_the_nearest(place: Place) -> None:
    for ask in (place.engine.submit, place.engine.plan):
        with pytest.raises(InvalidPipeline) as caught:
            ask(chain(2), until=["n11"])
        assert caught.value.hint == "Did you mean 'n1'?"
    assert place.engine.validate(chain(2), only=["n11"]).faults[0].hint == "Did you mean 'n1'?"
    assert place.database.runs.list() == []


def test_a_node_runs_alone_from_what_was_made_before(place: Place) -> None:
    place.finish(submit(place, chain(3), until=["n0"]))
    run = place.finish(submit(place, chain(3), only=["n1"]))
    assert statuses(run) == {"n0": "reused", "n1": "completed"}
    assert run["asked_for"] == {"only": ["n1"]}


def test_what_has_to_run_first_is_named(place: Place) -> None:
    place.finish(submit(place, chain(3), until=["n0"]))
    with pytest.raises(InvalidPipeline) as caught:
        place.engine.submit(chain(3), only=["n2"])
    (fault,) = caught.value.faults
    assert (fault.node, fault.message) == ("n1", "'Add file' has to run first: first run.")
    assert "Run to here" in str(fault.hint)
    assert place.engine.plan(chain(3), only=["n2"])["faults"] == [fault.as_json()]


def test_nodes_before_it_are_not_forced(place: Place) -> None:
    graph = chain(2)
    place.run(graph)
    for entry in graph["nodes"]:
        entry["regenerate_output"] = True
    assert statuses(place.finish(submit(place, graph, only=["n1"]))) == {"n0": "reused", "n1": "completed"}


def test_a_data_set_is_looked_at_even_so_and_a_change_is_told(place: Place, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("a")
    graph = document(
        node("data", "reads-data", path=str(tmp_path / "a.txt")),
        node("between", "identity"),
        node("last", "add-file"),
        wires=(wire("data.folder", "between.folder"), wire("between.result", "last.folder")),
    )
    place.finish(submit(place, graph, until=["between"]))
    run = place.finish(submit(place, graph, only=["last"]))
    assert statuses(run) == {"data": "completed", "between": "reused", "last": "completed"}
    (tmp_path / "a.txt").write_text("b")
    run = place.finish(submit(place, graph, only=["last"]))
    assert statuses(run) == {"data": "completed", "between": "failed", "last": "skipped"}
    assert run["error"]["message"] == "'Identity' has to run first: input folder changed."


def test_a_plan_of_a_part_tells_of_that_part(place: Place) -> None:
    assert set(place.engine.plan(chain(3), until=["n1"])["nodes"]) == {"n0", "n1"}
    place.finish(submit(place, chain(3), until=["n0"]))
    planned = place.engine.plan(chain(3), only=["n1"])["nodes"]
    assert {name: entry["action"] for name, entry in planned.items()} == {"n0": "reuse", "n1": "run"}


def test_a_part_goes_on_after_a_restart(new_place, tmp_path) -> None:
    flag = tmp_path / "flag"
    graph = document(
        node("a", "waits-for-file", path=str(flag)),
        node("b", "identity"),
        node("c", "identity"),
        wires=(wire("a.result", "b.folder"), wire("b.result", "c.folder")),
    )
    place = new_place().ready()
    run_id = submit(place, graph, until=["b"])
    place.wait_for("node.started", "a")
    place.stop()
    flag.touch()
    run = new_place().ready().finish(run_id)
    assert statuses(run) == {"a": "completed", "b": "completed"}


def test_a_part_of_a_document_with_faults_goes_on_after_a_restart(new_place) -> None:
    graph = document(node("a", "source"), node("b", "no-such-module"))
    place = new_place().start()
    run_id = submit(place, graph, until=["a"])
    place.stop()
    assert new_place().ready().finish(run_id)["status"] == "completed"


def test_a_node_with_nothing_before_it_runs_alone(place: Place) -> None:
    assert place.finish(submit(place, single("source"), only=["only"]))["status"] == "completed"
