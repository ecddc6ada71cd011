"""The choke point: who gets in, and that nothing is left out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.server_fixtures import make_app, make_config
from torchwire.api.guard import PERMISSIONS, Guard
from torchwire.api.resource import ROUTES
from torchwire.app import create_app
from torchwire.config import load_config
from torchwire.errors import ForbiddenError
from torchwire.extensions import services
from torchwire.sockets import namespace

TOKEN = "a-token-of-some-length"  # noqa: S105


@pytest.fixture
def app(shared_app: Flask) -> Flask:
    """These tests only look."""
    return shared_app


@pytest.fixture
def locked(tmp_path: Path) -> FlaskClient:
    """A client of a server that needs a token."""
    return make_app(make_config(tmp_path / "locked", token=TOKEN)).test_client()


def test_every_route_declares_a_permission(app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    assert len(rules) >= 30
    for rule in rules:
        assert rule.endpoint in ROUTES, f"{rule} is not declared"
        route = ROUTES[rule.endpoint]
        assert route.permission in PERMISSIONS and route.summary
        assert (rule.methods or set()) - {"HEAD", "OPTIONS"} == {route.method}


def test_only_health_and_sign_in_are_public() -> None:
    public = {route.path for route in ROUTES.values() if route.permission == "public"}
    assert public == {"/healthz", "/api/v1/healthz", "/login"}


def test_no_get_changes_anything() -> None:
    assert {route.permission for route in ROUTES.values() if route.method == "GET"} <= {"public", "read"}


def test_every_socket_event_declares_a_permission() -> None:
    handlers = {name.removeprefix("on_") for name in vars(namespace.RunNamespace) if name.startswith("on_")}
    assert handlers == set(namespace.PERMISSIONS) and len(handlers) >= 4
    assert set(namespace.PERMISSIONS.values()) <= set(PERMISSIONS)


def test_a_route_without_a_permission_is_refused(tmp_path: Path) -> None:
    app = create_app(load_config(home=tmp_path / "home"))
    app.add_url_rule("/forgotten", "forgotten", lambda: "secrets")
    assert app.test_client().get("/forgotten").status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost", "localhost:1", "[::1]:8321", "127.8.8.8"])
def test_names_of_this_machine_are_let_in(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/modules", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8321", "127.0.0.1.evil.example", "10.0.0.5", "localhost@evil.example", "", "::"],
)
@pytest.mark.parametrize("path", ["/", "/api/v1/runs", "/healthz", "/socket.io/?EIO=4&transport=polling"])
def test_other_names_are_refused(client: FlaskClient, host: str, path: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "file://", "https://"])
@pytest.mark.parametrize("path", ["/api/v1/runs", "/socket.io/?EIO=4&transport=polling"])
def test_other_origins_are_refused(client: FlaskClient, origin: str, path: str) -> None:
    assert client.get(path, headers={"Host": "localhost:8321", "Origin": origin}).status_code == 403


def test_its_own_origin_is_let_in(client: FlaskClient) -> None:
    headers = {"Host": "localhost:8321", "Origin": "http://localhost:8321"}
    assert client.get("/api/v1/runs", headers=headers).status_code == 200


def test_another_site_may_link_here_but_not_fetch(client: FlaskClient) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link, buffered=True).status_code == 200
    assert client.get("/api/v1/runs", headers=link | {"Sec-Fetch-Mode": "no-cors"}).status_code == 403
    assert client.post("/api/v1/runs/x/cancel", headers=link).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_forms_change_nothing(client: FlaskClient, kind: str) -> None:
    assert client.post("/api/v1/validate", data="{}", headers={"Content-Type": kind}).status_code == 415
    assert client.post("/api/v1/runs/x/cancel", data="", headers={"Content-Type": kind}).status_code == 415


def test_no_answer_invites_other_origins(client: FlaskClient) -> None:
    for answer in (
        client.get("/api/v1/runs"),
        client.options("/api/v1/runs"),
        client.get("/socket.io/?EIO=4&transport=polling"),
    ):
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-allow-o")]


def test_everything_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/api/v1/modules", "/api/v1/nothing", "/no/such/file.js"):
        headers = client.get(path, buffered=True).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "'unsafe-eval'" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/runs", "/api/v1/nothing", "/assets/x.js", "/socket.io/?EIO=4&transport=polling"]
)
def test_a_token_is_needed_everywhere(locked: FlaskClient, path: str) -> None:
    assert locked.get(path).status_code == 401
    assert locked.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert locked.get(path, headers={"Cookie": "torchwire_session=wrong"}).status_code == 401


def test_a_bearer_token_lets_programs_in(locked: FlaskClient) -> None:
    assert locked.get("/api/v1/modules", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert locked.get("/healthz").status_code in (200, 500)  # public; this server isn't started


def test_the_sign_in_link_lets_browsers_in(locked: FlaskClient) -> None:
    assert locked.get("/login?token=wrong").status_code == 401
    signed_in = locked.get(f"/login?token={TOKEN}")
    assert signed_in.status_code == 302 and signed_in.headers["Location"] == "/"
    cookie = signed_in.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and TOKEN not in cookie
    assert locked.get("/api/v1/modules").status_code == 200


def test_on_all_addresses_numbers_are_let_in_and_foreign_names_are_not(tmp_path: Path) -> None:
    guard = Guard(load_config(home=tmp_path, host="0.0.0.0", allowed_hosts="studio.example, other.example"))
    guard.admit({"HTTP_HOST": "192.168.1.5:8321"}, "read")
    guard.admit({"HTTP_HOST": "studio.example"}, "read")
    with pytest.raises(ForbiddenError):
        guard.admit({"HTTP_HOST": "evil.example"}, "read")


def test_the_engine_may_only_read_allowed_roots(app: Flask) -> None:
    assert services(app).config.roots == ((services(app).config.home / "data").resolve(),)
