"""Approvals lent for a time: only by their holder, only to somebody who works on the same cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals.rules import DELEGATION_MAX
from case_api.approvals.schemas import DelegationIn
from case_api.commands import By
from case_api.problems import Problem, ProblemCode
from case_api.security import GRANTS, Permission
from models import audit
from models.approvals import Delegation
from models.people import Person


def in_force(row: Delegation, now: datetime) -> bool:
    """Whether it holds at this moment."""
    return row.revoked_at is None and row.starts_at <= now < row.ends_at


async def delegate(db: AsyncSession, by: By, body: DelegationIn) -> Delegation:
    """Lend one's approvals. Raises Problem: delegation_period, delegate_unfit."""
    starts = max(body.starts_at or by.now, by.now)
    if not starts < body.ends_at <= starts + DELEGATION_MAX:
        raise Problem(ProblemCode.DELEGATION_PERIOD, "body.ends_at")
    person = await db.get(Person, body.to_person_id)
    if person is None or not _fit(by, person):
        raise Problem(ProblemCode.DELEGATE_UNFIT, "body.to_person_id")
    row = Delegation(
        from_person_id=by.person_id,
        to_person_id=person.id,
        starts_at=starts,
        ends_at=body.ends_at,
        reason=body.reason,
        created_at=by.now,
    )
    db.add(row)
    await db.flush()
    told = {"to": person.id, "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat(), "reason": row.reason}
    audit.record(db, by.who, "api:delegation:create", audit.Subject("delegation", row.id), after=told, at=by.now)
    return row


def _fit(by: By, person: Person) -> bool:
    """In service, somebody else, and working on cases at a site where the delegator approves."""
    theirs = {role.site_id for role in person.roles if Permission.CASE_READ in GRANTS[role.role]}
    mine = by.principal.sites_for(Permission.CASE_APPROVE)
    shared = bool(theirs) if mine is None else None in theirs or bool(theirs & mine)
    return person.disabled_at is None and person.id != by.person_id and shared


async def revoke(db: AsyncSession, by: By, delegation_id: str) -> None:
    """End one's own delegation at once; nothing happens if it was ended before. Raises Problem: not_found."""
    row = await db.get(Delegation, delegation_id, with_for_update=True)
    if row is None or row.from_person_id != by.person_id:
        raise Problem(ProblemCode.NOT_FOUND)
    if row.revoked_at is not None:
        return
    row.revoked_at = by.now
    await db.flush()
    audit.record(db, by.who, "api:delegation:revoke", audit.Subject("delegation", row.id), at=by.now)
