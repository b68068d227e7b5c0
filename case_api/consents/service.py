"""Withdrawing the consent to a recording. Its row, the end of what runs, the audit record and the event are one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.consents import repository
from case_api.consents.schemas import WithdrawalIn, WithdrawalOut
from case_api.people.repository import name_of
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from case_api.sessions.service import find
from models import audit, outbox


async def withdraw(db: AsyncSession, by: By, session_id: str, given: WithdrawalIn) -> WithdrawalOut:
    """Write it down. A conversation that goes on is over with it: the process that holds it sees that, and stores nothing more.

    Nothing is deleted here: communication is kept for its time (「四步法·第四步」), and while a hold keeps it; nobody reads it any more.

    Raises Problem: not_found, forbidden, not_recorded (there was no consent to withdraw), consent_withdrawn (it is already).
    """
    found = await find(db, by.principal, session_id)
    by.principal.demand(Permission.CONSENT_WITHDRAW, found.Session.site_id)
    session, consent = await repository.locked(db, session_id)
    if not session.recording:
        raise Problem(ProblemCode.NOT_RECORDED)
    if consent.withdrawn_at is not None:
        raise Problem(ProblemCode.CONSENT_WITHDRAWN, consent.withdrawn_at.isoformat())
    consent.withdrawn_at, consent.withdrawn_by = by.now, by.person_id
    consent.withdrawal_asked_by, consent.withdrawal_reason = given.asked_by, given.reason
    ended = session.status != "ended"
    if ended:
        session.status, session.ended_at = "ended", by.now
    await db.flush()
    await repository.silence(db, session_id)
    told: dict[str, Any] = {"session_id": session_id, "case_id": session.case_id, "asked_by": given.asked_by, "ended": ended}
    # For the audit record: no reason. It is of the customer, and goes with the conversation.
    subject = audit.Subject("session", session_id, session.site_id)
    audit.record(db, by.who, "api:session:consent_withdraw", subject, before={"recording": True}, after=told, at=by.now)
    key = f"{session_id}:consent_withdrawn"
    await outbox.publish(db, "session.consent_withdrawn", told, key=key, site_id=session.site_id, session_id=session_id)
    return WithdrawalOut(
        session_id=session_id,
        withdrawn_at=by.now,
        withdrawn_by=by.person_id,
        withdrawn_by_name=await name_of(db, by.person_id),
        asked_by=given.asked_by,
        reason=consent.withdrawal_reason,
        ended=ended,
    )
