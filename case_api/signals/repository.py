"""Queries on signals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.consents import Consent, standing
from models.evidence import Evidence
from models.people import Person
from models.sessions import Session
from models.signals import CaseSignal

Row = Select[CaseSignal, str | None, datetime | None]


def signals_query() -> Row:
    """(CaseSignal, the case its session is linked to, when consent was withdrawn)."""
    query = select(CaseSignal, Session.case_id, Consent.withdrawn_at)
    return query.join(Session, Session.id == CaseSignal.session_id).join(Consent, Consent.id == Session.consent_id)


def narrowed(
    sites: frozenset[str] | None,
    *,
    site_id: str | None = None,
    session_id: str | None = None,
    case_id: str | None = None,
    kind: str | None = None,
    status: str | None = None,
) -> Row:
    """Signals of these sites (None: all), narrowed."""
    query = signals_query()
    if sites is not None:
        query = query.where(CaseSignal.site_id.in_(sites) if sites else false())
    wanted = {CaseSignal.site_id: site_id, CaseSignal.session_id: session_id, Session.case_id: case_id}
    for column, value in (wanted | {CaseSignal.kind: kind, CaseSignal.status: status}).items():
        if value is not None:
            query = query.where(column == value)
    # a conversation that was linked to a case meanwhile, or whose recording may not be used any more, asks nobody any more
    return query.where(Session.case_id.is_(None), Consent.withdrawn_at.is_(None)) if status == "open" else query


async def one(db: AsyncSession, signal_id: str) -> Any:
    """The row of `signals_query`, or None."""
    return (await db.execute(signals_query().where(CaseSignal.id == signal_id))).one_or_none()


async def lock_session(db: AsyncSession, session_id: str) -> Session:
    """The conversation, kept for this transaction: one decision about it at a time."""
    query = select(Session).where(Session.id == session_id).with_for_update().execution_options(populate_existing=True)
    return (await db.scalars(query)).one()


async def open_of(db: AsyncSession, session_id: str) -> Sequence[CaseSignal]:
    """The conversation's signals that wait for a decision, as they are now."""
    query = select(CaseSignal).where(CaseSignal.session_id == session_id, CaseSignal.status == "open")
    return (await db.scalars(query.order_by(CaseSignal.at, CaseSignal.id).execution_options(populate_existing=True))).all()


async def kept_of_case(db: AsyncSession, case_id: str) -> Sequence[CaseSignal]:
    """Signals of a case's conversations that nobody dismissed and whose recordings may be used."""
    query = (
        select(CaseSignal)
        .join(Session, Session.id == CaseSignal.session_id)
        .join(Consent, Consent.id == Session.consent_id)
        .where(Session.case_id == case_id, CaseSignal.status != "dismissed", standing())
    )
    return (await db.scalars(query)).all()


async def recordings(db: AsyncSession, case_id: str) -> Sequence[Any]:
    """(Session, Consent, staff name, citations) of a case, oldest first."""
    cited = select(func.count()).where(Evidence.session_id == Session.id).correlate(Session).scalar_subquery()
    query = (
        select(Session, Consent, Person.display_name, cited.label("cited"))
        .join(Consent, Consent.id == Session.consent_id)
        .join(Person, Person.id == Session.staff_id)
        .where(Session.case_id == case_id)
        .order_by(Session.started_at, Session.id)
    )
    return (await db.execute(query)).all()
