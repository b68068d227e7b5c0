"""Queries on warnings, and on the customers that have to be looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases.machine import OVER
from case_api.early_warning.indicators import Happened
from case_api.pieces import pieces
from case_api.retention.repository import at_sites
from models.cases import WithdrawalCase
from models.crm import IS_CHECKED, CrmCustomer, CrmEvent
from models.early_warnings import IS_OPEN, WAITS_FOR_A_MOMENT, EarlyWarning, WarningStep
from models.people import Person
from models.sites import Site

Row = Select[EarlyWarning, CrmCustomer, str | None]


def warnings_query() -> Row:
    """(EarlyWarning, CrmCustomer, display name of whom it was given to)."""
    query = select(EarlyWarning, CrmCustomer, Person.display_name).join(CrmCustomer, CrmCustomer.id == EarlyWarning.customer_id)
    return query.outerjoin(Person, Person.id == EarlyWarning.assignee_id)


def seen_by(sites: frozenset[str] | None, red_sites: frozenset[str] | None) -> ColumnElement[bool]:
    """Warnings of the first sites, and those of the second that were ever red (None: of all sites)."""

    if sites is None or (red_sites is not None and red_sites <= sites):
        return at_sites(EarlyWarning.site_id, sites)
    red = and_(EarlyWarning.reported_at.is_not(None), at_sites(EarlyWarning.site_id, red_sites))
    return or_(at_sites(EarlyWarning.site_id, sites), red)


def narrowed(query: Row, *, state: str | None, **wanted: str | None) -> Row:
    """By columns; `state` is a status, or `live` for everything that is not resolved."""
    columns = {"level": EarlyWarning.level, "site_id": EarlyWarning.site_id, "assignee_id": EarlyWarning.assignee_id}
    columns |= {"customer_id": EarlyWarning.customer_id}
    query = query.where(*(columns[name] == value for name, value in wanted.items() if value is not None))
    if state == "live":
        return query.where(IS_OPEN)
    if state is None:
        return query
    if state != "resolved":
        query = query.where(IS_OPEN)  # for the index
    return query.where(EarlyWarning.status == state)


async def one(db: AsyncSession, warning_id: str) -> Any:
    """The row of `warnings_query`, or None."""
    return (await db.execute(warnings_query().where(EarlyWarning.id == warning_id))).one_or_none()


async def locked(db: AsyncSession, warning_id: str) -> EarlyWarning | None:
    """The warning, kept for this transaction, as it is now."""
    query = select(EarlyWarning).where(EarlyWarning.id == warning_id).with_for_update().execution_options(populate_existing=True)
    return (await db.scalars(query)).one_or_none()


async def lock_customer(db: AsyncSession, warning_id: str) -> CrmCustomer | None:
    """The customer of a warning, kept for this transaction. Customers are locked before their warnings, here and by the watch."""
    query = select(CrmCustomer).join(EarlyWarning, EarlyWarning.customer_id == CrmCustomer.id).where(EarlyWarning.id == warning_id)
    return (await db.scalars(query.with_for_update(of=CrmCustomer, key_share=True).execution_options(populate_existing=True))).one_or_none()


async def open_of(db: AsyncSession, customer_ids: Collection[str]) -> dict[str, EarlyWarning]:
    """Warnings that are not resolved, locked, by customer."""
    query = select(EarlyWarning).where(EarlyWarning.customer_id.in_(customer_ids), IS_OPEN).order_by(EarlyWarning.id).with_for_update()
    return {row.customer_id: row for row in await db.scalars(query.execution_options(populate_existing=True))}


async def unname_case(db: AsyncSession, customer_id: str, case_id: str) -> None:
    """Take back that this case came of the customer's warning."""
    named = (CrmEvent.source == "case", CrmEvent.external_id == f"{case_id}:{customer_id}", CrmEvent.customer_id == customer_id)
    await db.execute(delete(CrmEvent).where(*named))


