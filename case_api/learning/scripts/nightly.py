"""New beliefs about scripts every night, where a site's ranking learns: one version a night, however many processes look."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import Clock
from case_api.learning.scripts import repository, runs
from case_api.problems import Problem
from case_api.schedule import every
from models.audit import Actor
from models.engine import Factory, one_at_a_time, reading, transaction
from models.learning import LearningRun
from models.settings_learning import LearningSettings
from models.sites import CHINA

SECONDS: Final = 600.0
WHO: Final = Actor("calmdesk nightly")


def nightly(factory: Factory, clock: Clock, settings: LearningSettings) -> AbstractAsyncContextManager[None]:
    """Look every ten minutes for as long as the application runs."""
    return every(SECONDS, "learning.nightly", lambda: learn_due(factory, settings, clock))


async def learn_due(factory: Factory, settings: LearningSettings, clock: Clock) -> bool:
    """Learn from the conversations of the sites whose ranking learns, unless that was done since the last night's hour."""
    if settings.nightly_hour is None:
        return False
    now = clock()
    due = _last(settings.nightly_hour, now)
    async with reading(factory) as db:
        if not await repository.learning_sites(db) or await _done_since(db, due):
            return False
    try:
        async with transaction(factory) as db:
            await one_at_a_time(db, LearningRun)
            if await _done_since(db, due):
                return False  # another process was quicker
            sites = await repository.learning_sites(db)
            run = await runs.begin(db, WHO, now, sites)
    except Problem:
        return False  # somebody asked for it a minute ago
    return await runs.carry_out(factory, clock, run.id, WHO, now, sites)


async def _done_since(db: AsyncSession, due: datetime) -> bool:
    """Whether it was learned since then, even if there was nothing to learn."""
    newest, run = await repository.newest_ranking(db), await repository.newest_run(db)
    return (newest is not None and newest.made_at >= due) or (run is not None and run.started_at >= due)


def _last(hour: int, now: datetime) -> datetime:
    """When it was that hour last, where the sales offices are."""
    local = now.astimezone(CHINA)
    due = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)
