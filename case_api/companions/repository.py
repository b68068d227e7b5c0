"""Queries on hints and listeners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.companions import SessionHint, SessionListener
from models.consents import Consent
from models.people import Person
from models.sessions import Session


async def hints(db: AsyncSession, session_id: str) -> Sequence[Any]:
    """(SessionHint, author's name), oldest first."""
    query = select(SessionHint, Person.display_name).join(Person, Person.id == SessionHint.person_id)
    return (await db.execute(query.where(SessionHint.session_id == session_id).order_by(SessionHint.created_at, SessionHint.id))).all()


async def count_hints(db: AsyncSession, session_id: str, *, by: str | None = None, since: datetime | None = None) -> int:
    """Hints of a conversation: all, or one person's since a time."""
    query = select(func.count()).select_from(SessionHint).where(SessionHint.session_id == session_id)
    if by is not None:
        query = query.where(SessionHint.person_id == by)
    if since is not None:
        query = query.where(SessionHint.created_at > since)
    return await db.scalar(query) or 0


async def listeners(db: AsyncSession, session_id: str) -> Sequence[Any]:
    """(SessionListener, name), oldest first; those who stopped too."""
    query = select(SessionListener, Person.display_name).join(Person, Person.id == SessionListener.person_id)
    mine = query.where(SessionListener.session_id == session_id)
    return (await db.execute(mine.order_by(SessionListener.started_at, SessionListener.id))).all()


def _standing() -> Select[SessionListener, Session, datetime | None]:
    return (
        select(SessionListener, Session, Consent.withdrawn_at)
        .join(Session, Session.id == SessionListener.session_id)
        .join(Consent, Consent.id == Session.consent_id)
    )


async def listening(db: AsyncSession, listener_id: str) -> Any:
    """(SessionListener, Session, consent's withdrawn_at), or None."""
    return (await db.execute(_standing().where(SessionListener.id == listener_id))).one_or_none()


async def all_listening(db: AsyncSession) -> Sequence[Any]:
    """The same of everybody who has not stopped."""
    return (await db.execute(_standing().where(SessionListener.ended_at.is_(None)))).all()
