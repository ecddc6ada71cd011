"""Setting up targets: over HTTP, in torchwire.toml, and on the command line."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.server_fixtures import make_app, make_config, run_to_end, started
from tests.graphs import document, node, single
from tests.remote.conftest import PLUGIN, Site
from tests.timing import until
from torchwire.extensions import services

API = "/api/v1"
TOKEN = "a-secret-that-nobody-sees"  # noqa: S105 - of a target for tests


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def app(home: Path) -> Iterator[Flask]:
    with started(make_app(make_config(home))) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def options(site: Site, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in site.target(**more).items() if key not in ("id", "kind", "title")}


def row(client: FlaskClient, target: str = "there") -> dict[str, Any] | None:
    rows = client.get(f"{API}/targets").json["targets"]
    return next((row for row in rows if row["id"] == target), None)


def available(client: FlaskClient) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        shown = row(client)
        return shown if shown and shown["available"] else None

    return dict(until(found))


def toml(site: Site, **more: Any) -> str:
    return "[[targets]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in site.target(**more).items())


def test_a_target_is_added_used_changed_and_removed(app: Flask, client: FlaskClient, site: Site, home: Path) -> None:
    new = {"id": "there", "kind": "subprocess", "title": "There", "options": options(site, token=TOKEN)}
    made = client.post(f"{API}/targets", json=new | {"token": "wrong"})
    assert made.status_code == 201 and made.json["has_token"] and made.json["origin"] == "page"
    until(lambda: "The token is wrong" in str((row(client) or {})["why"]))
    about = {"title": "Over there", "options": options(site, token=TOKEN)}
    assert client.put(f"{API}/targets/there", json=about | {"token": TOKEN}).status_code == 200
    shown = available(client)
    assert shown["title"] == "Over there" and [machine["cores"] for machine in shown["machines"]] == [2, 2]
    assert shown["versions"]["python"] and shown["surveyed"]
    secret = home / "secrets" / "there.token"
    assert secret.read_text() == TOKEN and stat.S_IMODE(secret.stat().st_mode) == 0o600
    run = run_to_end(app, single("source") | {"default_compute_target": "there"})
    assert run["status"] == "completed", run["error"]
    assert client.post(f"{API}/targets", json=new).status_code == 409
    assert client.delete(f"{API}/targets/there").status_code == 204
    assert row(client) is None and not secret.exists()
    assert client.delete(f"{API}/targets/there").status_code == 404


def test_it_is_there_after_a_restart(client: FlaskClient, site: Site, home: Path, app: Flask) -> None:
    new = {"id": "there", "kind": "subprocess", "title": "There", "options": options(site)}
    assert client.post(f"{API}/targets", json=new).status_code == 201
    services(app).stop()
    with started(make_app(make_config(home))) as again:
        assert available(again.test_client())["title"] == "There"
    services(app).stop = lambda kill: None  # type: ignore[method-assign]  # it was


def test_a_target_of_the_file_is_not_changed_on_the_page(home: Path, site: Site) -> None:
    home.mkdir()
    (home / "torchwire.toml").write_text(toml(site) + "exchange_options = { auto_mkdir = true }\n")
    with started(make_app(make_config(home))) as app:
        client = app.test_client()
        shown = available(client)
        assert shown["origin"] == "file" and shown["options"]["exchange_options"] == {"auto_mkdir": "********"}
        body = {"title": "Mine", "options": options(site)}
        assert client.put(f"{API}/targets/there", json=body).status_code == 409
        assert client.delete(f"{API}/targets/there").status_code == 409


def test_testing_a_target_says_what_is_there_or_why_not(client: FlaskClient, site: Site) -> None:
    asked = {"kind": "subprocess", "options": options(site, token=TOKEN, python="2.7")}
    found = client.post(f"{API}/targets/test", json=asked | {"token": TOKEN})
    assert found.status_code == 200 and len(found.json["survey"]["machines"]) == 2
    assert "Python" in found.json["mismatch"] and "2.7 there" in found.json["mismatch"]
    refused = client.post(f"{API}/targets/test", json=asked | {"token": "wrong"})
    assert refused.status_code == 403 and refused.json["error"]["message"] == "The token is wrong."
    site.down.touch()
    silent = client.post(f"{API}/targets/test", json=asked | {"token": TOKEN})
    assert silent.json["error"]["name"] == "ComputeTargetUnavailableError" and silent.json["error"]["hint"]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"id": "Not an id"}, 400, "can't have the id"),
        ({"id": "local-cpu"}, 409, "already"),
        ({"kind": "subproces"}, 404, "no kind of target"),
        ({"options": {"site": "x"}}, 400, "Option 'exchange'"),
        ({"options": {"site": "x", "exchange": "y", "corse": 2}}, 400, "Option 'corse'"),
    ],
)
def test_wrong_set_ups_are_refused(client: FlaskClient, change: dict[str, Any], status: int, words: str) -> None:
    right = {"id": "there", "kind": "subprocess", "title": "", "options": {"site": "x", "exchange": "y"}}
    answer = client.post(f"{API}/targets", json=right | change)
    assert answer.status_code == status and words in answer.json["error"]["message"]
    assert row(client) is None


def test_kinds_say_what_they_take(client: FlaskClient) -> None:
    kinds = {kind["kind"]: kind for kind in client.get(f"{API}/target-kinds").json["kinds"]}
    assert {"ray", "slurm", "subprocess"} <= set(kinds)
    ours = kinds["subprocess"]
    assert ours["installed"] and {"exchange", "site"} <= set(ours["schema"]["properties"])
    assert all(about.get("description") for about in ours["schema"]["properties"].values())


def test_the_command_line_shows_them(home: Path, site: Site, tmp_path: Path) -> None:
    home.mkdir()
    (home / "torchwire.toml").write_text(toml(site))
    command = [sys.executable, "-m", "torchwire.cli", "targets", "--json", "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=True)
    found = next(row for row in json.loads(done.stdout)["targets"] if row["id"] == "there")
    assert found["available"] and len(found["machines"]) == 2


def test_a_pipeline_for_a_target_is_checked_without_looking_at_it(home: Path, site: Site, tmp_path: Path) -> None:
    home.mkdir()
    (home / "torchwire.toml").write_text(toml(site))
    site.down.touch()
    pipeline = tmp_path / "pipeline.json"
    pipeline.write_text(json.dumps(document(node("net", "resnet"), default_compute_target="there")))
    command = [sys.executable, "-m", "torchwire.cli", "validate", str(pipeline), "--json", "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert json.loads(done.stdout) == {"valid": True, "faults": []}
