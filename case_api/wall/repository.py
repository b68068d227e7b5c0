"""Queries of the live wall: of each conversation its newest rows, read from their end, so that an hour costs no more than a minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.companions.rules import RUNNING
from case_api.security import Principal
from case_api.sessions.repository import Filters, sessions_query
from models.companions import SessionHint, SessionListener
from models.keywords import KeywordHit
from models.people import Person
from models.prompts import PromptShown
from models.sessions import Session
from models.states import StateEvent
from models.utterances import Utterance

SAID: Final = 2
HITS: Final = 30
"""Newest keyword hits that are looked through for different terms."""
HINTS: Final = 3


async def running(db: AsyncSession, principal: Principal, most: int) -> Sequence[Any]:
    """Rows of `sessions_query` that have not ended, the newest first."""
    query = sessions_query(principal, Filters()).where(Session.status.in_(RUNNING))
    return (await db.execute(query.order_by(Session.started_at.desc(), Session.id.desc()).limit(most))).all()


async def states(db: AsyncSession, sessions: Sequence[str]) -> Sequence[Any]:
    """(session_id, at, speaker, level) of each one's last state."""
    columns = (StateEvent.session_id, StateEvent.at, StateEvent.speaker, StateEvent.level)
    return await _of_each(db, sessions, lambda one: _newest(select(*columns), StateEvent, one, StateEvent.ordinal, 1))


async def said(db: AsyncSession, sessions: Sequence[str]) -> Sequence[Any]:
    """The last sentences with words, the newest first."""
    columns = [getattr(Utterance, name).label(name) for name in ("session_id", "id", "speaker", "start", "end", "text", "corrected")]
    query = select(*columns, Utterance.quality["avg_logprob"].as_float().label("avg_logprob")).where(Utterance.text != "")
    return await _of_each(db, sessions, lambda one: _newest(query, Utterance, one, Utterance.ordinal, SAID))


async def prompts(db: AsyncSession, sessions: Sequence[str]) -> Sequence[Any]:
    """(session_id, text) of each one's last prompt."""
    query = select(PromptShown.session_id, PromptShown.text)
    return await _of_each(db, sessions, lambda one: _newest(query, PromptShown, one, PromptShown.at, 1))


async def terms(db: AsyncSession, sessions: Sequence[str]) -> Sequence[Any]:
    """(session_id, term) of the last hits, the newest first."""
    query = select(KeywordHit.session_id, KeywordHit.term).where(KeywordHit.false_hit.is_(False))
    return await _of_each(db, sessions, lambda one: _newest(query, KeywordHit, one, KeywordHit.ordinal, HITS))


async def hints(db: AsyncSession, sessions: Sequence[str]) -> Sequence[Any]:
    """The columns of `SessionHint` and its author's name, the newest first."""
    query = select(SessionHint.__table__, Person.display_name).join(Person, Person.id == SessionHint.person_id)
    return await _of_each(db, sessions, lambda one: _newest(query, SessionHint, one, SessionHint.created_at, HINTS))


async def listeners(db: AsyncSession, sessions: Sequence[str]) -> Sequence[Any]:
    """(SessionListener, name) of those who listen now, oldest first."""
    query = select(SessionListener, Person.display_name).join(Person, Person.id == SessionListener.person_id)
    now = query.where(SessionListener.session_id.in_(sessions), SessionListener.ended_at.is_(None))
    return (await db.execute(now.order_by(SessionListener.started_at, SessionListener.id))).all()


def _newest(query: Select[*tuple[Any, ...]], table: Any, session_id: str, place: Any, most: int) -> Select[*tuple[Any, ...]]:
    return query.where(table.session_id == session_id).order_by(place.desc()).limit(most)


async def _of_each(db: AsyncSession, sessions: Sequence[str], query: Callable[[str], Select[*tuple[Any, ...]]]) -> Sequence[Any]:
    """One question for all: a limit of its own for each conversation is what lets the index be read from its end."""
    if not sessions:
        return []
    together: CompoundSelect[*tuple[Any, ...]] = union_all(*(select(query(one).subquery()) for one in sessions))
    return (await db.execute(together)).all()
