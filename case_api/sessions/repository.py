"""Queries on sessions and what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.security import Permission, Principal
from case_api.sessions.course import CUES
from models.cases import WithdrawalCase
from models.consents import Consent, standing
from models.keywords import KeywordHit
from models.learning import PromptWithheld
from models.people import Person
from models.prompts import PromptFeedback, PromptShown
from models.prosody import CHUNK_SECONDS, ProsodyTrack
from models.sessions import Session, SessionMark, SessionWarning
from models.states import StateEvent
from models.utterances import Utterance


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of sessions is narrowed by; None does not narrow. `since` is included, `until` is not.

    `spoken_in`: the only conversations in which `q` may be found, where that is known.
    """

    site_id: str | None = None
    staff_id: str | None = None
    case_id: str | None = None
    status: str | None = None
    level: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None
    spoken_in: Sequence[str] | None = None


def at_sites(column: Any, sites: frozenset[str] | None) -> ColumnElement[bool]:
    """Rows of these sites; None: of all."""
    if sites is None:
        return true()
    return column.in_(sites) if sites else false()


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """The one condition for reading a session: one's own, or any of a site one oversees."""
    own = (Session.staff_id == principal.person_id) & at_sites(Session.site_id, principal.sites_for(Permission.SESSION_READ_OWN))
    return or_(own, at_sites(Session.site_id, principal.sites_for(Permission.SESSION_READ_SITE)))


def _sessions() -> Select[Session, str, str, Consent]:
    return (
        select(Session, Person.display_name, WithdrawalCase.code, Consent)
        .join(Person, Person.id == Session.staff_id)
        .join(Consent, Consent.id == Session.consent_id)
        .outerjoin(WithdrawalCase, WithdrawalCase.id == Session.case_id)
    )


def sessions_query(principal: Principal, filters: Filters) -> Select[Session, str, str, Consent]:
    """Rows of (Session, staff name, case code, Consent) that the principal may read."""
    wanted: list[ColumnElement[bool]] = [visible_to(principal)]
    equal = {
        Session.site_id: filters.site_id,
        Session.staff_id: filters.staff_id,
        Session.case_id: filters.case_id,
        Session.status: filters.status,
        Session.peak_level: filters.level,
    }
    wanted += [column == value for column, value in equal.items() if value is not None]
    if filters.since is not None:
        wanted.append(Session.started_at >= filters.since)
    if filters.until is not None:
        wanted.append(Session.started_at < filters.until)
    if filters.q:
        said = exists().where(Utterance.session_id == Session.id, Utterance.text.icontains(filters.q, autoescape=True))
        if filters.spoken_in is not None:
            wanted.append(Session.id.in_(filters.spoken_in))
        wanted += [said, standing()]
    return _sessions().where(*wanted)


async def session_row(db: AsyncSession, principal: Principal, session_id: str) -> Any:
    """(Session, staff name, case code, Consent), or None where it is missing or not the principal's to see."""
    return (await db.execute(_sessions().where(Session.id == session_id, visible_to(principal)))).one_or_none()


async def utterances(db: AsyncSession, session_id: str) -> Sequence[Utterance]:
    """What was said, in order."""
    query = select(Utterance).where(Utterance.session_id == session_id).order_by(Utterance.start, Utterance.ordinal)
    return (await db.scalars(query)).all()


async def sentences(db: AsyncSession, session_id: str) -> Sequence[Any]:
    """The same without each character's time: rows of what `UtteranceOut` else tells."""
    names = ("id", "speaker", "confidence", "start", "end", "text", "quality", "version", "corrected")
    columns = [getattr(Utterance, name).label(name) for name in names]
    return (await db.execute(select(*columns).where(Utterance.session_id == session_id).order_by(Utterance.start, Utterance.ordinal))).all()


async def prompts(db: AsyncSession, session_id: str) -> Sequence[PromptShown]:
    """The prompts shown, in order."""
    query = select(PromptShown).where(PromptShown.session_id == session_id).order_by(PromptShown.at, PromptShown.id)
    return (await db.scalars(query)).all()


async def withheld(db: AsyncSession, session_id: str) -> Sequence[PromptWithheld]:
    """The prompts withheld by lot, in order."""
    query = select(PromptWithheld).where(PromptWithheld.session_id == session_id).order_by(PromptWithheld.at, PromptWithheld.id)
    return (await db.scalars(query)).all()


async def feedback(db: AsyncSession, session_id: str) -> Sequence[PromptFeedback]:
    """Every tap on the session's cards, oldest first."""
    query = select(PromptFeedback).join(PromptShown).where(PromptShown.session_id == session_id)
    return (await db.scalars(query.order_by(PromptFeedback.created_at, PromptFeedback.id))).all()


async def keywords(db: AsyncSession, session_id: str) -> Sequence[KeywordHit]:
    """Keyword hits, in order of time."""
    return (
        await db.scalars(select(KeywordHit).where(KeywordHit.session_id == session_id).order_by(KeywordHit.at, KeywordHit.ordinal))
    ).all()


async def marks(db: AsyncSession, session_id: str) -> Sequence[SessionMark]:
    """Marked moments, in order of time."""
    return (
        await db.scalars(select(SessionMark).where(SessionMark.session_id == session_id).order_by(SessionMark.at, SessionMark.id))
    ).all()


async def warnings(db: AsyncSession, session_id: str) -> Sequence[SessionWarning]:
    """Warnings, in order of time."""
    query = select(SessionWarning).where(SessionWarning.session_id == session_id).order_by(SessionWarning.at, SessionWarning.id)
    return (await db.scalars(query)).all()


async def states(db: AsyncSession, session_id: str) -> Sequence[StateEvent]:
    """States, in order."""
    return (await db.scalars(select(StateEvent).where(StateEvent.session_id == session_id).order_by(StateEvent.ordinal))).all()


async def course(db: AsyncSession, session_id: str) -> Sequence[Any]:
    """What a course needs of the states, in order, with what was usual by cue: rows without JSON, for two hours are thousands."""
    usual = [StateEvent.measures[(cue, "baseline")].as_float().label(cue) for cue in CUES]
    query = select(StateEvent.at, StateEvent.speaker, StateEvent.level, *usual)
    return (await db.execute(query.where(StateEvent.session_id == session_id).order_by(StateEvent.ordinal))).all()


async def track_chunks(db: AsyncSession, session_id: str, begin: float, end: float) -> Sequence[ProsodyTrack]:
    """The chunks that reach into [begin, end), in order."""
    query = select(ProsodyTrack).where(
        ProsodyTrack.session_id == session_id, ProsodyTrack.start > begin - CHUNK_SECONDS, ProsodyTrack.start < end
    )
    return (await db.scalars(query.order_by(ProsodyTrack.start))).all()
