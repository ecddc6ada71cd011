"""Room on the disk: what is shown, pinned, deleted and collected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.server_fixtures import make_app, make_config, run_to_end, started
from tests.timing import until
from torchwire.extensions import services

API = "/api/v1"


def source(content: str) -> dict[str, Any]:
    return graphs.single("source", content=content)


def digest_of(run: dict[str, Any], node: str = "only", port: str = "folder") -> str:
    return str(run["nodes"][node]["outputs"][port]["digest"])


@pytest.fixture
def is_there(app: Flask) -> Callable[[str], bool]:
    return lambda digest: services(app).engine.artifact(digest).is_dir()


def test_use_is_shown_by_kind(app: Flask, client: FlaskClient) -> None:
    run_to_end(app, source("x" * 1000))
    shown = client.get(f"{API}/storage").json
    used = shown["used"]
    assert used["artifacts"] > 1000 and used["database"] > 0 and used["attempts"] > 0
    assert used["total"] == sum(size for kind, size in used.items() if kind != "total")
    assert shown["budget"] is None
    assert 1000 < shown["collectable"] <= used["artifacts"]
    assert 0 < shown["disk"]["free"] <= shown["disk"]["total"]


def test_runs_are_shown_with_what_deleting_them_would_free(app: Flask, client: FlaskClient) -> None:
    first = run_to_end(app, graphs.chain(2))
    second = run_to_end(app, graphs.chain(3))
    shown = client.get(f"{API}/storage/runs?limit=1").json
    assert [run["id"] for run in shown["runs"]] == [second["id"]]
    assert shown["next"] == second["id"]
    (older,) = client.get(f"{API}/storage/runs?before={shown['next']}").json["runs"]
    assert older["id"] == first["id"]
    assert older["size_alone"] < older["size"]  # the second run reuses all that the first made
    assert shown["runs"][0]["seconds_to_recompute"] > 0


def test_artifacts_are_shown_with_what_they_would_cost(app: Flask, client: FlaskClient) -> None:
    run_to_end(app, source("small"))
    run_to_end(app, source("x" * 5000))
    shown = client.get(f"{API}/storage/artifacts").json["artifacts"]
    assert [artifact["size"] for artifact in shown] == [5000, 5]
    assert shown[0]["module"] == "source" and shown[0]["node"] == "only" and shown[0]["runs"] == 1
    assert shown[0]["seconds_to_recompute"] > 0
    unused = client.get(f"{API}/storage/artifacts?order=last_used&limit=1").json
    assert unused["artifacts"][0]["size"] == 5
    after = client.get(f"{API}/storage/artifacts?order=last_used&before={unused['next']}").json
    assert [artifact["size"] for artifact in after["artifacts"]] == [5000]


def test_reuse_counts_as_use(app: Flask, client: FlaskClient) -> None:
    run_to_end(app, source("a"))
    run_to_end(app, source("b"))
    run_to_end(app, source("a"))
    (first, _) = client.get(f"{API}/storage/artifacts?order=last_used").json["artifacts"]
    assert first["runs"] == 1


def test_a_dry_run_says_what_would_go_and_removes_nothing(app: Flask, client: FlaskClient, is_there) -> None:
    run = run_to_end(app, source("x" * 1000))
    answer = client.post(f"{API}/storage/collect", json={"dry_run": True}).json
    assert [artifact["digest"] for artifact in answer["artifacts"]] == [digest_of(run)]
    assert answer["freed"] > 1000 and answer["seconds_to_recompute"] > 0
    assert is_there(digest_of(run))


def test_what_is_collected_is_gone_and_history_stays(app: Flask, client: FlaskClient, is_there) -> None:
    run = run_to_end(app, source("x" * 1000))
    answer = client.post(f"{API}/storage/collect", json={"dry_run": False}).json
    assert answer["freed"] > 1000
    assert not is_there(digest_of(run))
    assert client.get(f"{API}/runs/{run['id']}").json["run"]["nodes"] == run["nodes"]
    outputs = f"{API}/runs/{run['id']}/nodes/only/outputs"
    assert client.get(outputs).json["outputs"][0]["size"] == 1000
    for address in (f"{outputs}/folder/preview", f"{outputs}/folder/download"):
        gone = client.get(address)
        assert gone.status_code == 410 and "Submit again" in gone.json["error"]["hint"]
    assert client.get(f"{API}/artifacts/{digest_of(run)}/images/x").status_code == 410
    assert client.get(f"{API}/storage/artifacts").json["artifacts"] == []
    again = run_to_end(app, source("x" * 1000))
    assert not again["nodes"]["only"]["reused"]
    assert again["nodes"]["only"]["why"] == "its output is gone"
    assert is_there(digest_of(again))


def test_what_is_pinned_stays(app: Flask, client: FlaskClient, is_there) -> None:
    kept, loose = run_to_end(app, source("kept")), run_to_end(app, source("loose"))
    alone = run_to_end(app, source("alone"))
    assert client.put(f"{API}/runs/{kept['id']}/pin").json["run"]["pinned"]
    assert client.put(f"{API}/artifacts/{digest_of(alone)}/pin").status_code == 204
    client.post(f"{API}/storage/collect", json={"dry_run": False})
    assert [is_there(digest_of(run)) for run in (kept, loose, alone)] == [True, False, True]
    assert not client.delete(f"{API}/runs/{kept['id']}/pin").json["run"]["pinned"]
    assert client.delete(f"{API}/artifacts/{digest_of(alone)}/pin").status_code == 204
    client.post(f"{API}/storage/collect", json={"dry_run": False})
    assert [is_there(digest_of(run)) for run in (kept, alone)] == [False, False]


def test_what_a_run_under_way_needs_stays(app: Flask, client: FlaskClient, is_there, tmp_path: Path) -> None:
    graph = graphs.document(
        graphs.node("n0", "source"),
        graphs.node("n1", "waits-for-file", path=str(tmp_path / "flag")),
        graphs.node("n2", "add-file"),
        wires=(graphs.wire("n1.result", "n2.folder"),),
    )
    other = run_to_end(app, source("other"))
    run_id = client.post(f"{API}/runs", json={"pipeline": graph}).json["run"]["id"]
    state = lambda: client.get(f"{API}/runs/{run_id}").json["run"]["nodes"]  # noqa: E731
    until(lambda: state()["n0"]["status"] == "completed")
    answer = client.post(f"{API}/storage/collect", json={"dry_run": False}).json
    assert [artifact["digest"] for artifact in answer["artifacts"]] == [digest_of(other)]
    assert is_there(state()["n0"]["outputs"]["folder"]["digest"])
    assert client.delete(f"{API}/runs/{run_id}").status_code == 409
    (tmp_path / "flag").touch()
    until(lambda: client.get(f"{API}/runs/{run_id}").json["run"]["status"] == "completed")


def test_deleting_a_run_frees_what_it_alone_needs(app: Flask, client: FlaskClient, is_there) -> None:
    first, second = run_to_end(app, graphs.chain(2)), run_to_end(app, graphs.chain(3))
    attempts = {path.name for path in (services(app).config.home / "attempts").iterdir()}
    assert client.delete(f"{API}/runs/{second['id']}").status_code == 204
    assert not is_there(digest_of(second, "n2", "result"))
    assert is_there(digest_of(first, "n1", "result"))
    assert client.get(f"{API}/runs/{second['id']}").status_code == 404
    assert client.get(f"{API}/runs/{second['id']}/events").status_code == 404
    assert len({path.name for path in (services(app).config.home / "attempts").iterdir()}) == len(attempts) - 1
    assert [run["id"] for run in client.get(f"{API}/storage/runs").json["runs"]] == [first["id"]]


def test_a_pinned_run_is_not_deleted(app: Flask, client: FlaskClient) -> None:
    run = run_to_end(app, source("kept"))
    client.put(f"{API}/runs/{run['id']}/pin")
    refused = client.delete(f"{API}/runs/{run['id']}")
    assert refused.status_code == 409 and "Unpin" in refused.json["error"]["hint"]


def test_a_budget_is_kept_after_each_run_and_spares_what_that_run_made(
    app: Flask, client: FlaskClient, is_there
) -> None:
    first = run_to_end(app, source("x" * 400_000))
    total = client.get(f"{API}/storage").json["used"]["total"]
    assert client.put(f"{API}/storage/budget", json={"bytes": total + 200_000}).json["budget"] == total + 200_000
    second = run_to_end(app, source("y" * 400_000))
    until(lambda: not is_there(digest_of(first)))
    assert is_there(digest_of(second))
    assert client.put(f"{API}/storage/budget", json={"bytes": 1}).status_code == 200
    until(lambda: not is_there(digest_of(second)))
    assert client.put(f"{API}/storage/budget", json={"bytes": None}).json["budget"] is None


def test_the_budget_may_come_from_the_settings(tmp_path: Path) -> None:
    with started(make_app(make_config(tmp_path / "home", disk_budget="50GB"))) as app:
        assert app.test_client().get(f"{API}/storage").json["budget"] == 50_000_000_000


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("put", "/storage/budget", {"bytes": -1}, 400),
        ("put", "/storage/budget", {"bytes": "much"}, 400),
        ("post", "/storage/collect", {}, 400),
        ("post", "/storage/collect", {"dry_run": 1}, 400),
        ("get", "/storage/artifacts?order=colour", None, 400),
        ("get", "/storage/artifacts?before=nope", None, 404),
        ("get", "/storage/runs?before=nope", None, 404),
        ("get", "/storage/runs?limit=x", None, 400),
        ("put", "/runs/nope/pin", None, 404),
        ("delete", "/runs/nope/pin", None, 404),
        ("delete", "/runs/nope", None, 404),
        ("put", "/artifacts/nope/pin", None, 404),
    ],
)
def test_bad_requests_are_refused(shared_app: Flask, method: str, path: str, body: Any, status: int) -> None:
    answer = getattr(shared_app.test_client(), method)(API + path, json=body)
    assert answer.status_code == status, answer.json
