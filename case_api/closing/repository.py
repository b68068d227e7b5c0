"""Queries on closed cases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from case_api.cases.rules import searchable
from models.closing import CustomerTag, KnowledgeEntry, RegionalBrief
from models.registrations import Registration
from models.tasks import CaseTask


async def tasks_of(db: AsyncSession, case_id: str) -> Sequence[CaseTask]:
    """Every piece of work of a case."""
    return (await db.scalars(select(CaseTask).where(CaseTask.case_id == case_id))).all()


def knowledge_query(
    sites: frozenset[str] | None, *, q: str | None, cause: str | None, outcome: str | None
) -> Select[*tuple[KnowledgeEntry]]:
    """Entries of these sites (None: all) that hold every word of `q`."""
    query = select(KnowledgeEntry)
    if sites is not None:
        query = query.where(KnowledgeEntry.site_id.in_(sites))
    for word in (q or "").split():
        query = query.where(KnowledgeEntry.body.contains(searchable(word), autoescape=True))
    if cause is not None:
        query = query.where(KnowledgeEntry.body.contains(f"\ncause:{cause}\n", autoescape=True))
    if outcome is not None:
        query = query.where(KnowledgeEntry.outcome == outcome)
    return query


def briefs_query(sites: frozenset[str] | None, *, received: bool | None) -> Select[*tuple[RegionalBrief]]:
    """Briefs of these sites (None: all)."""
    query = select(RegionalBrief)
    if sites is not None:
        query = query.where(RegionalBrief.site_id.in_(sites))
    if received is not None:
        query = query.where(RegionalBrief.received_at.is_not(None) if received else RegionalBrief.received_at.is_(None))
    return query


async def tags_of_same_customer(db: AsyncSession, case_id: str, site_id: str) -> Sequence[CustomerTag]:
    """Tags that earlier cases at this site left on the same person: same ID number or same verified phone."""
    here, there = aliased(Registration), aliased(Registration)
    same = or_(here.id_number == there.id_number, (here.phone == there.phone) & there.phone_verified_at.is_not(None))
    query = (
        select(CustomerTag)
        .join(there, there.case_id == CustomerTag.case_id)
        .join(here, same)
        .where(here.case_id == case_id, CustomerTag.site_id == site_id, CustomerTag.case_id != case_id)
        .order_by(CustomerTag.created_at.desc())
    )
    return (await db.scalars(query)).unique().all()
