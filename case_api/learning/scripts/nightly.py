"""New beliefs about scripts every night, where a site's ranking learns: one version a night, however many processes look."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from case_api.commands import Clock
from case_api.learning.scope import DEFAULT_DAYS, Scope
from case_api.learning.scripts import repository, service
from case_api.schedule import every
from models.audit import Actor
from models.engine import Factory, reading, transaction
from models.sessions import Session
from models.settings_learning import LearningSettings
from models.sites import CHINA

SECONDS: Final = 600.0
WHO: Final = Actor("calmdesk nightly")


def nightly(factory: Factory, clock: Clock, settings: LearningSettings) -> AbstractAsyncContextManager[None]:
    """Look every ten minutes for as long as the application runs."""
    return every(SECONDS, "learning.nightly", lambda: learn_due(factory, settings, clock()))


async def learn_due(factory: Factory, settings: LearningSettings, now: datetime) -> bool:
    """Learn from the conversations of the sites whose ranking learns, unless that was done since the last night's hour."""
    if settings.nightly_hour is None:
        return False
    due = _last(settings.nightly_hour, now)
    async with reading(factory) as db:
        sites = await repository.learning_sites(db)
        newest = await repository.newest_ranking(db)
    if not sites or (newest is not None and newest.made_at >= due):
        return False
    learned = await service.learn(factory, Scope(Session.site_id.in_(sites), now - timedelta(days=DEFAULT_DAYS), now))
    if not learned[1]:
        return False  # no prompt was measured
    async with transaction(factory) as db:
        await repository.one_at_a_time(db)
        newest = await repository.newest_ranking(db)
        if newest is not None and newest.made_at >= due:
            return False  # another process was quicker
        await service.keep_ranking(db, WHO, now, learned)
    return True


def _last(hour: int, now: datetime) -> datetime:
    """When it was that hour last, where the sales offices are."""
    local = now.astimezone(CHINA)
    due = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)
