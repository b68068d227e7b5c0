"""Hints and listening in: who may, what is written down of it, and what one hears."""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.intake.recording import iter_samples, stored_samples
from audio_service.messages import SAMPLE_RATE
from case_api.commands import By, itself
from case_api.companions import repository
from case_api.companions.rules import HINTS_A_MINUTE, HINTS_MOST, LISTENERS_MOST, RUNNING, Standing, agreed, end_of
from case_api.companions.schemas import HeardOut, HintIn, HintOut, ListenerOut, hint_out, listener_out
from case_api.people.repository import name_of
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sessions.service import find, kept
from models import audit
from models.companions import EndReason, SessionHint, SessionListener
from models.engine import Factory, reading, transaction
from models.sessions import Session

BEHIND: Final = 2 * SAMPLE_RATE
"""Where listening begins before the newest sample: what bridges the pauses between two questions."""
MOST: Final = 10 * SAMPLE_RATE
"""What one answer holds; whoever is further behind begins anew."""
SEEN: Final = timedelta(seconds=3)
"""How exactly it is kept when a listener was last there: each time costs a write."""


async def _running(db: AsyncSession, by: By, session_id: str) -> Any:
    """The row of a conversation that goes on, locked. Raises Problem: not_found, forbidden, session_over."""
    row = await find(db, by.principal, session_id)
    by.principal.demand(Permission.SESSION_ACCOMPANY, row.Session.site_id)
    await db.refresh(row.Session, with_for_update=True)
    if row.Session.status not in RUNNING:
        raise Problem(ProblemCode.SESSION_OVER)
    return row


def _subject(session: Session) -> audit.Subject:
    return audit.Subject("session", session.id, session.site_id)


# ---- hints ----------------------------------------------------------------------------------------------------------


async def send_hint(db: AsyncSession, by: By, session_id: str, given: HintIn) -> HintOut:
    """The row is what the phone's process follows. Raises Problem: not_found, forbidden, session_over, too_many_requests, hints_full."""
    session: Session = (await _running(db, by, session_id)).Session
    minute = timedelta(minutes=1)
    if await repository.count_hints(db, session_id, by=by.person_id, since=by.now - minute) >= HINTS_A_MINUTE:
        raise Problem(
            ProblemCode.TOO_MANY_REQUESTS,
            f"每分钟最多 {HINTS_A_MINUTE} 条 / {HINTS_A_MINUTE} a minute at most",
            headers={"Retry-After": "60"},
        )
    if await repository.count_hints(db, session_id) >= HINTS_MOST:
        raise Problem(ProblemCode.HINTS_FULL, f"最多 {HINTS_MOST} 条 / {HINTS_MOST} at most")
    row = SessionHint(session_id=session_id, person_id=by.person_id, text=given.text, created_at=by.now)
    db.add(row)
    await db.flush()
    audit.record(db, by.who, "api:session:hint", _subject(session), after={"hint_id": row.id}, at=by.now)
    return hint_out(row, await name_of(db, by.person_id), session.status)


# ---- listening in ---------------------------------------------------------------------------------------------------


async def listen(db: AsyncSession, by: By, session_id: str) -> ListenerOut:
    """Begin; whoever listens already goes on.

    Raises Problem: not_found, forbidden, session_over, not_recorded, listening_not_agreed, listeners_full.
    """
    found = await _running(db, by, session_id)
    if not kept(found):
        raise Problem(ProblemCode.NOT_RECORDED)
    if not agreed(found.Consent.notice_version):
        raise Problem(ProblemCode.LISTENING_NOT_AGREED, found.Consent.notice_version)
    there = [row for row, _ in await repository.listeners(db, session_id) if row.ended_at is None]
    row = next((one for one in there if one.person_id == by.person_id), None)
    if row is None:
        if len(there) >= LISTENERS_MOST:
            raise Problem(ProblemCode.LISTENERS_FULL, f"最多 {LISTENERS_MOST} 人 / {LISTENERS_MOST} at most")
        row = SessionListener(session_id=session_id, person_id=by.person_id, started_at=by.now)
        db.add(row)
        audit.record(db, by.who, "api:session:listen_start", _subject(found.Session), at=by.now)
    row.seen_at = by.now
    await db.flush()
    return listener_out(row, await name_of(db, by.person_id))


