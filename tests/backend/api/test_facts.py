"""What is known of a pipeline before it runs, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import graphs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.backend.server_fixtures import keeps_its_word, make_config, run_to_end, started
from torchwire.app import create_app
from torchwire.execution.settings import EngineSettings
from torchwire.registry import Registry

SAMPLE = Path(__file__).parents[3] / "examples" / "image-classification-densenet.json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A server with the built-in modules, whose workers load no torch."""
    home = tmp_path_factory.mktemp("facts") / "home"
    config = make_config(home)
    app = create_app(config, Registry.installed(), EngineSettings(allowed_roots=None, preload=(), cores=2))
    app.after_request(keeps_its_word)
    with started(app):
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the one server."""
    return app.test_client()


@pytest.fixture
def sample() -> dict[str, Any]:
    """The pipeline that comes with Torchwire."""
    return dict(json.loads(SAMPLE.read_text()))


def ask(client: FlaskClient, document: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/facts", json={"pipeline": document})
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def set_parameter(document: dict[str, Any], node: str, **parameters: Any) -> None:
    next(n for n in document["nodes"] if n["id"] == node)["parameters"] |= parameters


def test_facts_flow_from_the_data_set_to_the_scores(client: FlaskClient, sample: dict[str, Any]) -> None:
    facts = ask(client, sample)["facts"]
    assert facts["dataset"]["dataset"]["text"] == "1,000 images, 10 categories, 28×28"
    assert facts["apply-training"]["output_image_directory"]["text"] == "810 images, 10 categories, 28×28 → 64×64"
    assert facts["train"]["trained_model"]["parameters"] == 6_964_106
    assert facts["score"]["scored_dataset"]["rows_of_table"] == 100
    assert not any(port["exact"] for ports in facts.values() for port in ports.values())


def test_unfinished_pipelines_have_facts_as_far_as_they_go(client: FlaskClient, sample: dict[str, Any]) -> None:
    sample["wires"] = [wire for wire in sample["wires"] if wire["to"][0] not in ("train", "split-b")]
    set_parameter(sample, "split-a", fraction=7)  # not a fraction
    facts = ask(client, sample)["facts"]
    assert "convert" in facts and "init" in facts and "split-a" not in facts
    assert "images" not in facts.get("split-b", {}).get("output_image_directory1", {})
    assert facts["train"]["trained_model"]["rows"] != []


def test_a_loop_leaves_the_rest_alone(client: FlaskClient, sample: dict[str, Any]) -> None:
    loop = {"from": ["split-b", "output_image_directory1"], "to": ["split-b", "input_image_directory"]}
    sample["wires"] = [wire for wire in sample["wires"] if wire["to"][0] != "split-b"] + [loop]
    facts = ask(client, sample)["facts"]
    assert "split-a" in facts and "split-b" not in facts


def test_a_remark_names_its_place_and_its_fix_helps(client: FlaskClient, sample: dict[str, Any]) -> None:
    set_parameter(sample, "init", size=64, crop_size=224)
    (found,) = ask(client, sample)["remarks"]
    assert (found["node"], found["parameter"], found["code"]) == ("init", "crop_size", "crop-larger-than-resize")
    for change in found["fix"]["changes"]:
        set_parameter(sample, change["node"], **{change["parameter"]: change["value"]})
    assert ask(client, sample)["remarks"] == []


def test_a_data_set_that_is_gone_is_remarked_at_its_field(client: FlaskClient, sample: dict[str, Any]) -> None:
    set_parameter(sample, "dataset", path="fashion-mnist")
    (found,) = ask(client, sample)["remarks"]
    assert (found["node"], found["parameter"], found["severity"]) == ("dataset", "path", "error")
    assert "no data set, folder or archive 'fashion-mnist'" in found["text"]
    set_parameter(sample, "dataset", path=found["fix"]["changes"][0]["value"])
    assert ask(client, sample)["remarks"] == []
    set_parameter(sample, "dataset", path="something else")
    (far,) = ask(client, sample)["remarks"]
    assert "fix" not in far
    set_parameter(sample, "dataset", path="")  # asked for, not wrong
    assert ask(client, sample)["remarks"] == []


def test_a_document_that_cannot_be_read_gives_faults(client: FlaskClient) -> None:
    answer = client.post("/api/v1/facts", json={"pipeline": {"format": "other"}})
    assert answer.status_code == 422 and answer.json["faults"]
    assert ask(client, graphs.document())["facts"] == {}


def test_what_was_made_counts_instead_of_what_is_foreseen(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    for category in ("ant", "bee"):
        (tmp_path / category).mkdir()
        for number in range(3):
            Image.new("RGB", (20 + number, 30), (number, 9, 9)).save(tmp_path / category / f"{number}.png")
    (tmp_path / "bee" / "broken.png").write_bytes(b"no image")
    document = graphs.document(
        graphs.node("data", "dataset", path=str(tmp_path)),
        graphs.node("convert", "convert-to-image-directory"),
        graphs.node("split", "split-image-directory", fraction=0.5),
        wires=(
            graphs.wire("data.dataset", "convert.input_dataset"),
            graphs.wire("convert.output_image_directory", "split.input_image_directory"),
        ),
    )
    before = ask(client, document)["facts"]
    assert before["convert"]["output_image_directory"]["images"] == 7
    assert run_to_end(app, document)["status"] == "completed"
    set_parameter(document, "split", fraction=0.4)
    after = ask(client, document)["facts"]
    assert after["convert"]["output_image_directory"]["exact"]
    assert after["convert"]["output_image_directory"]["images"] == 6
    assert not after["split"]["output_image_directory1"]["exact"]
    assert after["split"]["output_image_directory1"]["images"] == 2


def test_a_rehearsal_tells_time_and_memory_or_what_is_missing(client: FlaskClient, sample: dict[str, Any]) -> None:
    set_parameter(sample, "init", size=32, crop_size=32)
    set_parameter(sample, "train", batch_size=4)
    rehearsal = rehearsed(client, sample)
    assert rehearsal["status"] == "done", rehearsal
    assert rehearsal["nodes"]["train"]["seconds_per_epoch"] > 0 and rehearsal["nodes"]["score"]["seconds"] > 0
    assert rehearsal["seconds"] >= rehearsal["nodes"]["train"]["seconds"]
    assert rehearsal["memory_bytes"] > 100_000_000 and rehearsal["waiting"] == 0


def test_a_rehearsal_can_be_cancelled_and_only_one_goes_on(client: FlaskClient, sample: dict[str, Any]) -> None:
    begun = client.post("/api/v1/preflight", json={"pipeline": sample}).json["rehearsal"]
    assert client.post("/api/v1/preflight", json={"pipeline": sample}).status_code == 409
    assert client.delete(f"/api/v1/preflight/{begun['id']}").status_code == 204
    assert client.get(f"/api/v1/preflight/{begun['id']}").json["rehearsal"]["status"] == "cancelled"
    assert client.get("/api/v1/preflight/other").status_code == 404


def test_a_pipeline_with_faults_is_not_rehearsed(client: FlaskClient, sample: dict[str, Any]) -> None:
    set_parameter(sample, "train", batch_size=0)
    assert client.post("/api/v1/preflight", json={"pipeline": sample}).status_code == 422


def rehearsed(client: FlaskClient, document: dict[str, Any]) -> dict[str, Any]:
    """The rehearsal of a document, once it is over."""
    answer = client.post("/api/v1/preflight", json={"pipeline": document})
    assert answer.status_code == 202, answer.json
    until = monotonic() + 100
    while monotonic() < until:
        found = client.get(f"/api/v1/preflight/{answer.json['rehearsal']['id']}").json["rehearsal"]
        if found["status"] != "running":
            return dict(found)
        sleep(0.2)
    raise AssertionError("the rehearsal took too long")
