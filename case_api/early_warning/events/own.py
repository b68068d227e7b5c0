"""What this program knows of a customer by itself: the withdrawal case that came, its end, what the ear heard, what was acknowledged.

Cases are found by the customer's number (the case's external reference) or the unit as it is written in both. Run again it adds what is
new, and takes back what holds no longer: a draft that was cancelled, a signal that was dismissed, a consent that was withdrawn. An
acknowledgement of the co-residents is the customer's whose number it names, or who has its unit where one of the two has no number.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, literal_column, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from case_api.early_warning.events.repository import add_events, touch
from models.cases import WithdrawalCase
from models.co_residents import CoResidentAck
from models.consents import Consent, standing
from models.crm import CrmCustomer, CrmEvent
from models.early_warnings import IS_OPEN, EarlyWarning
from models.engine import Factory, reading, transaction
from models.sessions import Session
from models.signals import CaseSignal

Ack, Case, Customer, Event = CoResidentAck, WithdrawalCase, CrmCustomer, CrmEvent
_HAS_UNIT: ColumnElement[bool] = literal_column("crm_customer.unit_reference <> ''")
BATCH = 500


async def gather(factory: Factory, now: datetime) -> int:
    """Bring the events of this program up to date: how many were added or taken back. Nothing is locked where nothing is new."""
    async with reading(factory) as db:
        rows = [row for query in (_requests(), _ends(), _signals(), _acks()) for row in await _read(db, query)]
        gone = (await db.execute(_gone())).all()
    for first in range(0, len(rows), BATCH):
        async with transaction(factory) as db:
            batch = [row | {"reference": "", "taken_at": now} for row in rows[first : first + BATCH]]
            await add_events(db, batch)
            await touch(db, {row["customer_id"] for row in batch}, now)
    if gone:
        async with transaction(factory) as db:
            await db.execute(delete(Event).where(Event.id.in_([row.id for row in gone])))
            await touch(db, {row.customer_id for row in gone}, now)
    return len(rows) + len(gone)


async def acknowledged(db: AsyncSession, now: datetime, *, ack_id: str | None = None, customer_ids: Collection[str] | None = None) -> None:
    """Add the acknowledgements of these customers, or this one, at once: neither a signature nor an import waits for the next round."""
    rows = [row | {"reference": "", "taken_at": now} for row in await _read(db, _acks(ack_id, customer_ids))]
    if rows:
        await add_events(db, rows)
        await touch(db, {row["customer_id"] for row in rows}, now)


async def unacknowledged(db: AsyncSession, ack_id: str, now: datetime) -> None:
    """Take back what a withdrawn acknowledgement said."""
    rows = (await db.execute(select(Event.id, Event.customer_id).where(Event.source == "ack", Event.external_id.startswith(ack_id)))).all()
    await db.execute(delete(Event).where(Event.id.in_([row.id for row in rows])))
    await touch(db, {row.customer_id for row in rows}, now)


async def forget_old(factory: Factory, before: datetime) -> int:
    """Delete what happened before then, and the customers of whom nothing is left but warnings that are over: how many events."""
    forgotten = await _forget(factory, Event, Event.at < before)
    live = exists().where(EarlyWarning.customer_id == Customer.id, or_(IS_OPEN, EarlyWarning.resolved_at >= before))
    await _forget(factory, Customer, ~exists().where(Event.customer_id == Customer.id), ~live)
    return forgotten


async def _forget(factory: Factory, table: type[CrmEvent | CrmCustomer], *which: ColumnElement[bool]) -> int:
    """Delete these rows, some at a time: other writers wait for no more than those."""
    forgotten = 0
    while True:
        async with transaction(factory) as db:
            ids = (await db.scalars(select(table.id).where(*which).limit(BATCH))).all()
            await db.execute(delete(table).where(table.id.in_(ids)))
        forgotten += len(ids)
        if len(ids) < BATCH:
            return forgotten


async def _read(db: AsyncSession, query: Any) -> Sequence[dict[str, Any]]:
    return [
        {"signal": None, "session_id": None, "case_id": None} | dict(row._mapping)  # one shape: they are added together
        for row in (await db.execute(query)).all()
    ]


def _told(external_id: Any, source: str) -> Any:
    earlier = aliased(Event)
    return exists().where(earlier.source == source, earlier.external_id == external_id)


def _requests() -> Any:
    """Cases of customers, as requests to withdraw."""
    name = Case.id + ":" + Customer.id
    columns: tuple[Any, ...] = (
        literal_column("'case'").label("source"),
        name.label("external_id"),
        Customer.id.label("customer_id"),
        literal_column("'withdrawal_request'").label("kind"),
        Case.received_at.label("at"),
        Case.id.label("case_id"),
    )
    by_number = and_(Customer.site_id == Case.site_id, Customer.key == "c:" + Case.external_reference)
    by_unit = and_(Customer.site_id == Case.site_id, _HAS_UNIT, Customer.unit_reference == Case.unit_label)
    wanted = (Case.status != "cancelled", ~_told(name, "case"))
    return union(*(select(*columns).join(Customer, found).where(*wanted) for found in (by_number, by_unit)))


def _ends() -> Select[*tuple[Any, ...]]:
    """The ends of those cases."""
    name = Case.id + ":" + Event.customer_id + ":end"
    at = func.coalesce(Case.ended_at, Case.archived_at, type_=Case.received_at.type)
    columns: tuple[Any, ...] = (
        literal_column("'case'").label("source"),
        name.label("external_id"),
        Event.customer_id.label("customer_id"),
        literal_column("'case_ended'").label("kind"),
        at.label("at"),
        Case.id.label("case_id"),
    )
    ended = (Event.kind == "withdrawal_request", Case.status == "archived", ~_told(name, "case"))
    return select(*columns).join(Event, Event.case_id == Case.id).where(*ended)


def _signals() -> Select[*tuple[Any, ...]]:
    """What was heard in the conversations that were named as the customer's."""
    columns: tuple[Any, ...] = (
        literal_column("'ear'").label("source"),
        CaseSignal.id.label("external_id"),
        Event.customer_id.label("customer_id"),
        literal_column("'speech_signal'").label("kind"),
        CaseSignal.heard_at.label("at"),
        CaseSignal.kind.label("signal"),
        CaseSignal.session_id.label("session_id"),
    )
    query = (
        select(*columns)
        .join(Event, and_(Event.session_id == CaseSignal.session_id, Event.source == "link"))
        .join(Session, Session.id == CaseSignal.session_id)
        .join(Consent, Consent.id == Session.consent_id)
    )
    counts = (CaseSignal.kind != "cause", CaseSignal.status != "dismissed", standing())
    return query.where(*counts, ~_told(CaseSignal.id, "ear"))


