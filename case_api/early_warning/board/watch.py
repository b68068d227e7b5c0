"""Look at the customers to whom something happened or whose time has come, and let clocks run. Driven by the ticker.

Customers are read and examined without a lock; what came of it is written only for those to whom nothing happened meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.early_warning.board import alarms, repository
from case_api.early_warning.board.trace import note
from case_api.early_warning.events.own import gather
from case_api.early_warning.events.repository import touch
from case_api.early_warning.indicators import Finding, Happened, examine
from case_api.early_warning.levels import Alarm, alarm_of
from case_api.early_warning.rule_sets import repository as rule_sets
from case_api.early_warning.rule_sets.service import Held, InForce, rules_in_force
from models.early_warnings import EarlyWarning, WarningRuleSet
from models.engine import Factory, one_at_a_time, reading, transaction

BATCH: Final = 50
"""Customers of one transaction: other writers wait for no more than these."""
AGAIN: Final = 500
"""Customers of one transaction that only says that they are to be looked at."""
SECONDS_A_TICK: Final = 0.5
"""After a large import the board fills over some minutes; deadlines are not kept waiting for it."""
GATHERING: Final = timedelta(minutes=1)

looked_total = Counter("calmdesk_warning_customers_examined_total", "Customers that the early-warning rules looked at")


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer to examine. `case_id`: a withdrawal case is at work, which deals with everything."""

    id: str
    site_id: str
    zone: ZoneInfo
    settled: Sequence[str]
    events: Sequence[Happened]
    case_id: str | None
    held: Held


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found about a customer."""

    customer: Customer
    finding: Finding
    alarm: Alarm | None


class Watch:
    """One process's share of the watching; several at once do each thing once."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._gathered: datetime | None = None

    async def tick(self, now: datetime) -> None:
        """Whatever has come up by `now`, for half a second at most."""
        await run_clocks(self._factory, now)
        if self._gathered is None or now - self._gathered >= GATHERING:
            self._gathered = now
            await gather(self._factory, now)
        until = time.monotonic() + SECONDS_A_TICK
        while await look(self._factory, now) == BATCH and time.monotonic() < until:
            pass


async def look_again(factory: Factory, now: datetime) -> int:
    """Let the next customers be looked at by rules that came into force or went out, `AGAIN` at most: how many.

    Also whoever is being looked at by the old ones. All of them in the transaction of the change would keep every writer waiting.
    """
    async with reading(factory) as db:
        if await rule_sets.waiting_again(db) is None:
            return 0
    async with transaction(factory) as db:
        await one_at_a_time(db, WarningRuleSet)
        changed = await rule_sets.waiting_again(db)
        if changed is None:
            return 0
        ids = await rule_sets.customers_after(db, changed.again_after, changed.site_id, AGAIN)
        await touch(db, ids, now)
        await rule_sets.told_until(db, changed.id, ids[-1] if len(ids) == AGAIN else None)
    return len(ids)


async def look(factory: Factory, now: datetime) -> int:
    """Examine the customers that have waited longest, `BATCH` at most: how many."""
    await look_again(factory, now)
    async with reading(factory) as db:
        rows = await repository.to_check(db, now, BATCH)
        if not rows:
            return 0
        customers = await _customers(db, rows, await rules_in_force(db, now))
    seen = await asyncio.to_thread(lambda: [_examine(customer, now) for customer in customers])
    async with transaction(factory) as db:
        there = await repository.unchanged(db, {row.id: row.revision for row in rows})
        await _write(db, [one for one in seen if one.customer.id in there], now)
    looked_total.inc(len(rows))
    return len(rows)


async def _customers(db: AsyncSession, rows: Sequence[Any], rules: InForce) -> list[Customer]:
    ids = [row.id for row in rows]
    events, cases = await repository.happened(db, ids), await repository.cases_at_work(db, ids)
    return [
        Customer(
            row.id, row.site_id, ZoneInfo(row.timezone), row.settled, events.get(row.id, []), cases.get(row.id), rules.at_site(row.site_id)
        )
        for row in rows
    ]


def _examine(customer: Customer, now: datetime) -> Seen:
    finding = examine(customer.events, now, customer.held.rules, customer.zone)
    return Seen(customer, finding, alarm_of(finding.indicators, customer.settled) if customer.case_id is None else None)


async def _write(db: AsyncSession, seen: Sequence[Seen], now: datetime) -> None:
    live = await repository.open_of(db, [one.customer.id for one in seen])
    for one in seen:
        warning = live.get(one.customer.id)
        if one.alarm is not None and warning is None:
            await alarms.raise_(db, one.customer.id, one.customer.site_id, one.alarm, one.customer.held, now)
        elif one.alarm is not None and warning is not None:
            await alarms.change(db, warning, one.alarm, one.customer.held, now)
        elif warning is not None:
            came = one.customer.case_id is not None or one.finding.ended_by == "withdrawal_request"
            await alarms.close(db, warning, "became_case" if came else "cause_gone", one.customer.case_id, now)
    await repository.check_next(db, {one.customer.id: one.finding.next_at for one in seen})


async def run_clocks(factory: Factory, now: datetime) -> int:
    """Reminders, limits and escalations of warnings that nobody has answered: how many moments came up."""
    async with reading(factory) as db:  # most seconds nothing has: no write lock for that
        if not await repository.moments_up(db, now, 1):
            return 0
    done = 0
    while True:
        async with transaction(factory) as db:
            found = await repository.moments_up(db, now, BATCH, lock=True)
            for warning in found:
                done += await _fire(db, warning, now)
        if len(found) < BATCH:
            return done


async def _fire(db: AsyncSession, warning: EarlyWarning, now: datetime) -> int:
    """All of a warning's moments up to now: after a long stop the superiors are told late, but told."""
    begun = warning.stage
    while warning.next_at is not None and warning.next_at <= now:
        _, what, role = warning.plan[warning.stage]
        warning.stage += 1
        alarms.rearm(warning)
        await note(db, warning, what, now, more={"role": role})
    return warning.stage - begun
