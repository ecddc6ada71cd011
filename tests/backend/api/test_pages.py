"""The front end's files, samples, and what describes the interface."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from torchwire.api import load_resources, openapi, pages
from torchwire.api.resource import ROUTES
from torchwire.graph.document import Pipeline
from torchwire.samples import samples

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def app(shared_app: Flask) -> Flask:
    """These tests only look."""
    return shared_app


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end of three files."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Torchwire</title>")
    (folder / "assets" / "main-abc.js").write_text("plain")
    (folder / "assets" / "main-abc.js.gz").write_bytes(gzip.compress(b"plain"))
    (folder / "favicon.svg").write_text("<svg/>")
    monkeypatch.setattr(pages, "STATIC", folder)
    return folder


def test_screens_of_the_page_are_the_page(client: FlaskClient, built: Path) -> None:
    for path in ("/", "/pipelines/abc", "/pipelines/abc/runs/def", "/runs"):
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200 and answer.mimetype == "text/html"
        assert answer.headers["Cache-Control"] == "no-cache" and "Torchwire" in answer.text


def test_hashed_files_are_kept_forever_and_sent_packed(client: FlaskClient, built: Path) -> None:
    packed = client.get("/assets/main-abc.js", headers={"Accept-Encoding": "gzip, br"}, buffered=True)
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.data) == b"plain"
    assert "immutable" in packed.headers["Cache-Control"] and packed.mimetype == "text/javascript"
    plain = client.get("/assets/main-abc.js", buffered=True)
    assert plain.text == "plain" and "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


def test_other_files_are_asked_for_anew(client: FlaskClient, built: Path) -> None:
    answer = client.get("/favicon.svg", buffered=True)
    assert answer.headers["Cache-Control"] == "no-cache" and answer.headers["ETag"]
    again = client.get("/favicon.svg", headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/missing.png", "/../app.py", "/..%2fapp.py", "/%2e%2e/app.py", "/assets/..%2f..%2fapp.py"],
)
def test_nothing_else_is_sent(client: FlaskClient, built: Path, path: str) -> None:
    assert client.get(path, buffered=True).status_code == 404


def test_unknown_addresses_of_the_interface_are_not_the_page(client: FlaskClient, built: Path) -> None:
    answer = client.get("/api/v1/surprise")
    assert answer.status_code == 404 and answer.json["error"]["name"] == "NotFoundError"


def test_without_a_built_front_end_a_page_says_so(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    answer = client.get("/")
    assert answer.status_code == 200 and "make run" in answer.text


def test_health_tells_the_workers_state(client: FlaskClient) -> None:
    for path in ("/healthz", "/api/v1/healthz"):
        answer = client.get(path).json
        assert answer["status"] == "ok" and answer["workers"] in ("starting", "ready")


def test_modules_come_with_types_and_categories(client: FlaskClient) -> None:
    answer = client.get("/api/v1/modules").json
    assert answer["categories"] == ["Tests"] and len(answer["modules"]) >= 5
    assert {"id", "title", "help", "hue"} == set(answer["types"][0])


def test_a_target_is_listed(client: FlaskClient) -> None:
    assert client.get("/api/v1/targets").json["targets"][0]["id"] == "local-cpu"


def test_the_samples_are_listed_and_one_is_the_first_draft(client: FlaskClient) -> None:
    listed = client.get("/api/v1/samples").json["samples"]
    assert {sample["id"] for sample in listed} >= {"image-classification-densenet", "image-classification-resnet"}
    assert all(sample["name"] and sample["description"] and sample["node_count"] for sample in listed)
    (draft,) = client.get("/api/v1/pipelines").json["pipelines"]
    assert draft["name"] == next(s["name"] for s in listed if s["id"] == "image-classification-densenet")


def test_a_new_home_has_the_sample_data(client: FlaskClient) -> None:
    (dataset,) = client.get("/api/v1/datasets").json["datasets"]
    assert dataset["name"] == "fashion-mnist-sample"
    assert dataset["summary"]["images"] >= 900 and len(dataset["summary"]["categories"]) == 10


def test_samples_are_complete_documents() -> None:
    assert len(samples()) >= 2
    for sample in samples():
        assert Pipeline.model_validate(sample.document).as_json() == sample.document


def test_every_route_is_described(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").json
    assert described["openapi"].startswith("3.1")
    operations = {(path, method.upper()) for path, item in described["paths"].items() for method in item}
    assert len(operations) == len(ROUTES) >= 30
    assert all(op["summary"] and op["x-permission"] for item in described["paths"].values() for op in item.values())


def test_every_reference_leads_somewhere() -> None:
    load_resources()
    text = json.dumps(openapi.build())
    names = set(openapi.build()["components"]["schemas"])
    wanted = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= names and {"Run", "RunEvent", "PipelineDocument", "ModuleSpec", "Preview"} <= names


def test_the_published_schema_of_the_document_is_fresh() -> None:
    published = json.loads((REPOSITORY / "docs" / "reference" / "pipeline.schema.json").read_text(encoding="utf-8"))
    assert published == openapi.pipeline_schema()


@pytest.mark.skipif(shutil.which("node") is None, reason="the types are generated with Node")
def test_the_generated_types_are_fresh() -> None:
    command = ["node", "scripts/generate.mjs", "--check"]
    done = subprocess.run(command, cwd=REPOSITORY / "frontend", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
