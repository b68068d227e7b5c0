"""Queries on clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from case_api.security import Permission, Principal
from case_api.sessions.repository import at_sites, visible_to
from models.clips import SessionClip
from models.consents import Consent, standing
from models.people import Person
from models.sessions import Session
from models.utterances import Utterance

Maker = aliased(Person)


def audible_to(principal: Principal) -> ColumnElement[bool]:
    """The one condition for hearing a clip: one may hear the conversation, or it is shared where one holds conversations oneself."""
    shared = SessionClip.shared.is_(True) & at_sites(Session.site_id, principal.sites_for(Permission.SESSION_READ_OWN))
    return or_(visible_to(principal), shared)


def clips(principal: Principal) -> Select[SessionClip, Session, str, str, bool]:
    """(clip, session, staff name, maker's name, whether the whole may be heard) where the customer's consent still stands."""
    return (
        select(
            SessionClip,
            Session,
            Person.display_name.label("staff"),
            Maker.display_name.label("maker"),
            visible_to(principal).label("whole"),
        )
        .join(Session, Session.id == SessionClip.session_id)
        .join(Consent, Consent.id == Session.consent_id)
        .join(Person, Person.id == Session.staff_id)
        .join(Maker, Maker.id == SessionClip.made_by)
        .where(audible_to(principal), standing())
    )


async def count(db: AsyncSession, session_id: str) -> int:
    """How many clips a conversation has."""
    return await db.scalar(select(func.count()).select_from(SessionClip).where(SessionClip.session_id == session_id)) or 0


async def said(db: AsyncSession, clip: SessionClip) -> Sequence[Any]:
    """(speaker, start, end, text, corrected, avg_logprob) of what reaches into the clip and has text, in order."""
    doubts = (Utterance.corrected.label("corrected"), Utterance.quality["avg_logprob"].as_float().label("avg_logprob"))
    query = select(Utterance.speaker, Utterance.start, Utterance.end, Utterance.text, *doubts)
    inside = (Utterance.session_id == clip.session_id, Utterance.start < clip.end, Utterance.end > clip.start, Utterance.text != "")
    return (await db.execute(query.where(*inside).order_by(Utterance.start, Utterance.ordinal))).all()
