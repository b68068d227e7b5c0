"""The desk's side of the outbox: takes what was published, each message once, and puts aside what nobody can read.

Every process runs one. A message is leased, then worked on in a transaction that also marks it done; whoever dies in between leaves it to
the next one when the lease runs out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, NamedTuple

import structlog
from prometheus_client import Counter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.schedule import every
from case_api.signals.rules import Unreadable
from case_api.signals.service import take
from models.base import new_id
from models.engine import DatabaseBusy, Factory, reading, transaction
from models.outbox import ClaimLost, OutboxMessage, claim, complete, park

log = structlog.get_logger("calmdesk.signals")

TOPICS: Final = ("session.signal",)
SECONDS: Final = 1.0
TOGETHER: Final = 5
"""Messages of one transaction: other writers wait for no more than these."""
ATTEMPTS: Final = 5
"""Times a message is worked on, a lease apart, before it is put aside."""

taken_total = Counter("calmdesk_signals_taken_total", "Signals of the ear that reached the desk")
failed_total = Counter("calmdesk_signals_failed_total", "Signals that could not be taken and will be tried again")
parked_total = Counter("calmdesk_signals_parked_total", "Signals put aside for a person: unreadable, or failed too often")


class Tallies(NamedTuple):
    """What a desk counts."""

    taken: Counter
    failed: Counter
    parked: Counter


class OutboxDesk:
    """One worker on the messages of some topics. A subclass says what a message means."""

    kind: str
    topics: Sequence[str]
    tallies: Tallies

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self.name = f"{self.kind}-{new_id()}"

    async def take(self, db: AsyncSession, message: OutboxMessage) -> None:
        """The message's effect, in the transaction that marks it done. Raises Unreadable."""
        raise NotImplementedError

    async def drain(self) -> int:
        """Work on everything that is there: how many messages were taken."""
        taken = 0
        while messages := await self._claim():
            for first in range(0, len(messages), TOGETHER):
                some = messages[first : first + TOGETHER]
                if len(some) > 1 and await self._together(some):
                    taken += len(some)
                else:
                    taken += sum([await self._work(message) for message in some])
        return taken

    async def _claim(self) -> list[OutboxMessage]:
        async with reading(self._factory) as db:  # most seconds there is nothing: no write lock for that
            waiting = select(OutboxMessage.id).where(
                OutboxMessage.done_at.is_(None), OutboxMessage.parked_at.is_(None), OutboxMessage.topic.in_(self.topics)
            )
            if (await db.scalars(waiting.limit(1))).first() is None:
                return []
        async with transaction(self._factory) as db:
            return await claim(db, self.name, topics=self.topics)

    async def _together(self, messages: Sequence[OutboxMessage]) -> bool:
        """All of them in one transaction; False, and nothing done, if one of them fails: each by itself says which."""
        with suppress(Exception):
            async with transaction(self._factory) as db:
                for message in messages:
                    await self.take(db, message)
                    await complete(db, message.id, self.name)
            self.tallies.taken.inc(len(messages))
            return True
        return False

    async def _work(self, message: OutboxMessage) -> bool:
        try:
            async with transaction(self._factory) as db:
                await self.take(db, message)
                await complete(db, message.id, self.name)
        except ClaimLost:
            return False
        except Unreadable as error:
            await self._park(message, str(error))
            return False
        except DatabaseBusy:
            return False  # nothing wrong with the message: the lease runs out, and it comes again
        except Exception as error:
            self.tallies.failed.inc()
            log.exception(f"{self.kind}.failed", message_id=message.id, attempts=message.attempts)
            if message.attempts >= ATTEMPTS:
                await self._park(message, type(error).__name__)
            return False
        self.tallies.taken.inc()
        return True

    async def _park(self, message: OutboxMessage, why: str) -> None:
        async with transaction(self._factory) as db:
            await park(db, message.id, self.name, why)
        self.tallies.parked.inc()
        log.error(f"{self.kind}.parked", message_id=message.id, attempts=message.attempts, why=why)


class SignalDesk(OutboxDesk):
    """Takes what the ear published."""

    kind = "signals"
    topics = TOPICS
    tallies = Tallies(taken_total, failed_total, parked_total)

    async def take(self, db: AsyncSession, message: OutboxMessage) -> None:
        """A signal becomes a row."""
        await take(db, message)


def working(desk: OutboxDesk) -> AbstractAsyncContextManager[None]:
    """Drain in the background for as long as the application runs."""
    return every(SECONDS, f"{desk.kind}.drain", desk.drain, at_once=True)


def listening_to_the_ear(factory: Factory) -> AbstractAsyncContextManager[None]:
    """Take signals in the background for as long as the application runs."""
    return working(SignalDesk(factory))
