"""The database: schema, transactions, numbering, and projections that can be rebuilt from the log."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from torchwire.errors import ConflictError, NotFoundError
from torchwire.storage import migrations
from torchwire.storage.artifacts import Result
from torchwire.storage.database import Database
from torchwire.storage.models import Base
from torchwire.storage.pipelines import StaleRevisionError
from torchwire.storage.projection import apply_to_node, new_node


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    made = Database(database_url, tmp_path)
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[Database]:
    if database_kind == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'test.db'}")
        yield made
        made.close()
        return
    with request.getfixturevalue("postgresql").database(empty=True) as url:
        made = Database(url, tmp_path)
        yield made
        made.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'test.db'}")
    made.migrate()
    yield made
    made.close()


def new_run(database: Database, nodes: Sequence[str] = (), **options: str | None) -> str:
    return database.runs.create("x", {}, nodes, **options).run_id


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_head_that_start_up_compares_with_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(migrations.configuration()).get_current_head() == migrations.HEAD


def test_a_current_database_is_opened_without_loading_alembic(database: Database, database_url: str) -> None:
    script = (
        "import sys; from torchwire.storage.database import Database; "
        f"d = Database({database_url!r}); d.migrate(); d.close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_sqlite_is_in_wal_mode_and_flushes_each_commit(sqlite: Database) -> None:
    with sqlite.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_events_are_numbered_without_gaps_by_many_threads(database: Database) -> None:
    run_id = new_run(database, ["a"])

    def write() -> None:
        for _ in range(20):
            database.runs.append(run_id, [("node.log", "a", {"lines": []})] * 2)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.seq for event in database.runs.events(run_id)] == list(range(1, 162))


def test_a_unit_is_all_or_nothing(database: Database) -> None:
    run_id = new_run(database, ["a"])
    with pytest.raises(RuntimeError), database.unit():
        database.runs.append(run_id, [("run.started", None, {})])
        with database.unit():
            database.attempts.begin("f" * 32, run_id, "a", "local-cpu")
        raise RuntimeError
    assert database.runs.snapshot(run_id)["status"] == "queued"
    assert database.attempts.living(run_id) == []


def test_a_unit_sees_what_it_wrote_and_others_do_not_yet(database: Database) -> None:
    run_id = new_run(database)
    seen = []
    with database.unit():
        database.runs.append(run_id, [("run.started", None, {})])
        assert database.runs.snapshot(run_id)["status"] == "running"
        other = threading.Thread(target=lambda: seen.append(database.runs.snapshot(run_id)["status"]))
        other.start()
        other.join()
    assert seen == ["queued"]


def test_a_node_state_can_be_rebuilt_from_the_log(database: Database) -> None:
    run_id = new_run(database, ["a"])
    output = {"port": "p", "output_type": "T", "digest": "d", "size": 1, "files": 1}
    for change in (
        ("node.queued", {}),
        ("node.started", {"attempt": 1, "target": "local-cpu", "pid": 1, "why": "first run"}),
        ("node.progress", {"done": 1, "total": 2, "unit": "", "message": "", "seconds_left": None}),
        ("node.metric", {"axis": "result", "step": 0, "values": {"accuracy": 0.5}}),
        ("node.output", output),
        ("node.finished", {"seconds": 1.5}),
    ):
        database.runs.append(run_id, [(change[0], "a", change[1])])
    rebuilt = new_node()
    for event in database.runs.events(run_id):
        if event.node == "a":
            apply_to_node(rebuilt, event)
    stored = database.runs.snapshot(run_id)["nodes"]["a"]
    assert {**rebuilt, "metrics": stored["metrics"]} == stored
    assert (stored["status"], stored["seconds"], stored["summary"]) == ("completed", 1.5, {"accuracy": 0.5})


def test_which_run_needs_what_can_be_rebuilt_from_the_log(database: Database) -> None:
    run_id = new_run(database, ["a", "b"])
    database.artifacts.add("1" * 64, "T", 1, 1)
    for node, port, digest in (("a", "p", "0" * 64), ("a", "p", "1" * 64), ("b", "p", "1" * 64)):
        output = {"port": port, "output_type": "T", "digest": digest, "size": 1, "files": 1}
        database.runs.append(run_id, [("node.output", node, output)])

    def needs() -> list[tuple[str, ...]]:
        with database.read() as connection:
            return sorted(tuple(row) for row in connection.execute(text("SELECT * FROM run_artifacts")))

    projected = needs()
    assert projected == [(run_id, node, "p", "1" * 64) for node in ("a", "b")]
    with database.write() as connection:
        connection.execute(text("DELETE FROM run_artifacts"))
    database.runs.rebuild_needs(run_id)
    assert needs() == projected


def test_an_output_counts_as_use_of_its_artifact(database: Database) -> None:
    run_id = new_run(database, ["a"])
    database.artifacts.add("1" * 64, "T", 1, 1)
    with database.write() as connection:
        connection.execute(text("UPDATE artifacts SET last_used = 1"))
    output = {"port": "p", "output_type": "T", "digest": "1" * 64, "size": 1, "files": 1}
    (event,) = database.runs.append(run_id, [("node.output", "a", output)])
    used = database.artifacts.get("1" * 64)
    assert used is not None and used["last_used"] == event.time


def test_what_is_pinned_or_under_way_is_needed(database: Database) -> None:
    under_way, pinned, over = (new_run(database, ["a"]) for _ in range(3))
    for number, run_id in enumerate((under_way, pinned, over)):
        output = {"port": "p", "output_type": "T", "digest": str(number) * 64, "size": 1, "files": 1}
        database.artifacts.add(str(number) * 64, "T", 1, 1)
        database.runs.append(run_id, [("node.output", "a", output)])
    for run_id in (pinned, over):
        database.runs.append(run_id, [("run.finished", None, {"status": "completed", "seconds": 1.0})])
    database.holdings.pin_run(pinned, True)
    assert database.holdings.needed_now() == {"0" * 64, "1" * 64}
    database.holdings.pin_artifact("2" * 64, True)
    assert "2" * 64 in database.holdings.needed_now()
    with pytest.raises(ConflictError):
        database.holdings.delete_run(pinned)
    with pytest.raises(ConflictError):
        database.holdings.delete_run(under_way)
    assert database.holdings.delete_run(over) == ({"2" * 64}, [])
    with pytest.raises(NotFoundError):
        database.runs.events(over)


def test_the_budget_is_kept(database: Database) -> None:
    assert database.holdings.budget(7) == 7
    database.holdings.set_budget(10**12)
    assert database.holdings.budget(7) == 10**12
    database.holdings.set_budget(None)
    assert database.holdings.budget(7) is None


def test_drafts_and_their_journal(database: Database) -> None:
    draft = database.pipelines.create({"name": "Ä", "nodes": [{"id": "a"}]})
    saved = database.pipelines.save(draft["id"], {"name": "B", "nodes": [{"id": "a"}, {"id": "b"}]}, 1)
    assert [row["node_count"] for row in database.pipelines.list()] == [2]
    assert [row["node_count"] for row in database.pipelines.revisions(draft["id"])] == [2, 1]
    with pytest.raises(StaleRevisionError):
        database.pipelines.save(draft["id"], {"name": "C", "nodes": []}, 1)
    assert saved["revision"] == 2
    database.pipelines.delete(draft["id"])
    assert database.pipelines.list() == []


def test_data_sets_and_uploads(database: Database, tmp_path: Path) -> None:
    database.datasets.register("a", kind="folder", path=tmp_path / "x", digest=None, size=1)
    with pytest.raises(ConflictError):
        database.datasets.register("a", kind="folder", path=tmp_path / "y", digest=None, size=1)
    found = database.datasets.resolve("a")
    assert found is not None and found["path"] == str(tmp_path / "x")
    upload = database.datasets.begin_upload("b", "b.zip", 10**12)
    database.datasets.received(upload["id"], 10**11)
    assert database.datasets.upload(upload["id"])["received"] == 10**11


def test_a_result_takes_the_place_of_the_one_before(database: Database) -> None:
    first = Result("k" * 64, "m", {"a": 1}, {"p": {"digest": "0" * 64}}, 1.0, "r" * 32, "n")
    database.artifacts.remember(first)
    database.artifacts.remember(replace(first, seconds=2.0))
    assert database.artifacts.find("k" * 64) == replace(first, seconds=2.0)
    assert database.artifacts.last("m", "n") == replace(first, seconds=2.0)


def test_summaries_are_listed(database: Database) -> None:
    run_id = new_run(database, ["a", "b"])
    database.runs.append(
        run_id, [("node.metric", "a", {"axis": "result", "step": 0, "values": {"accuracy": 0.5, "auc": None}})]
    )
    unprintable = {"error": {"code": "1000", "name": "x", "message": "\0 \udc80 \U0001f600"}, "seconds": None}
    database.runs.append(run_id, [("node.failed", node, unprintable) for node in ("a", "b")])
    (listed,) = database.runs.list()
    assert listed["summary"] == {"accuracy": 0.5, "auc": None}
    assert database.runs.snapshot(run_id)["nodes"]["b"]["error"]["message"].endswith(" \U0001f600")


def test_the_second_revision_says_which_run_needs_what(empty_database: Database) -> None:
    migrations.upgrade(empty_database._engine, "0001")
    document, data = '{"nodes": []}', f'{{"port": "p", "digest": "{"1" * 64}"}}'
    with empty_database.write() as connection:
        connection.execute(
            text("INSERT INTO runs VALUES ('r', 'x', NULL, :d, 'completed', 1, NULL, NULL, NULL, 1, :no)"),
            {"d": document, "no": False},
        )
        connection.execute(text("INSERT INTO events VALUES ('r', 1, 1.0, 'node.output', 'a', :d)"), {"d": data})
    empty_database.migrate()
    with empty_database.read() as connection:
        assert connection.execute(text("SELECT * FROM run_artifacts")).all() == [("r", "a", "p", "1" * 64)]
    assert [run["pinned"] for run in empty_database.runs.list()] == [False]


def test_events_come_in_pages(database: Database) -> None:
    run_id = new_run(database)
    database.runs.append(run_id, [("node.log", None, {})] * 9)
    assert [event.seq for event in database.runs.events(run_id, after=3, limit=4)] == [4, 5, 6, 7]


def test_runs_are_listed_newest_first_in_pages(database: Database) -> None:
    pipelines = [None, "p", None, "p", None]
    made = [new_run(database, ["a", "b"], pipeline_id=pipeline) for pipeline in pipelines]
    first = database.runs.list(limit=2)
    rest = database.runs.list(limit=9, before=first[-1]["id"])
    assert [run["id"] for run in first + rest] == made[::-1]
    assert first[0]["node_counts"] == {"pending": 2, "total": 2}
    assert [run["id"] for run in database.runs.list(pipeline_id="p")] == [made[3], made[1]]


@pytest.mark.parametrize("ask", ["snapshot", "events", "document", "request_cancel"])
def test_an_unknown_run_is_told(database: Database, ask: str) -> None:
    with pytest.raises(NotFoundError):
        getattr(database.runs, ask)("0" * 32)


def test_a_newer_attempt_takes_the_lease(database: Database) -> None:
    run_id = new_run(database, ["a"])
    assert database.attempts.begin("a" * 32, run_id, "a", "local-cpu") == 1
    assert database.attempts.holds_lease("a" * 32)
    assert database.attempts.begin("b" * 32, run_id, "a", "local-cpu") == 2
    assert not database.attempts.holds_lease("a" * 32)
    assert database.attempts.holds_lease("b" * 32)
    database.attempts.end("b" * 32)
    assert not database.attempts.holds_lease("b" * 32)
