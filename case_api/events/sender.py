"""Carries rows to the outside: at least once, tried again after growing pauses, many at a time and never inside a transaction.

A row is leased (its `next_at` moves to the end of the lease), carried, and then settled: sent, tried again later, or failed for good. A
process that dies on the way leaves the row to whoever comes by after the lease, so that the other side may hear twice, never not at all.
No order is kept, not even towards one target: a row that has to be tried again would hold up everything behind it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import ColumnElement, and_, delete, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import Clock
from case_api.events.backoff import pause
from models.base import new_id
from models.engine import Factory, reading, transaction

log = structlog.get_logger("calmdesk.sender")

SECONDS: Final = 1.0
LEASE: Final = timedelta(minutes=2)
"""Longer than any attempt takes."""
AT_ONCE: Final = 16
AT_ONCE_EACH: Final = 4
"""Of one target: one that hangs leaves room for the others."""
LOOKED_AT: Final = 200
KEPT: Final = timedelta(days=30)
HOUSEKEEPING: Final = timedelta(hours=1)

carried_total = Counter("calmdesk_deliveries_total", "Attempts to tell somebody outside", ["carrier", "outcome"])
queue_age = Gauge("calmdesk_delivery_queue_age_seconds", "How long the oldest delivery that is due has waited", ["carrier"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `final`: trying again would not help. `error` is for people, without addresses or secrets."""

    arrived: bool
    error: str = ""
    response_status: int | None = None
    final: bool = False


class Carrier(Protocol):
    """What is carried: rows of `table` (a `models.deliveries.Carried`), to whatever its column `target` names."""

    name: str
    table: Any
    target: str
    attempts: int

    async def carry(self, row_id: str) -> Outcome:
        """One attempt, outside any transaction. Ends well within `LEASE`; raises nothing that it foresees."""

    async def settled(self, db: AsyncSession, row: Any, outcome: Outcome) -> None:
        """In the transaction that keeps how the attempt ended: what else follows from it."""


def choose(due: Iterable[tuple[str, str]], busy: Tally[str], room: int) -> list[str]:
    """Which of these (row, target), in their order, are started next: `room` at most, no target with more than `AT_ONCE_EACH`. Pure."""
    chosen: list[str] = []
    under_way = Tally(busy)
    for row_id, target in due:
        if len(chosen) >= room:
            break
        if under_way[target] < AT_ONCE_EACH:
            under_way[target] += 1
            chosen.append(row_id)
    return chosen


class Sender:
    """One worker on one table. Several, in one process or many, never carry a row at the same time."""

    def __init__(self, factory: Factory, clock: Clock, carrier: Carrier) -> None:
        self._factory, self._clock, self._carrier = factory, clock, carrier
        self.name = f"{carrier.name}-{new_id()}"
        self._running: dict[asyncio.Task[None], str] = {}
        self._freed = asyncio.Event()

    async def start_due(self) -> int:
        """Start whatever is due and there is room for: how many."""
        now, busy = self._clock(), Tally(self._running.values())
        due = await self._due(now, [target for target, count in busy.items() if count >= AT_ONCE_EACH])
        chosen = choose(due, busy, AT_ONCE - len(self._running))
        if not chosen:
            return 0
        targets = dict(due)
        leased = await self._lease(chosen, now)
        for row_id in leased:
            task = asyncio.create_task(self._carry(row_id))
            self._running[task] = targets[row_id]
            task.add_done_callback(self._ended)
        return len(leased)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._freed.set()

    async def _due(self, now: datetime, full: Sequence[str]) -> Sequence[tuple[str, str]]:
        table = self._carrier.table
        target = getattr(table, self._carrier.target)
        query = select(table.id, target, table.next_at).where(_due_at(table, now)).order_by(table.next_at, table.id).limit(LOOKED_AT)
        async with reading(self._factory) as db:  # most seconds there is nothing: no write lock for that
            oldest = (await db.execute(query.limit(1))).first()
            queue_age.labels(self._carrier.name).set((now - oldest.next_at).total_seconds() if oldest else 0)
            rows = (await db.execute(query.where(target.not_in(full)))).all() if oldest else []
            return [(row[0], row[1]) for row in rows]

    async def _lease(self, ids: Sequence[str], now: datetime) -> Sequence[str]:
        table = self._carrier.table
        statement = (
            update(table)
            .where(table.id.in_(ids), _due_at(table, now))  # asked again: another process may have been quicker
            .values(claimed_by=self.name, next_at=now + LEASE, last_attempt_at=now, attempts=table.attempts + 1)
            .returning(table.id)
            .execution_options(synchronize_session=False)
        )
        async with transaction(self._factory) as db:
            return (await db.scalars(statement)).all()

    async def _carry(self, row_id: str) -> None:
        try:
            outcome = await self._carrier.carry(row_id)
        except Exception as error:
            log.exception("sender.failed", carrier=self._carrier.name, row=row_id)
            outcome = Outcome(False, type(error).__name__)
        try:
            await self._settle(row_id, outcome)
        except Exception:  # whatever it is: the lease runs out, it is carried again
            log.exception("sender.not_settled", carrier=self._carrier.name, row=row_id)

    async def _settle(self, row_id: str, outcome: Outcome) -> None:
        table, now = self._carrier.table, self._clock()
        async with transaction(self._factory) as db:
            row = await db.get(table, row_id, with_for_update=True, populate_existing=True)
            if row is None or row.status != "pending" or row.claimed_by != self.name:
                return  # deleted, switched off, or taken over after the lease
            row.claimed_by, row.error = None, outcome.error[:200]
            given_up = outcome.final or row.attempts >= self._carrier.attempts
            if outcome.arrived or given_up:
                row.status, row.next_at, row.done_at = "sent" if outcome.arrived else "failed", None, now
            else:
                row.next_at = now + pause(row.attempts, random.random())
            await self._carrier.settled(db, row, outcome)
            ended = row.status
        carried_total.labels(self._carrier.name, "retried" if ended == "pending" else ended).inc()

    async def drain(self) -> None:
        """Until nothing is due and nothing is under way."""
        while await self.start_due() or self._running:
            await asyncio.wait([*self._running]) if self._running else None

    async def forget_old(self) -> None:
        """Drop what was settled long ago."""
        async with transaction(self._factory) as db:
            await db.execute(delete(self._carrier.table).where(self._carrier.table.done_at < self._clock() - KEPT))

    async def forever(self) -> None:
        """Work until cancelled."""
        swept = self._clock()
        while True:
            self._freed.clear()
            try:
                await self.start_due()
                if self._clock() - swept >= HOUSEKEEPING:
                    swept = self._clock()
                    await self.forget_old()
            except Exception:  # whatever it is: a sender that ended would be missed by nobody
                log.exception("sender.start_failed", carrier=self._carrier.name)
            try:
                await asyncio.wait_for(self._freed.wait(), SECONDS)
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """End what is under way; it is carried again when its lease has run out."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def _due_at(table: Any, now: datetime) -> ColumnElement[bool]:
    # spelt out: a partial index is of no use to a query that leaves its condition to a parameter
    return and_(table.status == literal_column("'pending'"), table.next_at <= now)


@asynccontextmanager
async def sending(sender: Sender) -> AsyncIterator[None]:
    """Carry in the background for as long as the application runs."""
    task = asyncio.create_task(sender.forever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.stop()
