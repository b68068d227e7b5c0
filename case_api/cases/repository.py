"""Queries on cases."""

from __future__ import annotations

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.cases import WithdrawalCase
from models.sites import Site


def cases_query(
    sites: frozenset[str] | None, *, site_id: str | None = None, status: str | None = None, q: str | None = None
) -> Select[WithdrawalCase]:
    """Cases of these sites (None: all), narrowed by site, status and a text in code, customer or unit."""
    query = select(WithdrawalCase)
    if sites is not None:
        query = query.where(WithdrawalCase.site_id.in_(sites))
    if site_id is not None:
        query = query.where(WithdrawalCase.site_id == site_id)
    if status is not None:
        query = query.where(WithdrawalCase.status == status)
    if q:
        columns = (WithdrawalCase.code, WithdrawalCase.customer_label, WithdrawalCase.unit_label)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    return query


async def lock_site(db: AsyncSession, site_id: str) -> Site | None:
    """The site's row, kept for this transaction: its cases are numbered one after the other."""
    return (await db.scalars(select(Site).where(Site.id == site_id).with_for_update())).one_or_none()


async def cases_with_prefix(db: AsyncSession, prefix: str) -> int:
    """How many case codes begin like this; cases are never deleted, so this is the last number given."""
    query = select(func.count()).select_from(WithdrawalCase).where(WithdrawalCase.code.startswith(prefix, autoescape=True))
    return (await db.execute(query)).scalar_one()
