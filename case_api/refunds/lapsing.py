"""Agreed times that passed without a word (宽限到期未付、推荐到期无人接盘): the case goes back to its solutions by itself."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from case_api.commands import Clock, itself
from case_api.refunds.confirming import lapse
from case_api.refunds.rules import EXECUTIONS
from case_api.schedule import every
from models.deadlines import AGREED, IS_AGREED, Deadline
from models.engine import Factory, reading, transaction
from models.settings_solutions import SolutionSettings

SECONDS: Final = 60.0
assert {how.task for how in EXECUTIONS.values() if how.ran_out is not None} == set(AGREED)


async def lapse_due(factory: Factory, settings: SolutionSettings, now: datetime) -> int:
    """Every case whose agreed time is over for as long as people have to say what happened: how many. Each goes back once, however many
    processes look, and in a transaction of its own.
    """
    until = now - timedelta(hours=settings.lapse_hours)
    async with reading(factory) as db:
        found = select(Deadline.case_id).where(IS_AGREED, Deadline.due_at <= until)
        cases = (await db.scalars(found.order_by(Deadline.due_at))).all()
    lapsed = 0
    for case_id in cases:
        async with transaction(factory) as db:
            lapsed += await lapse(db, itself(now), case_id, until)
    return lapsed


def lapsing(factory: Factory, clock: Clock, settings: SolutionSettings) -> AbstractAsyncContextManager[None]:
    """Look every minute for as long as the application runs."""
    return every(SECONDS, "refunds.lapse", lambda: lapse_due(factory, settings, clock()), at_once=True)
