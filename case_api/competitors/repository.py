"""Queries on competitors' offers."""

from __future__ import annotations

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.retention.repository import at_sites
from models.competitors import CompetitorOffer
from models.evidence import Evidence
from models.sessions import Session


def offers_query(
    sites: frozenset[str] | None, *, site_id: str | None, case_id: str | None, outcome: str | None, verified: bool | None, q: str | None
) -> Select[CompetitorOffer]:
    """Offers at these sites (None: all), narrowed; `q` is part of the project's name or of what is offered."""
    query = select(CompetitorOffer).where(at_sites(CompetitorOffer.site_id, sites))
    wanted = {"site_id": site_id, "case_id": case_id, "outcome": outcome}
    query = query.where(*(getattr(CompetitorOffer, name) == value for name, value in wanted.items() if value is not None))
    if verified is not None:
        query = query.where(CompetitorOffer.outcome.is_not(None) if verified else CompetitorOffer.outcome.is_(None))
    if q:
        query = query.where(
            or_(*(column.icontains(q, autoescape=True) for column in (CompetitorOffer.competitor, CompetitorOffer.offered)))
        )
    return query


async def evidence_of(db: AsyncSession, case_id: str | None, evidence_id: str) -> Evidence | None:
    """A piece of evidence of the case that counts."""
    query = select(Evidence).where(Evidence.id == evidence_id, Evidence.case_id == case_id, Evidence.withdrawn_at.is_(None))
    return (await db.scalars(query)).one_or_none()


async def session_at(db: AsyncSession, site_id: str, case_id: str | None, session_id: str) -> Session | None:
    """A conversation of the case, or of the site where there is no case."""
    query = select(Session).where(Session.id == session_id, Session.site_id == site_id)
    return (await db.scalars(query if case_id is None else query.where(Session.case_id == case_id))).one_or_none()
