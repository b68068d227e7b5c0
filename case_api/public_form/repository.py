"""Queries on links, progress and surveys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.public_form.rules import LinkStatus
from models.cases import WithdrawalCase
from models.public_forms import ProgressLink, PublicForm, SatisfactionAnswer
from models.sites import Site
from models.verifications import PhoneVerification


async def form_by_hash(db: AsyncSession, token_hash: str, *, lock: bool = False) -> PublicForm | None:
    """The link with this token; `lock` keeps its row for this transaction."""
    query = select(PublicForm).where(PublicForm.token_hash == token_hash).execution_options(populate_existing=lock)
    return (await db.scalars(query.with_for_update() if lock else query)).one_or_none()


async def progress_by_hash(db: AsyncSession, token_hash: str) -> Any:
    """(ProgressLink, WithdrawalCase, Site, SatisfactionAnswer or None) of a link in force, or None."""
    query = (
        select(ProgressLink, WithdrawalCase, Site, SatisfactionAnswer)
        .join(WithdrawalCase, WithdrawalCase.id == ProgressLink.case_id)
        .join(Site, Site.id == WithdrawalCase.site_id)
        .outerjoin(SatisfactionAnswer, SatisfactionAnswer.case_id == WithdrawalCase.id)
        .where(ProgressLink.token_hash == token_hash, ProgressLink.revoked_at.is_(None))
    )
    return (await db.execute(query)).one_or_none()


async def progress_token_taken(db: AsyncSession, token_hash: str) -> str | None:
    """The case that this token opens, in force or not."""
    return await db.scalar(select(ProgressLink.case_id).where(ProgressLink.token_hash == token_hash))


def links_query(sites: frozenset[str] | None, *, status: LinkStatus | None, now: datetime) -> Select[*tuple[PublicForm]]:
    """Links of these sites (None: all)."""
    query = select(PublicForm)
    if sites is not None:
        query = query.where(PublicForm.site_id.in_(sites))
    unused = and_(PublicForm.submitted_at.is_(None), PublicForm.revoked_at.is_(None))
    wanted = {
        "submitted": PublicForm.submitted_at.is_not(None),
        "revoked": PublicForm.revoked_at.is_not(None),
        "expired": and_(unused, PublicForm.expires_at <= now),
        "open": and_(unused, PublicForm.expires_at > now),
    }
    return query.where(wanted[status]) if status is not None else query


async def codes_of(db: AsyncSession, form_id: str) -> Sequence[PhoneVerification]:
    """Every code that was sent through a link."""
    return (await db.scalars(select(PhoneVerification).where(PhoneVerification.form_id == form_id))).all()


async def verified_phone(db: AsyncSession, form_id: str) -> PhoneVerification | None:
    """The newest number that was verified through a link."""
    query = select(PhoneVerification).where(PhoneVerification.form_id == form_id, PhoneVerification.confirmed_at.is_not(None))
    return (await db.scalars(query.order_by(PhoneVerification.confirmed_at.desc()).limit(1))).first()


async def revoke_progress(db: AsyncSession, case_id: str, now: datetime) -> int:
    """End every link to a case's progress: how many there were."""
    mine = (ProgressLink.case_id == case_id, ProgressLink.revoked_at.is_(None))
    result = await db.execute(update(ProgressLink).where(*mine).values(revoked_at=now))
    assert isinstance(result, CursorResult)
    return result.rowcount


async def forget_unused(db: AsyncSession, before: datetime) -> None:
    """Drop links that expired by then without being handed in, with the phone numbers that were typed there."""
    await db.execute(delete(PublicForm).where(PublicForm.submitted_at.is_(None), PublicForm.expires_at < before))
