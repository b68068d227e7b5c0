"""Writing, reading and withdrawing comments, within what the principal may hear."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.comments.schemas import CommentIn, CommentOut
from case_api.people.repository import name_of
from case_api.problems import Problem, ProblemCode
from case_api.security import Principal
from case_api.sessions.service import find_kept
from models import audit
from models.comments import SessionComment
from models.people import Person

MOST = 500
"""Comments of one conversation."""


def _out(row: SessionComment, name: str, principal: Principal) -> CommentOut:
    own = {field: getattr(row, field) for field in ("id", "at", "text", "person_id", "created_at")}
    return CommentOut(person_name=name, mine=row.person_id == principal.person_id, **own)


async def read(db: AsyncSession, principal: Principal, session_id: str) -> list[CommentOut]:
    """By moment. Raises Problem: not_found, not_recorded."""
    await find_kept(db, principal, session_id)
    query = (
        select(SessionComment, Person.display_name)
        .join(Person, Person.id == SessionComment.person_id)
        .where(SessionComment.session_id == session_id, SessionComment.withdrawn_at.is_(None))
        .order_by(SessionComment.at, SessionComment.id)
    )
    return [_out(row, name, principal) for row, name in (await db.execute(query)).all()]


async def write(db: AsyncSession, by: By, session_id: str, given: CommentIn) -> CommentOut:
    """Raises Problem: not_found, not_recorded, comment_outside, comments_full."""
    found = await find_kept(db, by.principal, session_id)
    session = found.Session
    if given.at > session.seconds + 1:
        raise Problem(ProblemCode.COMMENT_OUTSIDE, "body.at")
    await db.refresh(session, with_for_update=True)
    there = select(func.count()).select_from(SessionComment).where(SessionComment.session_id == session_id)
    if (await db.scalar(there) or 0) >= MOST:
        raise Problem(ProblemCode.COMMENTS_FULL, f"最多 {MOST} 条 / {MOST} at most")
    row = SessionComment(session_id=session_id, at=given.at, text=given.text, person_id=by.person_id, created_at=by.now)
    db.add(row)
    await db.flush()
    subject = audit.Subject("session", session_id, session.site_id)
    audit.record(db, by.who, "api:session:comment", subject, after={"comment_id": row.id, "at": row.at}, at=by.now)
    return _out(row, await name_of(db, by.person_id), by.principal)


async def withdraw(db: AsyncSession, by: By, session_id: str, comment_id: str) -> None:
    """One's own only; again changes nothing. Raises Problem: not_found, not_recorded, forbidden."""
    found = await find_kept(db, by.principal, session_id)
    row = await db.get(SessionComment, comment_id, with_for_update=True)
    if row is None or row.session_id != session_id:
        raise Problem(ProblemCode.NOT_FOUND)
    if row.person_id != by.person_id:
        raise Problem(ProblemCode.FORBIDDEN)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.text = by.now, ""
    subject = audit.Subject("session", session_id, found.Session.site_id)
    audit.record(db, by.who, "api:session:comment_withdraw", subject, before={"comment_id": row.id, "at": row.at}, at=by.now)
