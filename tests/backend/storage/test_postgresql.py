"""PostgreSQL: addresses, what goes wrong with them, one engine for each database, and a server that goes away."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backend.server_fixtures import make_app, make_config, started
from tests.graphs import chain, document, node, wire
from tests.places import Place, statuses
from tests.postgresql import PASSWORD, Server
from tests.timing import until
from torchwire.config import load_config
from torchwire.errors import ConflictError, DatabaseUnavailableError, ParameterParseError
from torchwire.storage.database import Database

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # pg8000's, when a server goes away


@pytest.fixture(autouse=True)
def sockets_are_closed() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def new_place_on(tmp_path: Path, new_place: Callable[..., Place], postgresql_url: str) -> Callable[..., Place]:
    return lambda **options: new_place(url=postgresql_url, **options)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that a test may stop."""
    from tests.postgresql import why_not

    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with Server() as made:
        yield made


def test_a_run_comes_to_its_end_and_is_reused(new_place_on: Callable[..., Place]) -> None:
    place = new_place_on().ready()
    run = place.run(chain(3))
    assert statuses(run) == {"n0": "completed", "n1": "completed", "n2": "completed"}
    assert [event.seq for event in place.said(run["id"])] == list(range(1, run["seq"] + 1))
    assert set(statuses(place.run(chain(3))).values()) == {"reused"}
    assert place.engine.plan(chain(3))["nodes"]["n2"]["action"] == "reuse"
    assert place.engine.collector.overview()["used"]["database"] > 0
    assert place.engine.collector.collect(dry_run=False)["freed"] > 0
    assert statuses(place.run(chain(3)))["n0"] == "completed"


def test_a_stopped_engine_leaves_its_nodes_and_the_next_finds_them(new_place_on, tmp_path: Path) -> None:
    graph = document(
        node("first", "waits-for-file", path=str(tmp_path / "flag")),
        node("then", "identity"),
        wires=(wire("first.result", "then.folder"),),
    )
    before = new_place_on().ready()
    run_id = before.submit(graph)
    before.wait_for("node.started", "first")
    before.stop()
    after = new_place_on().ready()
    (tmp_path / "flag").touch()
    run = after.finish(run_id)
    assert statuses(run) == {"first": "completed", "then": "completed"}
    assert run["nodes"]["first"]["attempt"] == 1


def test_the_engine_survives_a_restart_of_the_server(server: Server, new_place, tmp_path: Path) -> None:
    with server.database() as url:
        place = new_place(url=url).ready()
        graph = document(
            node("first", "waits-for-file", path=str(tmp_path / "flag")),
            node("then", "identity"),
            wires=(wire("first.result", "then.folder"),),
        )
        run_id = place.submit(graph)
        place.wait_for("node.started", "first")
        server.stop()
        with pytest.raises(DatabaseUnavailableError, match=r"be reached|was lost"):
            place.database.runs.list()
        (tmp_path / "flag").touch()
        time.sleep(1.0)  # the engine notices, and the node ends meanwhile
        server.start()
        assert statuses(place.finish(run_id)) == {"first": "completed", "then": "completed"}
        assert [event.seq for event in place.said(run_id)] == list(range(1, place.said(run_id)[-1].seq + 1))
        assert set(statuses(place.run(graph)).values()) == {"reused"}
        place.stop(kill=True)


def test_the_server_works_on_it_and_says_what_it_cannot_keep(postgresql_url: str, tmp_path: Path) -> None:
    with started(make_app(make_config(tmp_path / "home", database_url=postgresql_url))) as app:
        client = app.test_client()
        api = "/api/v1"
        draft = client.post(f"{api}/pipelines", json={"document": chain(2)}).json["pipeline"]
        assert client.get(f"{api}/pipelines").json["pipelines"][0]["node_count"] == 2
        run = client.post(f"{api}/runs", json={"pipeline_id": draft["id"]}).json["run"]
        until(lambda: client.get(f"{api}/runs/{run['id']}").json["run"]["finished"])
        assert client.get(f"{api}/runs?pipeline_id={draft['id']}").json["runs"][0]["status"] == "completed"
        assert client.get(f"{api}/storage/runs").json["runs"][0]["size"] > 0
        assert client.get(f"{api}/storage/artifacts").json["artifacts"][0]["module"] == "add-file"
        assert client.get(f"{api}/datasets").status_code == 200
        assert client.get(f"{api}/runs/%00").status_code == 400
        assert client.get(f"{api}/runs?before=%00").status_code == 400
        assert client.get(f"{api}/runs/{run['id']}/events?after={2**53}").json["events"] == []
        nul = client.post(f"{api}/pipelines", json={"document": chain(1) | {"name": "a\0b"}})
        assert nul.status_code == 400 and "can't keep" in nul.json["error"]["message"]
        assert client.delete(f"{api}/runs/{run['id']}").status_code == 204


