"""Queries on holds, tombstones and what is due to go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases.machine import OVER
from models.cases import WithdrawalCase
from models.co_residents import CoResidentAck
from models.consents import Consent
from models.evidence import Evidence, EvidenceBlob
from models.holds import LegalHold, Removal
from models.outbox import OutboxMessage
from models.sessions import Session

PATHS_AT_ONCE = 5000


def at_sites(column: Any, sites: frozenset[str] | None) -> ColumnElement[bool]:
    """Rows of these sites; None: of all."""
    if sites is None:
        return true()
    return column.in_(sites) if sites else false()


def in_force(now: datetime) -> ColumnElement[bool]:
    """Holds that keep something."""
    return and_(LegalHold.lifted_at.is_(None), LegalHold.ends_at > now)


def case_ended(case: WithdrawalCase) -> datetime | None:
    """When an archived or cancelled case was over; None for one at work."""
    if case.status not in OVER:
        return None
    return max(filter(None, (case.ended_at, case.archived_at)), default=None)


async def sessions_of(db: AsyncSession, case_id: str, *, lock: bool = False) -> Sequence[Session]:
    """A case's conversations, as they are now: linked to it, or cited in it."""
    cited = select(Evidence.session_id).where(Evidence.case_id == case_id, Evidence.session_id.is_not(None))
    query = select(Session).where(or_(Session.case_id == case_id, Session.id.in_(cited))).order_by(Session.id)
    return (await db.scalars((query.with_for_update() if lock else query).execution_options(populate_existing=True))).all()


async def held(db: AsyncSession, now: datetime, *, case_id: str | None, session_ids: Sequence[str]) -> bool:
    """Whether a hold on the case or on one of the conversations is in force."""
    subject = or_(LegalHold.case_id == case_id if case_id else false(), LegalHold.session_id.in_(session_ids))
    return (await db.scalars(select(LegalHold.id).where(subject, in_force(now)).limit(1))).first() is not None


async def belongs_to_a_case(db: AsyncSession, session: Session) -> bool:
    """Whether a case keeps the conversation: it goes with the case."""
    if session.case_id is not None:
        return True
    return bool(await db.scalar(select(exists().where(Evidence.session_id == session.id))))


def due_cases(before: datetime, now: datetime, sites: frozenset[str] | None, *, held: bool = False) -> Select[WithdrawalCase]:
    """Cases that were over by then, conversations included, and that no hold keeps (`held`: that one keeps), oldest first."""
    over = func.coalesce(WithdrawalCase.archived_at, WithdrawalCase.ended_at)
    cited = exists().where(Evidence.case_id == WithdrawalCase.id, Evidence.session_id == Session.id).correlate(WithdrawalCase, Session)
    own = or_(Session.case_id == WithdrawalCase.id, cited)  # as `sessions_of`: what is refused later fills no page here
    goes_on = exists().where(own, or_(Session.ended_at.is_(None), Session.ended_at > before))
    session_held = exists().where(own, LegalHold.session_id == Session.id, in_force(now))
    query = select(WithdrawalCase).where(WithdrawalCase.status.in_(OVER), over <= before, at_sites(WithdrawalCase.site_id, sites))
    kept = or_(exists().where(LegalHold.case_id == WithdrawalCase.id, in_force(now)), session_held)
    return query.where(~goes_on, kept if held else ~kept).order_by(over, WithdrawalCase.id)


def due_sessions(before: datetime, now: datetime, sites: frozenset[str] | None, *, held: bool = False) -> Select[Session]:
    """Conversations without a case that ended by then and that no hold keeps (`held`: that one keeps), oldest first."""
    cited = exists().where(Evidence.session_id == Session.id)
    kept = exists().where(LegalHold.session_id == Session.id, in_force(now))
    query = select(Session).where(Session.case_id.is_(None), ~cited, kept if held else ~kept, Session.ended_at <= before)
    return query.where(at_sites(Session.site_id, sites)).order_by(Session.ended_at, Session.id)


async def forget_messages(db: AsyncSession, *, case_id: str | None, session_ids: Sequence[str]) -> None:
    """Drop outbox messages about what goes: their payloads hold what was said."""
    about_case = OutboxMessage.payload["case_id"].as_string() == case_id if case_id else false()
    await db.execute(delete(OutboxMessage).where(or_(OutboxMessage.session_id.in_(session_ids), about_case)))


async def forget_consents(db: AsyncSession, consent_ids: Sequence[str]) -> None:
    """Consent is evidence that goes with its conversation."""
    await db.execute(delete(Consent).where(Consent.id.in_(consent_ids)))


async def blobs_of(db: AsyncSession, case_id: str) -> Sequence[str]:
    """SHA-256 of the case's uploads."""
    return (await db.scalars(select(Evidence.sha256).where(Evidence.case_id == case_id, Evidence.sha256.is_not(None)).distinct())).all()  # type: ignore[return-value]


async def forget_blobs(db: AsyncSession, contents: Sequence[str]) -> list[str]:
    """Drop those of these contents that nothing refers to any more: their places in the store."""
    locked = select(EvidenceBlob).where(EvidenceBlob.sha256.in_(contents)).order_by(EvidenceBlob.sha256).with_for_update()
    blobs = (await db.scalars(locked)).all()  # an upload of the same content waits here, or we for it
    used = set((await db.scalars(select(Evidence.sha256).where(Evidence.sha256.in_(contents)))).all())
    used |= set((await db.scalars(select(CoResidentAck.scan_sha256).where(CoResidentAck.scan_sha256.in_(contents)))).all())
    gone = [blob for blob in blobs if blob.sha256 not in used]
    await db.execute(delete(EvidenceBlob).where(EvidenceBlob.sha256.in_([blob.sha256 for blob in gone])))
    return [blob.path for blob in gone]


async def unfinished(db: AsyncSession) -> Sequence[Removal]:
    """Tombstones whose files are not all gone."""
    return (await db.scalars(select(Removal).where(Removal.files_removed_at.is_(None)).order_by(Removal.id))).all()


async def known_paths(db: AsyncSession, paths: Sequence[str]) -> set[str]:
    """Which of these places in the store a row refers to; asked in parts, for a statement takes only so many values."""
    known: set[str] = set()
    for first in range(0, len(paths), PATHS_AT_ONCE):
        query = select(EvidenceBlob.path).where(EvidenceBlob.path.in_(paths[first : first + PATHS_AT_ONCE]))
        known.update((await db.scalars(query)).all())
    return known
