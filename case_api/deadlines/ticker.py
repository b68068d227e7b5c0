"""The ticker: once a second, whatever deadline or early warning has come up. Each process runs one; row locks see that each moment
happens once.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import Clock, forget_old_commands
from case_api.deadlines.service import moments, rearm
from case_api.early_warning.board.watch import Watch
from case_api.public_form.service import forget_unused
from case_api.schedule import every
from models import audit, outbox
from models.cases import WithdrawalCase
from models.deadlines import IS_ARMED, Deadline, DeadlineEvent
from models.engine import Factory, reading, transaction

SECONDS: Final = 1.0
BATCH: Final = 50
HOUSEKEEPING: Final = timedelta(hours=1)
WHO: Final = audit.Actor("calmdesk")

fired_total = Counter("calmdesk_deadline_moments_total", "Reminders, limits and escalations that came up", ["what"])


async def tick(factory: Factory, now: datetime) -> int:
    """Everything that has come up by `now`: how many moments. Several processes at once do each of them once."""
    async with reading(factory) as db:  # most seconds nothing has: no write lock for that
        if (await db.scalars(select(Deadline.id).where(_up(now)).limit(1))).first() is None:
            return 0
    done = 0
    while True:
        async with transaction(factory) as db:
            query = select(Deadline).where(_up(now)).order_by(Deadline.next_at).limit(BATCH).with_for_update(skip_locked=True)
            found = (await db.scalars(query.execution_options(populate_existing=True))).all()
            for deadline in found:
                done += await _fire(db, deadline, now)
        if len(found) < BATCH:
            return done


def _up(now: datetime) -> ColumnElement[bool]:
    return and_(IS_ARMED, Deadline.next_at <= now)


async def _fire(db: AsyncSession, deadline: Deadline, now: datetime) -> int:
    """All of one deadline's moments up to now, in order: after a long stop the superiors are told late, but told."""
    case = await db.get_one(WithdrawalCase, deadline.case_id)
    steps, begun = moments(deadline), deadline.stage
    while deadline.next_at is not None and deadline.next_at <= now:
        moment = steps[deadline.stage]
        told = {"deadline_id": deadline.id, "task_id": deadline.task_id, "kind": deadline.kind, "role": moment.role, "what": moment.what}
        told |= {"case_id": case.id, "code": case.code, "site_id": case.site_id, "due_at": deadline.due_at.isoformat()}
        db.add(DeadlineEvent(deadline_id=deadline.id, what=moment.what, stage=await _ordinal(db, deadline), role=moment.role, at=now))
        audit.record(db, WHO, f"ticker:deadline:{moment.what}", audit.Subject("case", case.id, case.site_id), after=told, at=now)
        key = f"deadline:{deadline.id}:{deadline.stage}:{deadline.due_at.isoformat()}"
        await outbox.publish(db, f"case.deadline_{moment.what}", told, key=key, site_id=case.site_id)
        fired_total.labels(moment.what).inc()
        deadline.stage += 1
        rearm(deadline)
    return deadline.stage - begun


async def _ordinal(db: AsyncSession, deadline: Deadline) -> int:
    """How many moments this deadline has had. An extension may repeat one, so the plan's own count is not enough for uniqueness."""
    query = select(func.max(DeadlineEvent.stage)).where(DeadlineEvent.deadline_id == deadline.id)
    last = await db.scalar(query)
    return 0 if last is None else last + 1


def ticking(factory: Factory, clock: Clock) -> AbstractAsyncContextManager[None]:
    """Tick in the background for as long as the application runs."""
    swept, watch = clock(), Watch(factory)

    async def look() -> None:
        nonlocal swept
        await tick(factory, clock())
        await watch.tick(clock())
        if clock() - swept >= HOUSEKEEPING:
            swept = clock()
            await forget_old_commands(factory, swept)
            await forget_unused(factory, swept)

    return every(SECONDS, "deadlines.tick", look, at_once=True)
