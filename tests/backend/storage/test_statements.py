"""Statements that go to SQLite's driver do the same as through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from torchwire.storage.statements import Statement

THINGS = Table(
    "things",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("about", JSON),
    Column("good", Boolean, default=True),
    Column("count", Integer),
)
ADD = Statement(insert(THINGS))
NAMED = Statement(select(THINGS).where(THINGS.c.name == bindparam("of_name"), THINGS.c.name != "nobody"))
AMONG = Statement(select(THINGS.c.name).where(THINGS.c.name.in_(bindparam("names", expanding=True))))
COUNT = Statement(update(THINGS).values(count=THINGS.c.count + bindparam("more")).returning(THINGS.c.count))


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection, connection.begin():
        THINGS.create(connection)
        yield connection
    engine.dispose()


def test_values_keep_their_kinds(connection: Connection) -> None:
    ADD.run(connection, {"name": "a", "about": {"x": [1, None]}, "good": False, "count": 2})
    [row] = NAMED.rows(connection, {"of_name": "a"})
    assert row._asdict() == {"name": "a", "about": {"x": [1, None]}, "good": False, "count": 2}
    assert row.about == connection.execute(select(THINGS.c.about)).scalar_one()
    assert NAMED.rows(connection, {"of_name": "nobody"}) == []


def test_several_at_once_and_what_they_return(connection: Connection) -> None:
    ADD.run(connection, [{"name": name, "about": None, "good": True, "count": 1} for name in "ab"])
    assert [row.name for row in AMONG.rows(connection, {"names": ["a", "b", "c"]})] == ["a", "b"]
    assert COUNT.value(connection, {"more": 3}) == 4
    assert NAMED.value(connection, {"of_name": "c"}) is None


def test_what_sqlalchemy_fills_in_is_filled_in(connection: Connection) -> None:
    ADD.run(connection, {"name": "a"})
    [row] = NAMED.rows(connection, {"of_name": "a"})
    assert (row.good, row.about) == (True, None)


def test_an_error_is_one_of_sqlalchemy(connection: Connection) -> None:
    thing = {"name": "a", "about": None, "good": True, "count": 1}
    ADD.run(connection, thing)
    with pytest.raises(DBAPIError, match="UNIQUE"):
        ADD.run(connection, thing)
