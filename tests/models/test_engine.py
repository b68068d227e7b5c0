"""Transactions: one writer at a time, errors a caller can act on, nothing half done."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models import engine as engine_module
from models.engine import DatabaseBusy, Factory, create_engine, database_url, session_factory, transaction
from models.sessions import SessionMark
from models.settings import Settings
from models.sites import Site


async def test_sqlite_is_opened_for_many_readers_and_durable_commits(tmp_path: Path) -> None:
    engine = create_engine(Settings(data_dir=tmp_path / "new" / "folder"))
    async with engine.connect() as connection:
        pragmas = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    await engine.dispose()
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


@pytest.mark.parametrize("url", ["mysql://db/x", "oracle://db/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not supported"):
        database_url(Settings(database_url=url))


async def test_a_failure_leaves_nothing(factory: Factory) -> None:
    async def fail() -> None:
        async with transaction(factory) as db:
            db.add(Site(code="A", name="甲"))
            await db.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()
    async with factory() as db:
        assert (await db.scalars(select(Site))).all() == []


async def test_a_row_cannot_refer_to_nothing(factory: Factory) -> None:
    with pytest.raises(IntegrityError):
        async with transaction(factory) as db:
            db.add(SessionMark(session_id="none", at=0.0, person_id="nobody"))


async def test_writers_that_read_first_wait_for_each_other(factory: Factory) -> None:
    """Read, think, write: with a deferred transaction SQLite refuses the second writer at once."""

    async def rename(number: int) -> None:
        async with transaction(factory) as db:
            site = (await db.scalars(select(Site).with_for_update())).one()
            await asyncio.sleep(0.01)
            site.name = f"{site.name}{number}"

    async with transaction(factory) as db:
        db.add(Site(code="A", name=""))
    await asyncio.gather(*(rename(number) for number in range(8)))
    async with factory() as db:
        assert sorted((await db.scalars(select(Site.name))).one()) == list("01234567")


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_lock_that_is_not_given_is_an_error_of_its_own(settings: Settings, monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    """An engine of one's own is what another process has."""
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    engines = [create_engine(settings) for _ in range(processes)]
    factory, other = session_factory(engines[0]), session_factory(engines[-1])
    async with transaction(factory) as db:
        db.add(Site(code="A", name="甲"))
    async with transaction(factory) as holder:
        await holder.execute(select(Site).with_for_update())
        with pytest.raises(DatabaseBusy):
            async with transaction(other) as db:
                await db.execute(select(Site).with_for_update())
    async with transaction(other) as db:  # the lock is free again
        db.add(Site(code="B", name="乙"))
    for engine in engines:
        await engine.dispose()


async def test_writers_of_a_process_take_turns(factory: Factory) -> None:
    """As they came, none of them given up and none of them passed over; one that is called off lets the next one in."""
    order: list[int] = []

    async def write(number: int) -> None:
        async with transaction(factory) as db:
            await db.execute(select(Site).with_for_update())
            order.append(number)
            await asyncio.sleep(0)

    async with transaction(factory) as db:
        db.add(Site(code="A", name="甲"))
        await db.flush()
        waiting = [asyncio.create_task(write(number)) for number in range(20)]
        await asyncio.sleep(0)
        waiting[3].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    expected = [number for number in range(20) if number != 3]
    assert (order if factory.kw["bind"].dialect.name == "sqlite" else sorted(order)) == expected
