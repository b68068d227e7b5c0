"""SQLite's connections: one trip to their thread a statement, and the transactions that this must not change."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from models.engine import asking, checkpoint, create_engine, reading, session_factory, transaction
from models.settings import Settings


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = create_engine(Settings(data_dir=tmp_path))
    async with transaction(session_factory(made)) as db:
        await db.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT)"))
        await db.execute(text("INSERT INTO thing (name) VALUES (:name)"), [{"name": "甲"}, {"name": "乙"}])
    yield made
    await made.dispose()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What connections' threads were sent to do."""
    made: list[str] = []
    original = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, do: Callable[..., Any], *args: Any, **options: Any) -> Any:
        made.append(do.__name__)
        return await original(self, do, *args, **options)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return made


NAMES = text("SELECT name FROM thing ORDER BY id")


async def test_a_statement_is_one_trip(engine: AsyncEngine, trips: list[str]) -> None:
    factory = session_factory(engine)
    async with reading(factory) as db:
        assert (await db.scalars(NAMES)).all() == ["甲", "乙"]
        assert (await db.execute(text("SELECT count(*) FROM thing"))).scalar_one() == 2
    assert trips == ["_run", "_run", "rollback"]  # the reader's BEGIN went along
    trips.clear()
    async with asking(factory) as connection:
        assert (await connection.scalars(NAMES)).all() == ["甲", "乙"]
    assert trips == ["_run"]
    trips.clear()
    async with reading(factory) as db:
        await db.connection()
    assert trips == []  # nothing was asked, nothing has to end
    async with transaction(factory) as db:
        await db.execute(text("DELETE FROM thing"))
    assert trips == ["_run", "commit"]


async def test_a_checkpoint_brings_what_was_committed_into_the_database(engine: AsyncEngine, tmp_path: Path) -> None:
    """Readers or not: what stands in the file alone is whole."""

    def alone() -> list[str]:
        copy = tmp_path / "copy.db"
        shutil.copy(tmp_path / "calmdesk.db", copy)
        with closing(sqlite3.connect(copy)) as db:
            return [name for (name,) in db.execute("SELECT name FROM sqlite_master")]

    factory = session_factory(engine)
    assert "thing" not in alone()
    async with reading(factory) as reader:
        assert len((await reader.scalars(NAMES)).all()) == 2
        await checkpoint(factory)
    assert "thing" in alone()


async def test_a_reader_sees_one_state_and_a_question_the_newest(engine: AsyncEngine) -> None:
    factory = session_factory(engine)
    async with reading(factory) as reader:
        assert len((await reader.scalars(NAMES)).all()) == 2
        async with transaction(factory) as db:
            await db.execute(text("INSERT INTO thing (name) VALUES ('丙')"))
        assert len((await reader.scalars(NAMES)).all()) == 2
        async with asking(factory) as connection:
            assert len((await connection.scalars(NAMES)).all()) == 3
    async with reading(factory) as reader:
        assert len((await reader.scalars(NAMES)).all()) == 3


async def test_what_a_statement_changed_is_told(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        changed = await connection.execute(text("UPDATE thing SET name = name || '!'"))
        assert (changed.rowcount, changed.returns_rows) == (2, False)
        made = await connection.execute(text("INSERT INTO thing (name) VALUES ('丙') RETURNING id, name"))
        assert tuple(made.one()) == (3, "丙")
        with pytest.raises(OperationalError, match="no such table"):
            await connection.execute(text("SELECT 1 FROM nowhere"))
        assert (await connection.scalars(NAMES)).all() == ["甲!", "乙!", "丙"]


async def test_savepoints_and_rollback(engine: AsyncEngine) -> None:
    factory = session_factory(engine)
    async with factory() as db:
        async with db.begin_nested() as inner:
            await db.execute(text("DELETE FROM thing"))
            await inner.rollback()
        assert len((await db.scalars(NAMES)).all()) == 2
        await db.execute(text("DELETE FROM thing WHERE id = 1"))
        await db.rollback()
        assert len((await db.scalars(NAMES)).all()) == 2
        await db.execute(text("DELETE FROM thing WHERE id = 1"))
        await db.commit()
    async with reading(factory) as db:
        assert (await db.scalars(NAMES)).all() == ["乙"]


async def test_rows_can_be_streamed_within_the_transaction(engine: AsyncEngine) -> None:
    factory = session_factory(engine)
    async with reading(factory) as db:
        found = await db.stream(NAMES)
        async with transaction(factory) as other:
            await other.execute(text("DELETE FROM thing"))
        assert [row.name async for row in found] == ["甲", "乙"]
        assert (await db.execute(select(text("count(*) FROM thing")))).scalar_one() == 2
