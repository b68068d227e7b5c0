"""Cutting, hearing, sharing and deleting clips, within what the principal may hear."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import soundfile as sf
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.messages import SAMPLE_RATE
from case_api.clips import repository
from case_api.clips.schemas import ClipChange, ClipDetail, ClipIn, ClipOut, ClipSaid
from case_api.commands import By, guard
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sessions.audio import recording_of
from case_api.sessions.rules import doubtful
from case_api.sessions.service import find_kept
from models import audit
from models.clips import SessionClip
from models.sessions import Session

MOST = 200
"""Clips of one conversation."""


def clip_out(row: Any) -> ClipOut:
    """A row of `repository.clips`."""
    clip, session = row.SessionClip, row.Session
    own = {name: getattr(clip, name) for name in ClipOut.model_fields if hasattr(clip, name)}
    return ClipOut(site_id=session.site_id, staff_name=row.staff, made_by_name=row.maker, whole=row.whole, **own)


async def find(db: AsyncSession, principal: Principal, clip_id: str) -> Any:
    """The row, or `not_found` also for what is not to be heard."""
    row = (await db.execute(repository.clips(principal).where(SessionClip.id == clip_id))).one_or_none()
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


async def of_session(db: AsyncSession, principal: Principal, session_id: str) -> list[ClipOut]:
    """By moment. Raises Problem: not_found, not_recorded."""
    await find_kept(db, principal, session_id)
    query = repository.clips(principal).where(SessionClip.session_id == session_id)
    return [clip_out(row) for row in (await db.execute(query.order_by(SessionClip.start, SessionClip.id))).all()]


async def detail(db: AsyncSession, principal: Principal, clip_id: str) -> ClipDetail:
    """One clip with what was said in it. Raises Problem: not_found."""
    row = await find(db, principal, clip_id)
    clip: SessionClip = row.SessionClip
    said = [_within(clip, one) for one in await repository.said(db, clip)]
    return ClipDetail(said=said, **clip_out(row).model_dump())


def _within(clip: SessionClip, said: Any) -> ClipSaid:
    start, end = (round(min(max(at, clip.start), clip.end) - clip.start, 2) for at in (said.start, said.end))
    own = {name: getattr(said, name) for name in ("speaker", "text", "corrected")}
    return ClipSaid(start=start, end=end, doubtful=doubtful(said.avg_logprob, corrected=said.corrected), **own)


async def cut(db: AsyncSession, by: By, session_id: str, given: ClipIn, data_dir: Path) -> ClipOut:
    """Raises Problem: not_found, not_recorded, forbidden, audio_gone, clip_outside, clips_full."""
    session: Session = (await find_kept(db, by.principal, session_id)).Session
    by.principal.demand(Permission.SESSION_CLIP, session.site_id)
    if recording_of(data_dir, session) is None:
        raise Problem(ProblemCode.AUDIO_GONE)
    if given.end > session.seconds + 1:
        raise Problem(ProblemCode.CLIP_OUTSIDE, "body.end")
    await db.refresh(session, with_for_update=True)
    if await repository.count(db, session_id) >= MOST:
        raise Problem(ProblemCode.CLIPS_FULL, f"最多 {MOST} 个 / {MOST} at most")
    clip = SessionClip(session_id=session_id, made_by=by.person_id, created_at=by.now, **given.model_dump())
    db.add(clip)
    await db.flush()
    _record(db, by, "clip", session, clip)
    return clip_out(await find(db, by.principal, clip.id))


async def change(db: AsyncSession, by: By, clip_id: str, expected: int, given: ClipChange) -> ClipOut:
    """Name, note, or whether it is shared. Raises Problem: not_found, forbidden, version_conflict."""
    clip, session = await _own(db, by, clip_id, expected)
    for name, value in given.model_dump(exclude_none=True).items():
        setattr(clip, name, value)
    await db.flush()
    _record(db, by, "clip_change", session, clip)
    return clip_out(await find(db, by.principal, clip_id))


async def remove(db: AsyncSession, by: By, clip_id: str, expected: int) -> None:
    """The recording stays as it is. Raises Problem: not_found, forbidden, version_conflict."""
    clip, session = await _own(db, by, clip_id, expected)
    _record(db, by, "clip_delete", session, clip)
    await db.delete(clip)
    await db.flush()


async def _own(db: AsyncSession, by: By, clip_id: str, expected: int) -> tuple[SessionClip, Session]:
    """A clip of a site where one cuts, locked."""
    row = await find(db, by.principal, clip_id)
    by.principal.demand(Permission.SESSION_CLIP, row.Session.site_id)
    clip: SessionClip = row.SessionClip
    await db.refresh(clip, with_for_update=True)
    guard(clip, expected)
    return clip, row.Session


def _record(db: AsyncSession, by: By, verb: str, session: Session, clip: SessionClip) -> None:
    """For the audit record: no words of the customer, so no name either."""
    told = {"clip_id": clip.id, "start": clip.start, "end": clip.end, "shared": clip.shared}
    audit.record(db, by.who, f"api:session:{verb}", audit.Subject("session", session.id, session.site_id), after=told, at=by.now)


def flac(path: Path, start: float, end: float) -> bytes:
    """Seconds `start` to `end` of a recording as a file of its own. Blocks. Raises Problem: audio_gone."""
    made = io.BytesIO()
    try:
        with sf.SoundFile(path) as whole:
            whole.seek(min(round(start * SAMPLE_RATE), whole.frames))
            samples = whole.read(round((end - start) * SAMPLE_RATE), dtype="int16")
            sf.write(made, samples, whole.samplerate, format="FLAC", subtype="PCM_16")
    except (sf.SoundFileError, OSError) as error:
        raise Problem(ProblemCode.AUDIO_GONE) from error
    return made.getvalue()
