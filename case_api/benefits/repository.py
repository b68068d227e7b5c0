"""Queries on benefits."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.benefits import BenefitBalance, BenefitItem, BenefitPool, BenefitReservation, BenefitTransfer


async def pool_of(db: AsyncSession, site_id: str, *, lock: bool = False) -> BenefitPool | None:
    """The site's pool; `lock` keeps it for this transaction, so that its movements come one after the other."""
    query = select(BenefitPool).where(BenefitPool.site_id == site_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)  # as it is now, also if it was read before
    return (await db.scalars(query)).one_or_none()


async def balances(db: AsyncSession, pool_id: str) -> dict[str, int]:
    """What lies in each account, in fen."""
    rows = await db.execute(select(BenefitBalance.account, BenefitBalance.balance_fen).where(BenefitBalance.pool_id == pool_id))
    return {row.account: row.balance_fen for row in rows}


async def reservation_of(db: AsyncSession, case_id: str) -> BenefitReservation | None:
    """What the case holds back, if it does."""
    query = select(BenefitReservation).where(BenefitReservation.case_id == case_id, BenefitReservation.status == "reserved")
    return (await db.scalars(query)).one_or_none()


async def items_by_id(db: AsyncSession, site_id: str, ids: Collection[str]) -> dict[str, BenefitItem]:
    """Those of the site's items that are in the catalogue now."""
    query = select(BenefitItem).where(BenefitItem.site_id == site_id, BenefitItem.id.in_(ids), BenefitItem.retired_at.is_(None))
    return {item.id: item for item in await db.scalars(query)}


def items_query(sites: frozenset[str] | None, site_id: str | None, *, retired: bool) -> Select[BenefitItem]:
    """Catalogues of these sites (None: all)."""
    query = select(BenefitItem)
    if sites is not None:
        query = query.where(BenefitItem.site_id.in_(sites))
    if site_id is not None:
        query = query.where(BenefitItem.site_id == site_id)
    return query if retired else query.where(BenefitItem.retired_at.is_(None))


def transfers_query(pool_id: str, *, kind: str | None, case_id: str | None) -> Select[BenefitTransfer]:
    """The ledger of a pool, narrowed."""
    query = select(BenefitTransfer).where(BenefitTransfer.pool_id == pool_id)
    if kind is not None:
        query = query.where(BenefitTransfer.kind == kind)
    return query.where(BenefitTransfer.case_id == case_id) if case_id is not None else query
