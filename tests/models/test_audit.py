"""The audit record: in the caller's transaction, and for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from models.audit import GENESIS, Actor, AuditRecord, Subject, chain_hash, record
from models.engine import Factory, transaction


async def write_one(factory: Factory) -> None:
    async with transaction(factory) as db:
        record(db, Actor("李静", "p1", "10.0.0.7", "phone"), "api:person:disable", Subject("person", "p2"), before={"姓名": "王"}, after={})


async def test_a_record_says_who_did_what_to_whom(factory: Factory) -> None:
    await write_one(factory)
    async with factory() as db:
        row = (await db.scalars(select(AuditRecord))).one()
    assert (row.actor_id, row.actor_label, row.ip, row.action, row.subject_id) == ("p1", "李静", "10.0.0.7", "api:person:disable", "p2")
    assert (row.before, row.after) == ({"姓名": "王"}, {})


async def test_it_goes_with_the_transaction_it_tells_of(factory: Factory) -> None:
    async def fail() -> None:
        async with transaction(factory) as db:
            record(db, Actor("x"), "api:person:disable", Subject("person", "p2"))
            await db.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()
    async with factory() as db:
        assert (await db.scalars(select(AuditRecord))).all() == []


@pytest.mark.parametrize(
    "statement", [update(AuditRecord).values(actor_label="nobody"), delete(AuditRecord), text("DELETE FROM audit_record")]
)
async def test_nobody_changes_or_deletes_a_record(factory: Factory, statement: object) -> None:
    await write_one(factory)
    with pytest.raises(DBAPIError, match="append-only"):
        async with transaction(factory) as db:
            await db.execute(statement)  # type: ignore[call-overload]
    async with factory() as db:
        assert (await db.scalars(select(AuditRecord.actor_label))).all() == ["李静"]


@pytest.mark.parametrize("action", ["disable", "api:person", "api::disable", "a:b:c:d"])
async def test_an_action_has_three_parts(factory: Factory, action: str) -> None:
    with pytest.raises(ValueError):
        async with transaction(factory) as db:
            record(db, Actor("x"), action, Subject("person", "p2"))


async def chain(factory: Factory) -> list[AuditRecord]:
    async with factory() as db:
        return list((await db.scalars(select(AuditRecord).order_by(AuditRecord.id))).all())


def holds(rows: list[AuditRecord]) -> bool:
    previous = GENESIS
    for row in rows:
        if row.hash != chain_hash(row, previous):
            return False
        previous = row.hash
    return True


async def test_each_record_is_chained_to_the_one_before(factory: Factory) -> None:
    after = {"share": 1.0, "half": 0.5, "many": [1, 2.0, {"深": None}], "big": 10**15, "yes": True}
    for n in range(3):
        async with transaction(factory) as db:
            record(db, Actor("x"), "api:case:note", Subject("case", f"c{n}"), after=after)
            record(db, Actor("x"), "api:case:note", Subject("case", f"d{n}"))
    rows = await chain(factory)
    assert len(rows) == 6
    assert holds(rows)
    rows[2].after = {"share": 2.0}
    assert not holds(rows)
    assert not holds(rows[1:])


async def test_transactions_at_once_make_one_chain(factory: Factory) -> None:
    async def write(n: int) -> None:
        async with transaction(factory) as db:
            record(db, Actor("x"), "api:case:note", Subject("case", f"c{n}"))

    await asyncio.gather(*(write(n) for n in range(8)))
    rows = await chain(factory)
    assert len(rows) == 8
    assert holds(rows)


async def test_what_a_savepoint_took_back_is_not_recorded(factory: Factory) -> None:
    async def undone(db: AsyncSession) -> None:
        async with db.begin_nested():
            record(db, Actor("x"), "api:case:note", Subject("case", "undone"))
            raise RuntimeError("taken back")

    async with transaction(factory) as db:
        record(db, Actor("x"), "api:case:note", Subject("case", "before"))
        with pytest.raises(RuntimeError, match="taken back"):
            await undone(db)
        async with db.begin_nested():
            record(db, Actor("x"), "api:case:note", Subject("case", "kept"))
    rows = await chain(factory)
    assert [row.subject_id for row in rows] == ["before", "kept"]
    assert holds(rows)