async def steps(db: AsyncSession, warning_id: str) -> Sequence[Any]:
    """(WarningStep, display name) of a warning, oldest first."""
    query = select(WarningStep, Person.display_name).outerjoin(Person, Person.id == WarningStep.person_id)
    return (await db.execute(query.where(WarningStep.warning_id == warning_id).order_by(WarningStep.at, WarningStep.id))).all()


async def newest_events(db: AsyncSession, customer_id: str, limit: int) -> Sequence[CrmEvent]:
    """What happened to the customer last."""
    query = select(CrmEvent).where(CrmEvent.customer_id == customer_id).order_by(CrmEvent.at.desc(), CrmEvent.id.desc())
    return (await db.scalars(query.limit(limit))).all()


async def moments_up(db: AsyncSession, now: datetime, limit: int, *, lock: bool = False) -> Sequence[EarlyWarning]:
    """Warnings whose clock has come to its next moment."""
    query = select(EarlyWarning).where(WAITS_FOR_A_MOMENT, EarlyWarning.next_at <= now).order_by(EarlyWarning.next_at).limit(limit)
    if lock:
        query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return (await db.scalars(query)).all()


# --- customers to look at ---


async def to_check(db: AsyncSession, now: datetime, limit: int) -> Sequence[Any]:
    """Customers whose time has come: (id, site_id, timezone, revision, settled)."""
    query = select(CrmCustomer.id, CrmCustomer.site_id, CrmCustomer.revision, CrmCustomer.settled, Site.timezone)
    query = query.join(Site, Site.id == CrmCustomer.site_id).where(IS_CHECKED, CrmCustomer.check_at <= now)
    return (await db.execute(query.order_by(CrmCustomer.check_at).limit(limit))).all()


async def waiting(db: AsyncSession, now: datetime) -> int:
    """How many customers have to be looked at."""
    return await db.scalar(select(func.count()).select_from(CrmCustomer).where(IS_CHECKED, CrmCustomer.check_at <= now)) or 0


async def happened(db: AsyncSession, customer_ids: Collection[str]) -> dict[str, list[Happened]]:
    """What happened to each of these customers."""
    columns = (CrmEvent.customer_id, CrmEvent.kind, CrmEvent.at, CrmEvent.due_at, CrmEvent.reference, CrmEvent.signal)
    found: dict[str, list[Happened]] = defaultdict(list)
    async for piece in pieces(db, select(*columns).where(CrmEvent.customer_id.in_(customer_ids))):
        for customer_id, kind, at, due_at, reference, signal in piece:
            found[customer_id].append(Happened(kind, at, due_at, reference, signal))
    return found


async def cases_at_work(db: AsyncSession, customer_ids: Collection[str]) -> dict[str, str]:
    """The withdrawal case that is at work for a customer, by customer."""
    query = select(CrmEvent.customer_id, CrmEvent.case_id).join(WithdrawalCase, WithdrawalCase.id == CrmEvent.case_id)
    rows = await db.execute(query.where(CrmEvent.customer_id.in_(customer_ids), WithdrawalCase.status.not_in(OVER)))
    return {row.customer_id: row.case_id for row in rows}


async def unchanged(db: AsyncSession, revisions: Mapping[str, int]) -> set[str]:
    """Those of these customers to whom nothing happened since, locked; others are looked at again, by us or by whoever holds them."""
    query = select(CrmCustomer.id, CrmCustomer.revision).where(CrmCustomer.id.in_(revisions), IS_CHECKED)
    rows = (await db.execute(query.order_by(CrmCustomer.id).with_for_update(key_share=True, skip_locked=True))).all()
    return {row.id for row in rows if row.revision == revisions[row.id]}


async def check_next(db: AsyncSession, when: Mapping[str, datetime | None]) -> None:
    """When to look at these customers again."""
    if when:
        await db.execute(update(CrmCustomer), [{"id": customer_id, "check_at": at} for customer_id, at in when.items()])


async def counts(db: AsyncSession, sight: ColumnElement[bool]) -> dict[str, int]:
    """How many warnings that are not resolved there are of each level."""
    query = select(EarlyWarning.level, func.count().label("n")).where(IS_OPEN, sight).group_by(EarlyWarning.level)
    return {row.level: row.n for row in (await db.execute(query)).all()}
