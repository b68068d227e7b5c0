"""The audit record: in the caller's transaction, and for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from models.audit import Actor, AuditRecord, Subject, record
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
