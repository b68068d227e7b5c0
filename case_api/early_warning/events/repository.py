"""Queries on customers and their events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.crm import HAS_UNIT, CrmCustomer, CrmEvent

CUSTOMERS, EVENTS = CrmCustomer.__table__, CrmEvent.__table__


async def known_ids(db: AsyncSession, source: str, external_ids: Collection[str]) -> set[str]:
    """Which of these numbers the source has told before."""
    query = select(CrmEvent.external_id).where(CrmEvent.source == source, CrmEvent.external_id.in_(external_ids))
    return set((await db.scalars(query)).all())


async def by_key(db: AsyncSession, site_id: str, keys: Collection[str]) -> dict[str, Any]:
    """Customers of a site by key: (id, key, unit_reference, label)."""
    query = select(CrmCustomer.id, CrmCustomer.key, CrmCustomer.unit_reference, CrmCustomer.label)
    rows = (await db.execute(query.where(CrmCustomer.site_id == site_id, CrmCustomer.key.in_(keys)))).all()
    return {row.key: row for row in rows}


async def by_unit(db: AsyncSession, site_id: str, units: Collection[str]) -> dict[str, str]:
    """Ids of the customers with a number who are known to have these units."""
    query = select(CrmCustomer.unit_reference, CrmCustomer.id).where(
        CrmCustomer.site_id == site_id, HAS_UNIT, CrmCustomer.unit_reference.in_(units), CrmCustomer.reference != ""
    )
    return {row.unit_reference: row.id for row in (await db.execute(query.order_by(CrmCustomer.id.desc()))).all()}


async def _add(db: AsyncSession, table: Any, unique: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that are not there yet; of two at once one adds them."""
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    await db.execute(insert(table).on_conflict_do_nothing(index_elements=list(unique)), rows)


async def add_customers(db: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """New customers, sorted by whoever calls: two that add the same ones wait for each other in one order."""
    await _add(db, CUSTOMERS, ("site_id", "key"), rows)


async def add_events(db: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """New events."""
    await _add(db, EVENTS, ("source", "external_id"), rows)


async def rename(db: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Newer labels and units, by `id`."""
    await db.execute(update(CrmCustomer), list(rows))


async def lock(db: AsyncSession, customer_ids: Collection[str]) -> None:
    """Keep these customers for this transaction, in one order whoever asks. Events of theirs may be added by others meanwhile."""
    query = select(CrmCustomer.id).where(CrmCustomer.id.in_(customer_ids)).order_by(CrmCustomer.id)
    await db.execute(query.with_for_update(key_share=True))


async def touch(db: AsyncSession, customer_ids: Collection[str], now: datetime) -> None:
    """Something happened to these customers: they have to be looked at now."""
    await lock(db, customer_ids)
    change = update(CrmCustomer).where(CrmCustomer.id.in_(customer_ids)).values(revision=CrmCustomer.revision + 1, check_at=now)
    await db.execute(change.execution_options(synchronize_session=False))


async def owner_of(db: AsyncSession, session_id: str) -> str | None:
    """The customer whose conversation it is."""
    query = select(CrmEvent.customer_id).where(CrmEvent.source == "link", CrmEvent.external_id == session_id)
    return (await db.scalars(query)).one_or_none()
