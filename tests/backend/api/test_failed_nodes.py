"""Failed nodes over HTTP: every answer that holds a report keeps to the declared form."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.server_fixtures import make_app, make_config, run_to_end, started
from tests.graphs import single
from tests.timing import until


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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that is soon full."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_others_fill_is_told_in_words_and_stops_nothing_for_good(small_disk: Path, tmp_path: Path) -> None:
    with started(make_app(make_config(small_disk / "home"))) as app:
        client = app.test_client()
        gate = tmp_path / "gate"
        sent = {"pipeline": single("waits-for-file", path=str(gate))}
        run_id = client.post("/api/v1/runs", json=sent).get_json()["run"]["id"]
        until(lambda: client.get(f"/api/v1/runs/{run_id}").get_json()["run"]["nodes"]["only"]["status"] == "running")
        with (small_disk / "big").open("wb", buffering=0) as big, pytest.raises(OSError, match="No space left"):
            for size in (1 << 16, 1 << 9, 1):
                while True:
                    try:
                        big.write(b"x" * size)
                    except OSError:
                        if size == 1:
                            raise
                        break
        sent = {"pipeline": single("source", content="y" * 50_000)}
        answers = (client.post("/api/v1/runs", json=sent) for _ in range(100))  # the log has some room left in its file
        refused = next(answer for answer in answers if answer.status_code != 202)
        assert (refused.status_code, refused.get_json()["error"]["name"]) == (507, "DiskFullError")
        gate.touch()
        (small_disk / "big").unlink()
        until(lambda: client.get(f"/api/v1/runs/{run_id}").get_json()["run"]["finished"], seconds=40)
        assert run_to_end(app, single("source"))["status"] == "completed"
