"""Failed nodes over HTTP: every answer that holds a report keeps to the declared form."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from tests.backend.server_fixtures import run_to_end
from tests.graphs import single


def test_a_report_comes_with_the_run_and_with_its_events(app: Flask, client: FlaskClient) -> None:
    run_id = run_to_end(app, single("diverges", learning_rate=0.2))["id"]
    run = client.get(f"/api/v1/runs/{run_id}").get_json()["run"]
    report = run["nodes"]["only"]["error"]["report"]
    assert report["remedy"] == {
        "text": "Halve learning rate, from 0.2 to 0.1.",
        "node": "only",
        "parameter": "learning_rate",
        "value": 0.1,
    }
    assert run["error"]["message"] == run["nodes"]["only"]["error"]["message"]
    assert "report" not in run["error"]
    events = client.get(f"/api/v1/runs/{run_id}/events").get_json()["events"]
    assert next(event for event in events if event["type"] == "node.failed")["error"]["report"] == report
    assert "report" not in client.get("/api/v1/runs").get_json()["runs"][0]["error"]


def test_a_crash_is_reported_over_http(app: Flask, client: FlaskClient) -> None:
    run_id = run_to_end(app, single("crashes-in-c"))["id"]
    report = client.get(f"/api/v1/runs/{run_id}").get_json()["run"]["nodes"]["only"]["error"]["report"]
    assert report["exit"] == "signal 11"
    assert report["memory_limit"] > 0
