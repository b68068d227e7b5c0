"""Queries on before and after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.keywords.repository import COUNTS, CUSTOMERS
from case_api.pieces import all_rows
from models.consents import Consent, standing
from models.keywords import KeywordHit
from models.learning import EarlierWeek
from models.sessions import Session


async def conversations(db: AsyncSession, site_id: str, until: datetime, terms: Collection[str]) -> Sequence[Any]:
    """(started_at, peak_level, complained) of the site's recorded conversations; of the others nobody knows whether a term was said."""
    said = (KeywordHit.session_id == Session.id, KeywordHit.term.in_(terms), KeywordHit.speaker.in_(CUSTOMERS), *COUNTS)
    query = select(Session.started_at, Session.peak_level, exists().where(*said).label("complained"))
    query = query.join(Consent, Consent.id == Session.consent_id)
    return await all_rows(db, query.where(Session.site_id == site_id, Session.started_at < until, standing()))


async def earlier_weeks(db: AsyncSession, site_id: str) -> Sequence[EarlierWeek]:
    """Figures from before, in order."""
    return (await db.scalars(select(EarlierWeek).where(EarlierWeek.site_id == site_id).order_by(EarlierWeek.monday))).all()


async def earlier_week(db: AsyncSession, site_id: str, monday: date) -> EarlierWeek | None:
    """One of them, kept for this transaction."""
    return await db.get(EarlierWeek, (site_id, monday), with_for_update=True, populate_existing=True)
