"""Data sets: uploads in parts, folders on the server, hostile archives."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from torchwire.extensions import services

BASE = "/api/v1/datasets"
PIXEL = bytes.fromhex("ffd8ffe000104a464946") + os.urandom(3000)  # only names count before a run


def archive(members: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in (members or {f"{kind}/{i}.jpg": PIXEL for kind in "ab" for i in range(3)}).items():
            packed.writestr(name, data)
    return out.getvalue()


def begin(client: FlaskClient, size: int, name: str = "flowers", filename: str = "flowers.zip") -> dict[str, Any]:
    answer = client.post(BASE, json={"name": name, "filename": filename, "size": size})
    assert answer.status_code == 201, answer.json
    return dict(answer.json["upload"])


def send(client: FlaskClient, upload_id: str, offset: int, data: bytes) -> TestResponse:
    url = f"{BASE}/uploads/{upload_id}?offset={offset}"
    return client.put(url, data=data, content_type="application/octet-stream")


def upload(client: FlaskClient, data: bytes, **names: str) -> TestResponse:
    begun = begin(client, len(data), **names)
    for offset in range(0, len(data), begun["part_size"]):
        assert send(client, begun["id"], offset, data[offset : offset + begun["part_size"]]).status_code == 200
    return client.post(f"{BASE}/uploads/{begun['id']}/finish")


def home(app: Flask) -> Path:
    return services(app).config.home


def test_an_archive_comes_in_parts_and_is_counted(app: Flask, client: FlaskClient) -> None:
    data = archive()
    answer = upload(client, data)
    assert answer.status_code == 201
    dataset = answer.json["dataset"]
    assert dataset["summary"] == {"images": 6, "categories": {"a": 3, "b": 3}}
    assert dataset["digest"] == hashlib.sha256(data).hexdigest() and dataset["size"] == len(data)
    assert "path" not in dataset
    assert dataset in client.get(BASE).json["datasets"]
    resolved = services(app).database.datasets.resolve("flowers")
    assert resolved and Path(resolved["path"]).read_bytes() == data
    assert list((home(app) / "uploads").iterdir()) == []


def test_an_upload_goes_on_where_it_stopped(client: FlaskClient) -> None:
    data = archive()
    begun = begin(client, len(data))
    send(client, begun["id"], 0, data[:4096])
    wrong = send(client, begun["id"], 9000, b"later")
    assert wrong.status_code == 409 and wrong.json["received"] == 4096
    assert send(client, begun["id"], 0, data[:4096]).json["received"] == 4096
    assert client.get(f"{BASE}/uploads/{begun['id']}").json["upload"]["received"] == 4096
    for offset in range(4096, len(data), 4096):
        send(client, begun["id"], offset, data[offset : offset + 4096])
    assert client.post(f"{BASE}/uploads/{begun['id']}/finish").status_code == 201


def test_bytes_written_but_not_recorded_are_sent_again(app: Flask, client: FlaskClient) -> None:
    data = archive()
    begun = begin(client, len(data))
    send(client, begun["id"], 0, data[:1000])
    with (home(app) / "uploads" / f"{begun['id']}.part").open("ab") as part:
        part.write(b"written just before a crash")
    for offset in range(1000, len(data), 4000):
        assert send(client, begun["id"], offset, data[offset : offset + 4000]).status_code == 200
    finished = client.post(f"{BASE}/uploads/{begun['id']}/finish")
    assert finished.json["dataset"]["digest"] == hashlib.sha256(data).hexdigest()


def test_an_upload_can_not_end_early_nor_grow(client: FlaskClient) -> None:
    begun = begin(client, 100)
    early = client.post(f"{BASE}/uploads/{begun['id']}/finish")
    assert early.status_code == 409 and "100 bytes" in early.json["error"]["message"]
    assert send(client, begun["id"], 0, b"x" * 101).status_code == 400
    assert send(client, begun["id"], 0, b"x" * 5000).status_code == 413
    assert client.put(f"{BASE}/uploads/{begun['id']}?offset=0", json={}).status_code == 415
    assert (
        client.put(f"{BASE}/uploads/{begun['id']}", data=b"x", content_type="application/octet-stream").status_code
        == 400
    )


def test_an_abandoned_upload_leaves_nothing(app: Flask, client: FlaskClient) -> None:
    begun = begin(client, 100)
    send(client, begun["id"], 0, b"half")
    assert client.delete(f"{BASE}/uploads/{begun['id']}").status_code == 204
    assert client.get(f"{BASE}/uploads/{begun['id']}").status_code == 404
    assert list((home(app) / "uploads").iterdir()) == []


def test_a_stale_upload_is_cleaned_away(app: Flask, client: FlaskClient) -> None:
    begun = begin(client, 100)
    files = services(app).datasets
    files.clean()
    assert client.get(f"{BASE}/uploads/{begun['id']}").status_code == 200
    stray = home(app) / "uploads" / "stray.part"
    stray.touch()
    os.utime(stray, (1, 1))
    files._lifetime = -1
    files.clean()
    assert client.get(f"{BASE}/uploads/{begun['id']}").status_code == 404
    assert list((home(app) / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", " ", "../up", "a/b", "a\\b", ".hidden", "_x", "a" * 300, "na\u202eme", "a\x00b", "ä"]
)
def test_odd_names_are_refused(client: FlaskClient, name: str) -> None:
    assert client.post(BASE, json={"name": name, "filename": "x.zip", "size": 1}).status_code == 400


@pytest.mark.parametrize("filename", ["x.exe", "zip", "", "x.zip/../../y", "x.zip.html", "x.rar"])
def test_only_archives_may_be_uploaded(client: FlaskClient, filename: str) -> None:
    answer = client.post(BASE, json={"name": "x", "filename": filename, "size": 1})
    assert answer.status_code == 400 and answer.json["error"]["name"] in ("InvalidArchiveError", "InvalidRequestError")


def test_a_name_can_be_used_once(client: FlaskClient) -> None:
    assert upload(client, archive()).status_code == 201
    assert client.post(BASE, json={"name": "flowers", "filename": "x.zip", "size": 1}).status_code == 409


def test_too_large_an_archive_is_refused_at_once(client: FlaskClient) -> None:
    assert client.post(BASE, json={"name": "x", "filename": "x.zip", "size": 1_000_001}).status_code == 413
    assert client.post(BASE, json={"name": "x", "filename": "x.zip", "size": 0}).status_code == 400


def link_member() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        info = zipfile.ZipInfo("a/link.jpg")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    return out.getvalue()


def tar_with(info: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        packed.addfile(info)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a/zeros.bmp", bytes(60_000_000))
    return out.getvalue()


def tar_link() -> bytes:
    info = tarfile.TarInfo("a/link.jpg")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return tar_with(info)


HOSTILE = {
    "escapes": (archive({"../evil.jpg": b"x"}), "x.zip", "../evil.jpg"),
    "absolute": (archive({"/etc/evil.jpg": b"x"}), "x.zip", "/etc/evil.jpg"),
    "drive": (archive({"C:\\evil.jpg": b"x"}), "x.zip", "C:"),
    "link": (link_member(), "x.zip", "a/link.jpg"),
    "tar link": (tar_link(), "x.tar", "a/link.jpg"),
    "tar escapes": (tar_with(tarfile.TarInfo("../evil.jpg")), "x.tar", "../evil.jpg"),
    "bomb": (bomb(), "x.zip", "times its size"),
    "equal names": (archive({"a/x.jpg": b"1", "A/X.jpg": b"2"}), "x.zip", "X.jpg"),
    "truncated": (archive()[:-60], "x.zip", "damaged"),
    "no archive": (b"hello" * 300, "x.zip", "no archive"),
}


@pytest.mark.parametrize(("data", "filename", "named"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_archives_are_refused_by_name(
    app: Flask, client: FlaskClient, data: bytes, filename: str, named: str
) -> None:
    before = client.get(BASE).json
    answer = upload(client, data, filename=filename)
    assert answer.status_code == 400 and answer.json["error"]["name"] == "InvalidArchiveError"
    assert named in answer.json["error"]["message"]
    assert client.get(BASE).json == before
    assert list((home(app) / "uploads").iterdir()) == []


def test_a_folder_below_an_allowed_root_is_registered_where_it_lies(app: Flask, client: FlaskClient) -> None:
    folder = home(app) / "data" / "pets"
    (folder / "cat").mkdir(parents=True)
    (folder / "cat" / "1.jpg").write_bytes(PIXEL)
    (folder / "dog").mkdir()
    (folder / "dog" / "1.png").write_bytes(PIXEL)
    answer = client.post(BASE, json={"name": "pets", "path": str(folder)})
    assert answer.status_code == 201, answer.json
    assert answer.json["dataset"]["kind"] == "folder"
    assert answer.json["dataset"]["summary"] == {"images": 2, "categories": {"cat": 1, "dog": 1}}
    assert client.delete(f"{BASE}/pets").status_code == 204
    assert (folder / "cat" / "1.jpg").exists()


@pytest.mark.parametrize(
    "path", ["/etc", "/", "..", "../..", "data/../../..", "\x00", "~", "a" * 5000, "no-such-folder"]
)
def test_folders_elsewhere_are_refused(client: FlaskClient, path: str) -> None:
    answer = client.post(BASE, json={"name": "x", "path": path})
    assert answer.status_code in (400, 403, 404), answer.json


def test_a_link_out_of_an_allowed_root_is_refused(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (home(app) / "data" / "way-out").symlink_to(tmp_path / "secret")
    assert client.post(BASE, json={"name": "x", "path": "way-out"}).status_code == 403


def test_a_deleted_archive_is_removed_and_no_other(app: Flask, client: FlaskClient) -> None:
    data = archive()
    upload(client, data, name="one")
    upload(client, data, name="two")
    folder = home(app) / "datasets" / hashlib.sha256(data).hexdigest()
    assert client.delete(f"{BASE}/one").status_code == 204
    assert [file.name for file in folder.iterdir()] == ["two.zip"]
    assert client.delete(f"{BASE}/two").status_code == 204 and not folder.exists()
    assert client.delete(f"{BASE}/two").status_code == 404


def test_a_file_that_only_pretends_is_called_by_its_own_name(client: FlaskClient) -> None:
    answer = upload(client, b"this is no archive", filename="holiday.zip")
    assert answer.status_code == 400
    assert "'holiday.zip'" in answer.json["error"]["message"]
