"""Whatever a client sends, it gets an error in words and never a bare 500."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import graphs
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.backend.server_fixtures import make_app, make_config, started
from torchwire.api import load_resources
from torchwire.api.resource import ROUTES

load_resources()
BODIES: dict[str, bytes] = {
    "empty": b"",
    "not json": b"hello",
    "half": b'{"document": {',
    "null": b"null",
    "list": b"[]",
    "number": b"1",
    "text": b'"x"',
    "NaN": b'{"revision": NaN, "document": {}}',
    "infinity": b'{"revision": -Infinity, "document": {}}',
    "1e999": b'{"revision": 1e999, "size": 1e999, "name": "x", "filename": "x.zip", "document": {}}',
    "huge int": b'{"revision": 1'
    + b"0" * 300
    + b', "document": {}, "name": "x", "filename": "x.zip", "size": 1'
    + b"0" * 300
    + b"}",
    "endless int": b'{"revision": 1' + b"0" * 10_000 + b"}",
    "big int": b'{"revision": 9223372036854775808, "document": {}}',
    "bad utf-8": b'{"name": "\xff\xfe"}',
    "utf-16": '{"name": "x"}'.encode("utf-16"),
    "half a surrogate": b'{"name": "\\ud800", "document": {"name": "\\udfff"}, "path": "\\ud800"}',
    "deep list": b"[" * 50_000 + b"]" * 50_000,
    "deep object": b'{"document":' * 5000 + b"1" + b"}" * 5000,
    "deep enough": b'{"document":' * 100 + b"1" + b"}" * 100,
    "null character": b'{"name": "a\\u0000b", "path": "/tmp/\\u0000", "document": {"name": "\\u0000"}}',
    "twice": b'{"revision": 1, "revision": 2}',
    "unknown key": b'{"surprise": 1}',
    "wrong types": b'{"document": 1, "revision": "1", "name": [], "filename": {}, "size": "x", "path": 4}',
    "booleans": b'{"document": true, "revision": true, "name": true, "size": true, "filename": true}',
    "nested wrong": b'{"document": {"nodes": {"a": 1}, "wires": "x"}, "revision": 1}',
    "wrong list": b'{"pipeline": {"nodes": [1, null, []], "wires": [{}, {"from": 1}]}}',
    "wrong id": b'{"pipeline_id": ["x"]}',
}
CHANGES = sorted({(route.method, route.path) for route in ROUTES.values() if route.method in ("POST", "PUT", "DELETE")})
READS = sorted({route.path for route in ROUTES.values() if route.method == "GET" and route.path.startswith("/api")})
ODD_PARTS = ["x", "%00", "%ff", "..", "..%2f..%2fetc%2fpasswd", "a" * 2000, "%F0%9F%94%A5", "-1", "1e9", "%ED%A0%80"]
ODD_QUERIES = [
    "limit=-1",
    "limit=x",
    "limit=" + "9" * 400,
    "after=-5",
    "after=1.5",
    "before=x",
    "offset=%00",
    "size=0",
    "limit=٣",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One server for all of these tests: what one of them sends must not break it for the next."""
    with started(make_app(make_config(tmp_path_factory.mktemp("bad") / "home"))) as app:
        yield app.test_client()


def is_in_words(answer: TestResponse) -> bool:
    error = answer.get_json()["error"]
    return bool(error["code"] and error["name"] and error["message"])


def test_there_are_routes_to_try() -> None:
    assert len(CHANGES) >= 12 and len(READS) >= 15


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bad_bodies_are_refused_in_words(client: FlaskClient, body: bytes) -> None:
    for method, path in CHANGES:
        for part in ("x", draft_id(client)):
            filled = fill(path, part)
            answer = client.open(filled, method=method, data=body, content_type="application/json")
            assert answer.status_code in (200, 202, 204) or (answer.status_code < 500 and is_in_words(answer)), filled


@pytest.mark.parametrize("part", ODD_PARTS)
def test_odd_addresses_are_refused_in_words(client: FlaskClient, part: str) -> None:
    for path in READS:
        answer = client.get(fill(path, part))
        assert answer.status_code == 200 or (answer.status_code < 500 and is_in_words(answer)), path


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_odd_queries_are_refused_in_words(client: FlaskClient, query: str) -> None:
    for path in READS:
        answer = client.get(f"{fill(path, 'x')}?{query}")
        assert answer.status_code == 200 or (answer.status_code < 500 and is_in_words(answer)), path


@pytest.mark.parametrize("path", ["/api/v1/validate", "/api/v1/runs", "/api/v1/pipelines"])
@pytest.mark.parametrize(
    "value", [10**400, -(10**19), 2**63, 1e308, "x" * 100_000, "\x00", "\U0001f525", "\u202e", None, True]
)
def test_odd_parameter_values_are_told_or_kept(client: FlaskClient, path: str, value: Any) -> None:
    document = graphs.single("sleeps", milliseconds=value)
    answer = client.post(path, json={"pipeline": document} if "pipelines" not in path else {"document": document})
    assert answer.status_code in (200, 201, 202) or (answer.status_code in (400, 422) and is_in_words(answer))


@pytest.mark.parametrize(
    "field", ["id", "module", "label", "comment", "position", "version", "parameters", "resources"]
)
@pytest.mark.parametrize("value", [None, 10**400, -1, "", "\x00", [], {}, [1e308, -1e308], [[]], {"a": {"b": 1}}, True])
def test_odd_node_fields_never_break_the_server(client: FlaskClient, field: str, value: Any) -> None:
    document = graphs.document({**graphs.node("a", "source"), field: value})
    for path, key in (("validate", "pipeline"), ("plan", "pipeline"), ("pipelines", "document")):
        answer = client.post(f"/api/v1/{path}", json={key: document})
        assert answer.status_code < 500, (path, answer.json)
        assert answer.status_code < 400 or is_in_words(answer)


def test_numbers_that_no_answer_could_hold_are_refused(client: FlaskClient) -> None:
    for number in ("1e999", "-1e999", "NaN", "Infinity"):
        document = json.dumps({"document": graphs.single("sleeps", milliseconds="NUMBER")})
        body = document.replace('"NUMBER"', number)
        answer = client.post("/api/v1/pipelines", data=body, content_type="application/json")
        assert answer.status_code == 400 and is_in_words(answer)


def test_a_body_over_the_limit_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/validate", data=b" " * 200_001, content_type="application/json")
    assert answer.status_code == 413 and answer.json["error"]["name"] == "RequestTooLargeError"


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.delete("/api/v1/runs")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"] and is_in_words(answer)


def test_nothing_to_run_is_told(client: FlaskClient) -> None:
    assert client.post("/api/v1/runs", json={}).status_code == 400
    assert client.post("/api/v1/runs", json={"pipeline_id": "x"}).status_code == 404
    invalid = client.post("/api/v1/runs", json={"pipeline": graphs.single("no-such-module")})
    assert invalid.status_code == 422 and invalid.json["faults"][0] == invalid.json["error"]


def draft_id(client: FlaskClient) -> str:
    answer = client.post(
        "/api/v1/pipelines", data=json.dumps({"document": graphs.chain(1)}), content_type="application/json"
    )
    return str(answer.json["pipeline"]["id"])


def fill(path: str, part: str) -> str:
    return re.sub(r"<(?:\w+:)?\w+>", part, path)
