"""Drafts: revisions, conflicts, the journal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import graphs
import pytest
from flask.testing import FlaskClient

from torchwire.storage import pipelines as storage

BASE = "/api/v1/pipelines"


def create(client: FlaskClient, document: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = client.post(BASE, json={"document": document or graphs.chain(2)})
    assert answer.status_code == 201, answer.json
    return dict(answer.json["pipeline"])


def test_a_new_draft_comes_back_with_every_default(client: FlaskClient) -> None:
    draft = create(client)
    assert draft["revision"] == 1
    assert draft["document"]["nodes"][0]["resources"] == {
        "node_count": 1,
        "process_count_per_node": 1,
        "timeout_seconds": None,
    }
    assert client.get(f"{BASE}/{draft['id']}").json["pipeline"] == draft


def test_the_draft_changed_last_is_listed_first(client: FlaskClient) -> None:
    first, second = create(client), create(client)
    client.put(f"{BASE}/{first['id']}", json={"document": graphs.chain(3), "revision": 1})
    listed = client.get(BASE).json["pipelines"]
    assert [draft["id"] for draft in listed][:2] == [first["id"], second["id"]]
    assert listed[0]["node_count"] == 3 and "document" not in listed[0]


def test_a_save_raises_the_revision(client: FlaskClient) -> None:
    draft = create(client)
    answer = client.put(f"{BASE}/{draft['id']}", json={"document": graphs.chain(3), "revision": 1})
    assert answer.status_code == 200 and answer.json["pipeline"]["revision"] == 2


def test_a_stale_save_gets_the_newer_document_and_changes_nothing(client: FlaskClient) -> None:
    draft = create(client)
    client.put(f"{BASE}/{draft['id']}", json={"document": graphs.chain(3), "revision": 1})
    stale = client.put(f"{BASE}/{draft['id']}", json={"document": graphs.chain(5), "revision": 1})
    assert stale.status_code == 409
    assert stale.json["error"]["name"] == "ConflictError"
    assert len(stale.json["pipeline"]["document"]["nodes"]) == 3
    assert client.get(f"{BASE}/{draft['id']}").json["pipeline"]["revision"] == 2


def test_a_save_whose_answer_was_lost_can_be_sent_again(client: FlaskClient) -> None:
    draft = create(client)
    change = {"document": graphs.chain(3), "revision": 1}
    first = client.put(f"{BASE}/{draft['id']}", json=change)
    again = client.put(f"{BASE}/{draft['id']}", json=change)
    assert again.status_code == 200 and again.json == first.json


def test_an_emptied_draft_can_be_brought_back(client: FlaskClient) -> None:
    draft = create(client, graphs.chain(4))
    client.put(f"{BASE}/{draft['id']}", json={"document": graphs.document(), "revision": 1, "emptied": True})
    journal = client.get(f"{BASE}/{draft['id']}/revisions").json["revisions"]
    assert [(entry["revision"], entry["node_count"]) for entry in journal] == [(2, 0), (1, 4)]
    restored = client.post(f"{BASE}/{draft['id']}/restore", json={"revision": 1}).json["pipeline"]
    assert restored["revision"] == 3 and restored["document"] == draft["document"]
    assert client.get(f"{BASE}/{draft['id']}/revisions/2").json["document"]["nodes"] == []


def test_an_empty_document_never_replaces_a_full_one_unasked(client: FlaskClient) -> None:
    draft = create(client, graphs.chain(4))
    for flag in ({}, {"emptied": False}):
        answer = client.put(f"{BASE}/{draft['id']}", json={"document": graphs.document(), "revision": 1} | flag)
        assert answer.status_code == 409
        assert "one of 4 nodes" in answer.json["error"]["message"] and "emptied" in answer.json["error"]["hint"]
        assert answer.json["pipeline"] == draft
    assert client.get(f"{BASE}/{draft['id']}").json["pipeline"] == draft
    assert [entry["revision"] for entry in client.get(f"{BASE}/{draft['id']}/revisions").json["revisions"]] == [1]


def test_what_is_empty_already_may_change(client: FlaskClient) -> None:
    draft = create(client, graphs.document())
    renamed = {**graphs.document(), "name": "Renamed"}
    answer = client.put(f"{BASE}/{draft['id']}", json={"document": renamed, "revision": 1})
    assert answer.status_code == 200 and answer.json["pipeline"]["name"] == "Renamed"


def test_the_journal_keeps_the_newest_and_the_last_of_each_minute_before(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "KEPT_REVISIONS", 3)
    clock = iter([0.0, 10.0, 59.0, 60.0, 130.0, 131.0, 132.0, 133.0])
    monkeypatch.setattr(storage, "time", SimpleNamespace(time=lambda: next(clock)))  # of no other thread
    draft = create(client)
    for revision in range(1, 8):
        client.put(f"{BASE}/{draft['id']}", json={"document": graphs.chain(revision + 2), "revision": revision})
    monkeypatch.undo()
    journal = client.get(f"{BASE}/{draft['id']}/revisions").json["revisions"]
    assert [entry["revision"] for entry in journal] == [8, 7, 6, 4, 3]


def test_the_journal_forgets_the_oldest_minutes(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "KEPT_REVISIONS", 2)
    monkeypatch.setattr(storage, "KEPT_MINUTES", 3)
    clock = iter(range(0, 60_000, 60))
    monkeypatch.setattr(storage, "time", SimpleNamespace(time=lambda: float(next(clock))))
    draft = create(client)
    for revision in range(1, 100):
        client.put(f"{BASE}/{draft['id']}", json={"document": graphs.chain(revision % 3 + 2), "revision": revision})
    monkeypatch.undo()
    journal = client.get(f"{BASE}/{draft['id']}/revisions").json["revisions"]
    assert [entry["revision"] for entry in journal] == [100, 99, 98, 97, 96]


def test_the_journal_says_what_was_done_and_comes_in_pages(client: FlaskClient) -> None:
    draft = create(client)
    done = {"document": graphs.chain(5), "revision": 1, "step": "Set Epochs of Train"}
    client.put(f"{BASE}/{draft['id']}", json=done)
    client.post(f"{BASE}/{draft['id']}/restore", json={"revision": 1})
    first = client.get(f"{BASE}/{draft['id']}/revisions?limit=2").json
    assert [entry["step"] for entry in first["revisions"]] == ["Restore revision 1", "Set Epochs of Train"]
    rest = client.get(f"{BASE}/{draft['id']}/revisions?limit=2&before={first['next']}").json
    assert [entry["step"] for entry in rest["revisions"]] == ["Create the pipeline"] and rest["next"] is None
    assert client.put(f"{BASE}/{draft['id']}", json=done | {"step": "x" * 201}).status_code == 400


def test_a_deleted_draft_is_gone(client: FlaskClient) -> None:
    draft = create(client)
    assert client.delete(f"{BASE}/{draft['id']}").status_code == 204
    assert client.get(f"{BASE}/{draft['id']}").status_code == 404
    assert client.get(f"{BASE}/{draft['id']}/revisions").status_code == 404
    assert client.delete(f"{BASE}/{draft['id']}").status_code == 404


def test_an_unfinished_draft_may_be_saved_but_not_a_misshapen_one(client: FlaskClient) -> None:
    create(client, graphs.single("no-such-module", anything="goes"))
    answer = client.post(BASE, json={"document": graphs.document() | {"nods": []}})
    assert answer.status_code == 422
    assert "nods" in answer.json["error"]["message"]
    assert answer.json["error"]["hint"] == "Did you mean 'nodes'?"
    assert len(answer.json["faults"]) == 1


def test_validate_tells_all_faults_and_stores_nothing(client: FlaskClient) -> None:
    document = graphs.document(graphs.node("a", "identity"), graphs.node("b", "no-such-module"))
    answer = client.post("/api/v1/validate", json={"pipeline": document}).json
    assert not answer["valid"]
    assert {fault["node"] for fault in answer["faults"]} == {"a", "b"}
    assert client.post("/api/v1/validate", json={"pipeline": graphs.chain(3)}).json == {"valid": True, "faults": []}
    assert client.get("/api/v1/runs").json["runs"] == []


def test_plan_says_what_would_run(client: FlaskClient) -> None:
    answer = client.post("/api/v1/plan", json={"pipeline": graphs.chain(2)}).json
    assert {node["action"] for node in answer["nodes"].values()} == {"run"}
    assert answer["faults"] == []


def test_a_plan_of_an_unfinished_draft_tells_of_what_could_run_and_the_faults(client: FlaskClient) -> None:
    document = graphs.document(
        graphs.node("a", "source"),
        graphs.node("b", "identity"),
        graphs.node("c", "identity"),
        wires=(graphs.wire("a.folder", "b.folder"),),
    )
    answer = client.post("/api/v1/plan", json={"pipeline": document})
    assert answer.status_code == 200
    assert set(answer.json["nodes"]) == {"a", "b"}
    assert [(fault["node"], fault["port"]) for fault in answer.json["faults"]] == [("c", "folder")]
    assert answer.json["seconds_expected"] is None
    alone = client.post("/api/v1/plan", json={"pipeline": document, "only": ["b"]}).json
    assert [fault["node"] for fault in alone["faults"]] == ["a"]
    assert client.post("/api/v1/plan", json={"pipeline": {"format": "other"}}).status_code == 422
