"""Queries on sites."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.sites import Site


async def list_sites(db: AsyncSession, ids: frozenset[str] | None) -> Sequence[Site]:
    """These sites (None: all of them) by code."""
    query = select(Site).order_by(Site.code)
    return (await db.scalars(query if ids is None else query.where(Site.id.in_(ids)))).all()


async def site_by_code(db: AsyncSession, code: str) -> Site | None:
    """The site with this code."""
    return (await db.scalars(select(Site).where(Site.code == code))).one_or_none()
