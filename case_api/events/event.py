"""One event, as webhooks and notifications are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.sessions.rules import without_words
from models.cases import WithdrawalCase
from models.consents import STAYS, withdrawn_among
from models.outbox import OutboxMessage
from models.sessions import Session


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is the same however often the event is told. `case_id` and `session_id` name what its rows go with when that is deleted;
    `code` is the case's.
    """

    id: str
    topic: str
    at: datetime
    site_id: str | None
    case_id: str | None
    session_id: str | None
    code: str | None
    data: Mapping[str, Any]


async def read_event(db: AsyncSession, message: OutboxMessage) -> Event | None:
    """The message as an event, without what was said if that may not be used any more; None if what it is about was deleted since."""
    told = message.payload
    case_id, session_id = told.get("case_id"), told.get("session_id") or message.session_id
    case = await db.get(WithdrawalCase, case_id) if case_id is not None else None
    if (case_id is not None and case is None) or (session_id is not None and await db.get(Session, session_id, **STAYS) is None):
        return None
    if session_id is not None and await withdrawn_among(db, [session_id]):
        told = without_words(told)
    code = case.code if case is not None else None
    return Event(f"evt_{message.id}", message.topic, message.created_at, message.site_id, case_id, session_id, code, told)