def _acks(ack_id: str | None = None, customer_ids: Collection[str] | None = None) -> Any:
    """Signed acknowledgements of customers' co-residents."""
    name = Ack.id + ":" + Customer.id
    columns: tuple[Any, ...] = (
        literal_column("'ack'").label("source"),
        name.label("external_id"),
        Customer.id.label("customer_id"),
        literal_column("'co_resident_ack'").label("kind"),
        Ack.signed_at.label("at"),
    )
    # both ways: from an acknowledgement to its customer by `key`, from many customers to theirs by `customer_reference`
    same = and_(Customer.key == "c:" + Ack.customer_reference, Ack.customer_reference == Customer.reference)
    by_number = and_(Customer.site_id == Ack.site_id, Ack.customer_reference != "", same)
    no_number = or_(Ack.customer_reference == "", Customer.reference == "")
    by_unit = and_(Customer.site_id == Ack.site_id, _HAS_UNIT, Customer.unit_reference == Ack.unit_reference, no_number)
    wanted = [Ack.status == "signed", ~_told(name, "ack")]
    if ack_id is not None:
        wanted.append(Ack.id == ack_id)
    if customer_ids is not None:
        wanted.append(Customer.id.in_(customer_ids))
    return union(*(select(*columns).join(Customer, found).where(*wanted) for found in (by_number, by_unit)))


def _gone() -> Select[*tuple[Any, ...]]:
    """Events whose origin does not hold any more."""
    void_signal = and_(Event.source == "ear", or_(CaseSignal.status == "dismissed", Consent.withdrawn_at.is_not(None)))
    void_case = and_(Event.source == "case", Case.status == "cancelled")
    return (
        select(Event.id, Event.customer_id)
        .outerjoin(Case, Case.id == Event.case_id)
        .outerjoin(CaseSignal, and_(Event.source == "ear", CaseSignal.id == Event.external_id))
        .outerjoin(Session, Session.id == CaseSignal.session_id)
        .outerjoin(Consent, Consent.id == Session.consent_id)
        .where(Event.source.in_(("ear", "case")), or_(void_signal, void_case))
    )
