"""Queries on rule sets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.crm import CrmCustomer
from models.early_warnings import WarningRuleSet


def rule_sets_query(sites: frozenset[str] | None, *, site_id: str | None, status: str | None) -> Select[WarningRuleSet]:
    """The general ones and those of these sites (None: all), narrowed."""
    query = select(WarningRuleSet)
    if sites is not None:
        query = query.where(or_(WarningRuleSet.site_id.is_(None), WarningRuleSet.site_id.in_(sites)))
    wanted = {WarningRuleSet.site_id: site_id, WarningRuleSet.status: status}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


async def published(db: AsyncSession) -> Sequence[WarningRuleSet]:
    """Every version that was ever published."""
    return (await db.scalars(select(WarningRuleSet).where(WarningRuleSet.published_at.is_not(None)))).all()


async def last_number(db: AsyncSession, scope: str) -> int:
    """The highest number given; 0 for none."""
    query = select(func.coalesce(func.max(WarningRuleSet.number), 0)).where(WarningRuleSet.scope == scope)
    return (await db.execute(query)).scalar_one()


async def waiting_again(db: AsyncSession) -> Row[tuple[str, str | None, str]] | None:
    """A version (id, site_id, again_after) that came into force or went out, of which customers are still to be told."""
    columns = (WarningRuleSet.id, WarningRuleSet.site_id, WarningRuleSet.again_after)
    query = select(*columns).where(WarningRuleSet.again_after.is_not(None)).order_by(WarningRuleSet.id).limit(1)
    return (await db.execute(query)).first()  # type: ignore[return-value]  # the condition leaves no null


async def customers_after(db: AsyncSession, customer_id: str, site_id: str | None, limit: int) -> Sequence[str]:
    """Ids of the next customers of the site (None: of all)."""
    query = select(CrmCustomer.id).where(CrmCustomer.id > customer_id).order_by(CrmCustomer.id).limit(limit)
    return (await db.scalars(query if site_id is None else query.where(CrmCustomer.site_id == site_id))).all()


async def told_until(db: AsyncSession, rule_set_id: str, customer_id: str | None) -> None:
    """Everybody up to this customer is told (None: everybody). People's changes count in the version, this does not."""
    await db.execute(update(WarningRuleSet).where(WarningRuleSet.id == rule_set_id).values(again_after=customer_id))
