"""Queries on rule sets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select, text, update
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


async def one_at_a_time(db: AsyncSession) -> None:
    """Changes of rule sets queue; readers go on. SQLite's transaction holds the write lock already."""
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(text("LOCK TABLE warning_rule_set IN SHARE ROW EXCLUSIVE MODE"))


async def look_again(db: AsyncSession, site_id: str | None, at: object) -> None:
    """Every customer of the site (None: of all) has to be looked at by other rules, also whoever is being looked at by the old ones."""
    change = update(CrmCustomer).values(check_at=at, revision=CrmCustomer.revision + 1).execution_options(synchronize_session=False)
    await db.execute(change if site_id is None else change.where(CrmCustomer.site_id == site_id))
