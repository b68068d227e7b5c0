"""Queries on the work of an assessment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.consents import Consent, standing
from models.sessions import Session
from models.signals import CaseSignal
from models.tasks import CaseTask

RISKS = ("litigation", "media", "group")


async def tasks_of(db: AsyncSession, case_id: str, kinds: Sequence[str]) -> Sequence[CaseTask]:
    """Every task of these kinds, the newest first: reworking opens new ones and leaves the old ones on the record."""
    query = select(CaseTask).where(CaseTask.case_id == case_id, CaseTask.kind.in_(kinds))
    return (await db.scalars(query.order_by(CaseTask.opened_at.desc(), CaseTask.id.desc()))).all()


async def heard_risks(db: AsyncSession, case_id: str) -> list[str]:
    """The risks that the ear heard in the case's conversations, that nobody dismissed, and whose recordings may be used."""
    query = (
        select(CaseSignal.kind)
        .join(Session, Session.id == CaseSignal.session_id)
        .join(Consent, Consent.id == Session.consent_id)
        .where(Session.case_id == case_id, CaseSignal.kind.in_(RISKS), CaseSignal.status != "dismissed", standing())
        .distinct()
        .order_by(CaseSignal.kind)
    )
    return list((await db.scalars(query)).all())
