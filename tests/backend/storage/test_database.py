"""The database: schema, transactions, numbering, and projections that can be rebuilt from the log."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from torchwire.errors import NotFoundError
from torchwire.storage import migrations
from torchwire.storage.database import Database
from torchwire.storage.models import Base
from torchwire.storage.projection import apply_to_node, new_node


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'test.db'}")
    made.migrate()
    yield made
    made.close()


def new_run(database: Database, nodes: Sequence[str] = (), **options: str | None) -> str:
    return database.runs.create("x", {}, nodes, **options).run_id


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_the_head_that_start_up_compares_with_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(migrations.configuration()).get_current_head() == migrations.HEAD


def test_a_current_database_is_opened_without_loading_alembic(database: Database) -> None:
    script = (
        "import sys; from torchwire.storage.database import Database; "
        f"d = Database({database.url!r}); d.migrate(); d.close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_database_is_in_wal_mode_and_flushes_each_commit(database: Database) -> None:
    with database.read() as connection:
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
