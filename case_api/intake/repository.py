"""Queries of the intake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.consents import Consent, standing
from models.evidence import Evidence
from models.registrations import Registration
from models.sessions import Session
from models.verifications import ErpCheck, PhoneVerification


async def form_of(db: AsyncSession, case_id: str) -> Registration | None:
    """The case's form, if anything was filled in."""
    return await db.get(Registration, case_id)


async def recorded_session(db: AsyncSession, case_id: str, session_id: str) -> Session | None:
    """A session of this case whose recording the customer agreed to, and still does."""
    query = select(Session).join(Consent, Consent.id == Session.consent_id)
    query = query.where(Session.id == session_id, Session.case_id == case_id, standing())
    return (await db.scalars(query)).one_or_none()


async def has_id_scan(db: AsyncSession, case_id: str, evidence_id: str) -> bool:
    """Whether the case has this evidence, it is a scan of an ID, and it still counts."""
    query = select(Evidence.id).where(Evidence.id == evidence_id, Evidence.case_id == case_id, Evidence.kind == "id_scan")
    return await db.scalar(query.where(Evidence.withdrawn_at.is_(None))) is not None


async def newest_check(db: AsyncSession, case_id: str) -> ErpCheck | None:
    """The newest comparison with the ERP."""
    query = select(ErpCheck).where(ErpCheck.case_id == case_id).order_by(ErpCheck.checked_at.desc(), ErpCheck.id.desc())
    return (await db.scalars(query.limit(1))).first()


async def newest_code(db: AsyncSession, *, case_id: str | None = None, form_id: str | None = None) -> PhoneVerification | None:
    """The newest one-time code of the case, or of the form that is to become one: a new one ends those before it."""
    query = select(PhoneVerification).where(_of(case_id, form_id))
    return (await db.scalars(query.order_by(PhoneVerification.requested_at.desc(), PhoneVerification.id.desc()).limit(1))).first()


def _of(case_id: str | None, form_id: str | None) -> ColumnElement[bool]:
    return PhoneVerification.case_id == case_id if case_id is not None else PhoneVerification.form_id == form_id


async def codes_since(
    db: AsyncSession, phone: str, since: datetime, *, case_id: str | None = None, form_id: str | None = None
) -> Sequence[datetime]:
    """When codes were asked for, for this case (or form) or for this number anywhere."""
    mine = or_(_of(case_id, form_id), PhoneVerification.phone == phone)
    return (await db.scalars(select(PhoneVerification.requested_at).where(mine, PhoneVerification.requested_at > since))).all()


async def mark_code(db: AsyncSession, code_id: str, *, sent_at: datetime | None = None, failed_at: datetime | None = None) -> None:
    """What became of a code that was handed to the gateway; one that failed can never be confirmed."""
    values = {"sent_at": sent_at, "failed_at": failed_at} | ({"code_hash": None} if failed_at else {})
    await db.execute(update(PhoneVerification).where(PhoneVerification.id == code_id).values(**values))