async def stop(db: AsyncSession, by: By, session_id: str, listener_id: str) -> None:
    """One's own; again changes nothing. Raises Problem: not_found."""
    found = await _own(db, by.principal, session_id, listener_id)
    await _end(db, by.who, found, "stopped", by.now)


async def _own(db: AsyncSession, principal: Principal, session_id: str, listener_id: str) -> Any:
    found = await repository.listening(db, listener_id)
    if found is None or found.Session.id != session_id or found.SessionListener.person_id != principal.person_id:
        raise Problem(ProblemCode.NOT_FOUND)
    return found


async def _end(db: AsyncSession, who: audit.Actor, found: Any, reason: EndReason, at: datetime) -> None:
    """Once, whoever comes first. With it is told who listened and for how long."""
    row: SessionListener = found.SessionListener
    await db.refresh(row, with_for_update=True)
    if row.ended_at is not None:
        return
    row.ended_at, row.reason = (row.seen_at if reason == "away" else at), reason
    seconds = max(round((row.ended_at - row.started_at).total_seconds()), 0)
    after = {"person_id": row.person_id, "seconds": seconds, "reason": reason}
    audit.record(db, who, "api:session:listen_stop", _subject(found.Session), after=after, at=at)


async def hear(factory: Factory, data_dir: Path, by: By, session_id: str, listener_id: str, after: int | None) -> HeardOut:
    """What was said since the sample `after`, if one still may. Raises Problem: not_found."""
    async with reading(factory) as db:
        found = await _own(db, by.principal, session_id, listener_id)
    row: SessionListener = found.SessionListener
    if row.ended_at is None:
        allowed = by.principal.may(Permission.SESSION_ACCOMPANY, found.Session.site_id)
        reason = end_of(_standing(found, allowed), by.now)
        if reason is not None:
            async with transaction(factory) as db:
                await _end(db, by.who, await _own(db, by.principal, session_id, listener_id), reason, by.now)
        elif by.now - row.seen_at > SEEN:
            async with transaction(factory) as db:
                await db.execute(update(SessionListener).where(SessionListener.id == row.id).values(seen_at=by.now))
    else:
        reason = row.reason  # type: ignore[assignment]  # a CHECK says so
    if reason is not None:
        return HeardOut(state="over", reason=reason)
    if row.told_at is None:
        return HeardOut(state="waiting")
    start, samples = await asyncio.to_thread(newest, data_dir / "recordings" / session_id, after)
    pcm = base64.b64encode(samples.astype("<i2", copy=False).tobytes()).decode()
    return HeardOut(state="listening", at=round(start / SAMPLE_RATE, 3), next=start + samples.size, pcm=pcm)


def newest(folder: Path, after: int | None) -> tuple[int, np.ndarray[Any, np.dtype[np.int16]]]:
    """(first sample, samples) of what is durable since `after`, from files alone: whoever listens never holds up who records."""
    stored = stored_samples(folder)
    if after is None or not stored - MOST <= after <= stored:
        after = max(stored - BEHIND, 0)
    blocks = list(iter_samples(folder, after))
    return after, np.concatenate(blocks) if blocks else np.zeros(0, np.int16)


def _standing(found: Any, allowed: bool | None = None) -> Standing:
    session: Session = found.Session
    return Standing(session.status, session.recording, found.withdrawn_at is not None, found.SessionListener.seen_at, allowed)


async def end_due(factory: Factory, now: datetime) -> int:
    """End what is over without anybody having said so: how many. Each once, however many processes look."""
    async with reading(factory) as db:
        due = [found.SessionListener.id for found in await repository.all_listening(db) if end_of(_standing(found), now)]
    for listener_id in due:
        async with transaction(factory) as db:
            found = await repository.listening(db, listener_id)
            if found is not None and (reason := end_of(_standing(found), now)) is not None:
                await _end(db, itself(now).who, found, reason, now)
    return len(due)
