"""Briefs to regional operations, made when a week or a month is over: one a site and period, however many processes look.
What was missed while the server was off is made at its next start."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import Clock
from case_api.figures import repository, rules, service
from case_api.figures.schemas import FiguresOut
from case_api.figures.service import Wanted
from case_api.schedule import every
from models import outbox
from models.base import new_id
from models.engine import Factory, reading, transaction
from models.figures import BriefPeriod, FigureBrief
from models.settings_figures import FigureSettings
from models.sites import Site

SECONDS: Final = 600.0
MISSED_MAX: Final = 12
"""Periods that are caught up with after a long stop."""
TOLD: Final = ("cases", "ended", "kept", "retention", "overdue", "causes", "season", "undiscussed", "days", "satisfaction", "complaints")


async def make_due(factory: Factory, settings: FigureSettings, now: datetime) -> int:
    """Make every brief that is due, also those of periods that ended while nobody was there to make them: how many."""
    if settings.brief == "off":
        return 0
    async with reading(factory) as db:
        sites = (await db.scalars(select(Site).order_by(Site.id))).all()
    made = 0
    for site in sites:
        for first, before in await _due(factory, settings, settings.brief, site, now):
            made += await _make(factory, settings, settings.brief, site, first, before, now)
    return made


async def _due(factory: Factory, settings: FigureSettings, period: BriefPeriod, site: Site, now: datetime) -> list[tuple[date, date]]:
    """The periods of a site, oldest first, that are over, have no brief, and something to tell."""
    local = now.astimezone(ZoneInfo(site.timezone))
    async with reading(factory) as db:
        newest = await repository.newest_brief(db, site.id, period)
        over = [
            (first, before)
            for first, before in rules.periods_since(period, newest, local.date(), MISSED_MAX)
            if local >= rules.start_of(before, site.timezone).replace(hour=settings.brief_hour)
        ]
        return [one for one in over if await repository.any_case(db, service.period(Wanted(*one), *_of(site), now).scope)]


def _of(site: Site) -> tuple[frozenset[str], str]:
    return frozenset({site.id}), site.timezone


async def _make(
    factory: Factory, settings: FigureSettings, period: BriefPeriod, site: Site, first: date, before: date, now: datetime
) -> bool:
    wanted = Wanted(first, before, site.id)
    async with reading(factory) as db:
        found = await service.figures(db, service.period(wanted, *_of(site), now), wanted, settings, now)
    async with transaction(factory) as write:
        return await _tell(write, period, site, found, now)


async def _tell(db: AsyncSession, period: BriefPeriod, site: Site, found: FiguresOut, now: datetime) -> bool:
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    body: dict[str, Any] = found.model_dump(mode="json", include=set(TOLD))
    row = {"id": new_id(), "site_id": site.id, "period": period, "first": found.first, "before": found.before, "created_at": now}
    statement = insert(FigureBrief).values(body=body, **row)
    statement = statement.on_conflict_do_nothing(index_elements=["site_id", "period", "first"])
    made = (await db.execute(statement.returning(FigureBrief.id))).scalar_one_or_none()
    if made is None:
        return False  # another process was quicker
    told = {"brief_id": made, "site_id": site.id, "period": period, "first": str(found.first), "before": str(found.before)}
    await outbox.publish(db, "figures.brief", told | body, key=f"figures:{made}", site_id=site.id)
    return True


def briefing(factory: Factory, clock: Clock, settings: FigureSettings) -> AbstractAsyncContextManager[None]:
    """Look at once and every ten minutes for as long as the application runs."""
    return every(SECONDS, "figures.brief", lambda: make_due(factory, settings, clock()), at_once=True)