def test_two_engines_never_share_a_database(new_place_on: Callable[..., Place], tmp_path: Path) -> None:
    first = new_place_on().start()
    second = new_place_on(home=tmp_path / "another")
    with pytest.raises(ConflictError, match="in use by another Torchwire"):
        second.start()
    first.stop()
    second.start()


def test_an_engine_whose_database_was_taken_over_stands_back(
    postgresql: Server, postgresql_url: str, tmp_path: Path
) -> None:
    first, second = Database(postgresql_url, tmp_path), Database(postgresql_url, tmp_path)
    first.claim()
    with pytest.raises(ConflictError):
        second.claim()
    first.claim()
    postgresql.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    second.claim()
    with pytest.raises(ConflictError):
        first.claim()
    second.close()
    first.claim()
    first.close()


def test_reads_see_one_state_and_write_nothing(postgresql_url: str, tmp_path: Path) -> None:
    database = Database(postgresql_url, tmp_path)
    run_id = database.runs.create("x", {}, []).run_id
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT status FROM runs").scalar()
        other = Database(postgresql_url, tmp_path)
        other.runs.append(run_id, [("run.started", None, {})])
        other.close()
        assert connection.exec_driver_sql("SELECT status FROM runs").scalar() == before == "queued"
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    assert database.runs.snapshot(run_id)["status"] == "running"
    database.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": "nobody-here"}, "refuses the user 'nobody-here'"),
        ({"password": "wr0ng"}, "refuses the user"),
        ({"database": "nowhere"}, "There is no database 'nowhere'"),
    ],
)
def test_a_wrong_address_is_told_without_the_password(
    postgresql: Server, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    address = postgresql.url(**({"database": "postgres"} | change))
    database = Database(address, tmp_path)
    with pytest.raises(DatabaseUnavailableError, match=said) as caught:
        database.claim()
    database.close()
    text = f"{caught.value!r} {caught.value.as_json()} {database!r}"
    assert PASSWORD not in text and "wr0ng" not in text and "s3cret" not in text


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pg8000")
    database = Database("postgresql://me:hush@127.0.0.1:1/x", tmp_path)
    with pytest.raises(DatabaseUnavailableError, match=r"127\.0\.0\.1:1 can't be reached") as caught:
        database.migrate()
    assert "hush" not in str(caught.value.as_json())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql//me:hush@host/x",
        "mysql://me:hush@host/x",
        "postgresql://me:hush@host:port/x",
        "postgresql://me:hush@host/x?sslmode=perhaps",
        "postgresql://me:hush@host/x?colour=red",
        "sqlite://",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_without_the_password(tmp_path: Path, address: str) -> None:
    with pytest.raises(ParameterParseError) as caught:
        Database(address, tmp_path)
    assert caught.value.parameter == "database_url"
    assert "hush" not in f"{caught.value!r} {caught.value.as_json()}"


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(DatabaseUnavailableError) as caught:
        Database("postgresql://me:hush@127.0.0.1/x", tmp_path)
    assert "torchwire[postgresql]" in str(caught.value.hint)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+pg8000"])
def test_an_address_may_be_written_in_the_usual_ways(tmp_path: Path, scheme: str) -> None:
    pytest.importorskip("pg8000")
    Database(f"{scheme}://me:p%40ss@host:5432/x?sslmode=require&application_name=wire", tmp_path).close()


def test_the_settings_hide_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHWIRE_DATABASE_URL", "postgresql://me:hush@host/x")
    config = load_config(home=tmp_path)
    assert config.database == "postgresql://me:hush@host/x"
    assert "hush" not in repr(config)
    monkeypatch.delenv("TORCHWIRE_DATABASE_URL")
    assert load_config(home=tmp_path).database == f"sqlite:///{tmp_path / 'torchwire.db'}"
