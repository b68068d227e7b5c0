"""Queries on policy versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.policies import PolicyPosting, PolicyVersion


def versions_query(
    sites: frozenset[str] | None, *, kind: str | None = None, site_id: str | None = None, status: str | None = None
) -> Select[PolicyVersion]:
    """Versions that hold everywhere and those of these sites (None: all), narrowed by kind, site and status."""
    query = select(PolicyVersion)
    if sites is not None:
        query = query.where(or_(PolicyVersion.site_id.is_(None), PolicyVersion.site_id.in_(sites)))
    wanted = {PolicyVersion.kind: kind, PolicyVersion.site_id: site_id, PolicyVersion.status: status}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


async def begun(db: AsyncSession, kind: str, site_id: str | None, at: datetime) -> Sequence[PolicyVersion]:
    """Every version that ever began to hold, by `at`, at this site or everywhere."""
    query = select(PolicyVersion).where(PolicyVersion.kind == kind, PolicyVersion.effective_from <= at)
    return (await db.scalars(query.where(PolicyVersion.scope.in_({"", site_id or ""})))).all()


async def last_number(db: AsyncSession, kind: str, scope: str) -> int:
    """The highest number given; 0 for none."""
    query = select(func.coalesce(func.max(PolicyVersion.number), 0)).where(PolicyVersion.kind == kind, PolicyVersion.scope == scope)
    return (await db.execute(query)).scalar_one()


async def begins_at(db: AsyncSession, version: PolicyVersion, at: datetime) -> bool:
    """Whether another version of the same kind and scope begins at this very moment."""
    query = select(PolicyVersion.id).where(
        PolicyVersion.kind == version.kind,
        PolicyVersion.scope == version.scope,
        PolicyVersion.effective_from == at,
        PolicyVersion.status == "published",
    )
    return (await db.scalar(query)) is not None


async def posted(db: AsyncSession, policy_id: str, site_id: str | None, at: datetime) -> bool:
    """Whether the version is posted at this site (None: at any) by then."""
    query = select(PolicyPosting.id).where(PolicyPosting.policy_id == policy_id, PolicyPosting.posted_at <= at).limit(1)
    if site_id is not None:
        query = query.where(PolicyPosting.site_id == site_id)
    return (await db.scalar(query)) is not None


async def postings(db: AsyncSession, policy_id: str) -> Sequence[PolicyPosting]:
    """Where the version is posted, the oldest first."""
    query = select(PolicyPosting).where(PolicyPosting.policy_id == policy_id).order_by(PolicyPosting.posted_at, PolicyPosting.id)
    return (await db.scalars(query)).all()
