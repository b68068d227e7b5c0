"""Listening in the audit record: once a playing, of which a browser asks for many ranges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import audit
from models.audit import AuditRecord

Verb = Literal["listen", "clip_listen"]

PLAYING: Final = timedelta(minutes=10)
"""As long as a clip can be. Who listens to a recording for longer is told of again, so that the record shows for how long."""


async def record(
    db: AsyncSession, who: audit.Actor, verb: Verb, subject: audit.Subject, now: datetime, after: Mapping[str, Any] | None = None
) -> None:
    """Tell that somebody listens, unless the same was told within `PLAYING`."""
    query = select(AuditRecord.after).where(AuditRecord.subject_type == subject.type, AuditRecord.subject_id == subject.id)
    query = query.where(AuditRecord.action == f"api:session:{verb}", AuditRecord.actor_id == who.person_id, AuditRecord.at > now - PLAYING)
    if (dict(after) if after is not None else None) not in (await db.scalars(query)).all():
        audit.record(db, who, f"api:session:{verb}", subject, after=after, at=now)
