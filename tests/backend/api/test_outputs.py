"""What nodes made: lists, previews, downloads and pictures."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import graphs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.backend.server_fixtures import make_app, make_config, run_to_end, started
from tests.timing import until
from torchwire.api import thumbnails
from torchwire.api.thumbnails import trim
from torchwire.data_types.image_directory import ImageRecord, write_image_directory
from torchwire.extensions import services


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One server for all of these tests; they only look."""
    with started(make_app(make_config(tmp_path_factory.mktemp("outputs") / "home", max_image_pixels=90_000))) as app:
        yield app


@pytest.fixture(scope="module")
def node(app: Flask) -> str:
    """The address of the last node of a run that is over."""
    run = run_to_end(app, graphs.chain(3))
    assert run["status"] == "completed"
    return f"/api/v1/runs/{run['id']}/nodes/n2"


@pytest.fixture(scope="module")
def pictures(app: Flask) -> str:
    """The address of an image directory in the store."""
    digest = "ab" + "0" * 62
    folder = services(app).config.home / "artifacts" / "ab" / digest / "data"
    (folder / "cat").mkdir(parents=True)
    records = []
    for name, size, mode in (("small", (28, 20), "L"), ("wide", (400, 100), "RGB"), ("huge", (400, 300), "RGBA")):
        Image.new(mode, size, "white").save(folder / "cat" / f"{name}.png")
        records.append(ImageRecord(f"cat/{name} ü", f"cat/{name}.png", "cat", 0, *size, sha256=f"{name:0<64}"))
    records.append(ImageRecord("broken", "cat/broken.png", "cat", 0, 1, 1, sha256="f" * 64))
    (folder / "cat" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    records.append(ImageRecord("escaped", "../../../../torchwire.db", "cat", 0, 1, 1, sha256="e" * 64))
    write_image_directory(folder, sorted(records, key=lambda record: record.path), ["cat"], labelled=True)
    services(app).database.artifacts.add(digest, "ImageDirectory", 1, 6)
    return f"/api/v1/artifacts/{digest}/images"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the one server."""
    return app.test_client()


def test_outputs_are_listed_with_their_labels(client: FlaskClient, node: str) -> None:
    (output,) = client.get(f"{node}/outputs").json["outputs"]
    assert output["port"] == "result" and output["label"] == "Result" and output["type"] == "AnyDirectory"
    assert output["files"] == 3 and len(output["digest"]) == 64


def test_unknown_places_are_not_found(client: FlaskClient, node: str) -> None:
    for path in ("nope/outputs", "n2/outputs/nope/preview", "n2/outputs/nope/download", "nope/logs", "../../x/outputs"):
        assert client.get(f"{node.rpartition('/')[0]}/{path}").status_code == 404
    assert client.get(f"/api/v1/artifacts/{'0' * 64}/images/x").status_code == 404
    assert client.get("/api/v1/artifacts/..%2f..%2ftorchwire.db/images/x").status_code == 404


def test_a_preview_tells_what_is_inside(client: FlaskClient, node: str) -> None:
    preview = client.get(f"{node}/outputs/result/preview").json
    assert preview["type"] == "AnyDirectory" and preview["total"] == 3
    assert {file["path"] for file in preview["files"]} == {"content.txt", "file1.txt", "file2.txt"}


def test_a_download_is_a_zip_of_everything(client: FlaskClient, node: str) -> None:
    answer = client.get(f"{node}/outputs/result/download")
    assert answer.mimetype == "application/zip" and "n2-result.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["content.txt", "file1.txt", "file2.txt"]
        assert packed.read("content.txt") == b"hello"


def test_a_file_is_downloaded_by_its_path(client: FlaskClient, node: str) -> None:
    address = f"{node}/outputs/result/files/content.txt"
    with client.get(address) as answer:
        assert answer.data == b"hello" and "attachment" in answer.headers["Content-Disposition"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    with client.get(address, headers={"Range": "bytes=1-2"}) as part:
        assert part.status_code == 206 and part.data == b"el"


@pytest.mark.parametrize("name", ["nope.txt", "../index.json", "..%2findex.json", "%2fetc%2fpasswd", "."])
def test_no_file_is_found_but_the_outputs_own(client: FlaskClient, node: str, name: str) -> None:
    assert client.get(f"{node}/outputs/result/files/{name}").status_code == 404


def test_a_thumbnail_fits_the_square(client: FlaskClient, pictures: str) -> None:
    answer = client.get(f"{pictures}/cat/wide ü?size=100")
    assert answer.status_code == 200 and answer.mimetype == "image/webp"
    assert Image.open(io.BytesIO(answer.data)).size == (100, 25)
    assert "immutable" in answer.headers["Cache-Control"] and "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_small_image_is_enlarged_but_not_blurred(client: FlaskClient, pictures: str) -> None:
    picture = Image.open(io.BytesIO(client.get(f"{pictures}/cat/small ü?size=160").data))
    assert picture.size == (160, 114) and picture.getcolors() == [(160 * 114, (255, 255, 255))]


def test_a_thumbnail_is_made_once(app: Flask, client: FlaskClient, pictures: str) -> None:
    first = client.get(f"{pictures}/cat/wide ü?size=64")
    kept = list((services(app).config.home / "cache" / "thumbnails").rglob("wide*-64.webp"))
    assert len(kept) == 1
    kept[0].write_bytes(b"from the cache")
    assert client.get(f"{pictures}/cat/wide ü?size=64").data == b"from the cache"
    etag = first.headers["ETag"]
    again = client.get(f"{pictures}/cat/wide ü?size=64", headers={"If-None-Match": etag})
    assert again.status_code == 304 and again.data == b"" and again.headers["ETag"] == etag


def test_without_a_size_the_file_itself_comes(client: FlaskClient, pictures: str) -> None:
    answer = client.get(f"{pictures}/cat/small ü")
    assert answer.mimetype == "image/png" and Image.open(io.BytesIO(answer.data)).size == (28, 20)


@pytest.mark.parametrize(("image", "status"), [("cat/huge ü", 400), ("broken", 400), ("escaped", 404), ("nope", 404)])
def test_bad_images_are_told(client: FlaskClient, pictures: str, image: str, status: int) -> None:
    answer = client.get(f"{pictures}/{image}?size=100")
    assert answer.status_code == status and answer.json["error"]["message"]


def test_the_oldest_thumbnails_go_first(tmp_path: Path) -> None:

    for age, name in enumerate(("new", "older", "oldest")):
        file = tmp_path / name[0] / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes(100))
        os.utime(file, (1000 - age, 1000 - age))
    trim(tmp_path, limit=250)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["new", "older"]


def test_a_thumbnail_that_is_being_written_is_not_trimmed(tmp_path: Path) -> None:
    for name in ("written", "left"):
        (tmp_path / f"{name}{thumbnails.PARTIAL}").write_bytes(bytes(100))
    os.utime(tmp_path / f"left{thumbnails.PARTIAL}", (1000, 1000))
    trim(tmp_path, limit=0)
    assert [path.name for path in tmp_path.iterdir()] == [f"written{thumbnails.PARTIAL}"]


def test_the_cache_of_thumbnails_is_held_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "TRIM_AFTER", 2000)
    monkeypatch.setattr(thumbnails.trim, "__defaults__", (3000,))
    Image.effect_noise((64, 64), 90).save(tmp_path / "noise.png")
    for number in range(20):
        thumbnails.thumbnail(
            thumbnails.FoundImage(tmp_path / "noise.png", f"{number:064}"), 64, tmp_path / "cache", 10**6
        )

    def kept() -> int:
        return sum(name.endswith(".webp") for *_, names in os.walk(tmp_path / "cache") for name in names)

    until(lambda: kept() < 4 and "torchwire-thumbnails" not in {thread.name for thread in threading.enumerate()})


def test_events_and_logs_come_in_pages(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    run = run_to_end(app, graphs.single("waits-for-file", path=str(gate)))
    everything = client.get(f"/api/v1/runs/{run['id']}/events").json
    assert [event["seq"] for event in everything["events"]] == list(range(1, run["seq"] + 1))
    assert not everything["more"]
    page: dict[str, Any] = client.get(f"/api/v1/runs/{run['id']}/events?after=1&limit=2").json
    assert [event["seq"] for event in page["events"]] == [2, 3] and page["more"]
    logs = client.get(f"/api/v1/runs/{run['id']}/nodes/only/logs").json
    assert [line[3] for line in logs["lines"]] == ["waiting"] and not logs["more"]


def test_log_files_come_as_a_zip_without_what_links_lead_to(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    run = run_to_end(app, graphs.single("waits-for-file", path=str(gate)))
    folder = services(app).config.home / "attempts" / str(services(app).database.attempts.newest(run["id"], "only"))
    (folder / "logs" / "deep").mkdir(parents=True)
    (folder / "logs" / "deep" / "curves").write_text("1 2 3")
    (folder / "logs" / "secret").symlink_to("/etc/passwd")
    answer = client.get(f"/api/v1/runs/{run['id']}/nodes/only/logs/files")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="only-log.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["stdout.log", "stderr.log", "logs/deep/curves"]
        assert archive.read("logs/deep/curves") == b"1 2 3"
        assert b"waiting" in archive.read("stdout.log")
    again = run_to_end(app, graphs.single("waits-for-file", path=str(gate)))
    assert again["nodes"]["only"]["reused"]
    missing = client.get(f"/api/v1/runs/{again['id']}/nodes/only/logs/files")
    assert missing.status_code == 404 and "made its output" in missing.json["error"]["hint"]
    assert client.get(f"/api/v1/runs/{run['id']}/nodes/nope/logs/files").status_code == 404


def test_runs_are_listed_newest_first_in_pages(app: Flask, client: FlaskClient) -> None:
    ids = [run_to_end(app, graphs.single("source", content=str(i)))["id"] for i in range(3)]
    page = client.get("/api/v1/runs?limit=2").json
    assert [run["id"] for run in page["runs"]] == [ids[2], ids[1]]
    assert page["runs"][0]["node_counts"] == {"completed": 1, "total": 1}
    rest = client.get(f"/api/v1/runs?limit=2&before={page['next']}").json
    assert rest["runs"][0]["id"] == ids[0]


def test_runs_are_found_by_their_state_and_name(app: Flask, client: FlaskClient) -> None:
    named = {name: run_to_end(app, {**graphs.single("source"), "name": name})["id"] for name in ("Dogs 100%", "Cats")}

    def found(query: str) -> list[str]:
        return [run["id"] for run in client.get(f"/api/v1/runs?{query}").json["runs"]]

    assert found("search=dOGS") == [named["Dogs 100%"]]
    assert found("search=%25") == [named["Dogs 100%"]]
    assert found("status=completed&search=a") == [named["Cats"]]
    assert found("status=failed") == []


def test_a_draft_can_be_run_by_its_id_and_a_run_cancelled(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    document = graphs.single("waits-for-file", path=str(tmp_path / "never"))
    draft = client.post("/api/v1/pipelines", json={"document": document}).json["pipeline"]
    answer = client.post("/api/v1/runs", json={"pipeline_id": draft["id"]})
    assert answer.status_code == 202
    run_id = answer.json["run"]["id"]
    assert [run["id"] for run in client.get(f"/api/v1/runs?pipeline_id={draft['id']}").json["runs"]] == [run_id]
    assert client.post(f"/api/v1/runs/{run_id}/cancel").status_code == 202

    until(lambda: client.get(f"/api/v1/runs/{run_id}").json["run"]["status"] == "cancelled")
    assert client.post(f"/api/v1/runs/{run_id}/cancel").json["run"]["status"] == "cancelled"
    assert client.post("/api/v1/runs/nobody/cancel").status_code == 404


def test_a_part_is_run_and_one_of_its_nodes_cancelled(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    waits = graphs.node("a", "waits-for-file", path=str(tmp_path / "never"))
    graph = graphs.document(waits, graphs.node("b", "source"))
    for path in ("runs", "plan", "validate"):
        answer = client.post(f"/api/v1/{path}", json={"pipeline": graph, "until": ["c"]}).get_json()
        fault = answer["faults"][0]
        assert fault["message"] == "The pipeline has no node 'c'."
        both = client.post(f"/api/v1/{path}", json={"pipeline": graph, "until": ["a"], "only": ["a"]})
        assert both.status_code == 400
    planned = client.post("/api/v1/plan", json={"pipeline": graph, "only": ["a"]}).get_json()
    assert list(planned["nodes"]) == ["a"]
    run = client.post("/api/v1/runs", json={"pipeline": graph, "until": ["a"]}).get_json()["run"]
    assert (run["asked_for"], list(run["nodes"])) == ({"until": ["a"]}, ["a"])
    path = f"/api/v1/runs/{run['id']}/nodes"
    assert client.post(f"{path}/b/cancel", json={}).status_code == 404
    cancelled = client.post(f"{path}/a/cancel", json={})
    assert (cancelled.status_code, cancelled.get_json()["run"]["id"]) == (202, run["id"])
    until(lambda: services(app).database.runs.snapshot(run["id"])["status"] == "cancelled")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("image=x", 400, "'images' is missing"),
        ("images=x&image=x", 404, "no artifact"),
        ("images={digest}&image=x&part=all", 400, "'part'"),
        ("images={digest}&image=x", 404, "No installed module"),
    ],
)
def test_an_explanation_that_cannot_be_given_is_refused_in_words(
    client: FlaskClient, pictures: str, query: str, status: int, says: str
) -> None:
    digest = pictures.split("/artifacts/")[1].split("/")[0]
    answer = client.get(f"/api/v1/artifacts/{digest}/explain?{query.format(digest=digest)}")
    assert answer.status_code == status and says in answer.json["error"]["message"]
