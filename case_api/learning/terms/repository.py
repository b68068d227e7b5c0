"""Queries on what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.scope import Scope
from case_api.pieces import all_rows
from models.consents import Consent
from models.learning import TermDecision
from models.sessions import Session
from models.utterances import Utterance

MOST_UTTERANCES = 1_000_000
SPOKEN = ("customer", "unsure")


async def sessions(db: AsyncSession, scope: Scope) -> Sequence[Any]:
    """(id, started_at, peak_level, case_id) of the scope's conversations, oldest first."""
    columns = (Session.id, Session.started_at, Session.peak_level, Session.case_id)
    query = select(*columns).join(Consent, Consent.id == Session.consent_id).where(*scope.conditions())
    return await all_rows(db, query.order_by(Session.started_at, Session.id))


async def said(db: AsyncSession, scope: Scope) -> Sequence[Any]:
    """(session_id, text) of what customers said, the newest conversations where it is too much."""
    query = select(Utterance.session_id, Utterance.text).join(Session, Session.id == Utterance.session_id)
    query = query.join(Consent, Consent.id == Session.consent_id)
    query = query.where(*scope.conditions(), Utterance.speaker.in_(SPOKEN), func.length(Utterance.text) > 1)
    return await all_rows(db, query.order_by(Session.started_at.desc()).limit(MOST_UTTERANCES))


async def hypotheses(db: AsyncSession, scope: Scope, phrase: str, most: int) -> Sequence[Any]:
    """(text, alternatives) of utterances that share two characters with a phrase, or have it among their other hypotheses; the newest."""
    pieces = [phrase[at : at + 2] for at in range(len(phrase) - 1)] or [phrase]
    query = select(Utterance.text, Utterance.alternatives).join(Session, Session.id == Utterance.session_id)
    query = query.join(Consent, Consent.id == Session.consent_id)
    shares = or_(*(Utterance.text.contains(piece, autoescape=True) for piece in pieces))
    suspected = cast(Utterance.alternatives, Text).contains(phrase, autoescape=True)
    query = query.where(*scope.conditions(), Utterance.speaker.in_(SPOKEN), or_(shares, suspected))
    return (await db.execute(query.order_by(Session.started_at.desc()).limit(most))).all()


async def decided(db: AsyncSession) -> list[str]:
    """Phrases that were decided on."""
    return list(await db.scalars(select(TermDecision.phrase)))


async def decision(db: AsyncSession, phrase: str) -> TermDecision | None:
    """What was decided on a phrase."""
    return (await db.scalars(select(TermDecision).where(TermDecision.phrase == phrase))).one_or_none()
