"""From the outbox to everybody who is told: each event becomes deliveries and notifications, once; senders carry them from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import Clock
from case_api.events.event import read_event
from case_api.events.sender import Sender, sending
from case_api.events.topics import TOPICS
from case_api.notifications import service as notifications
from case_api.notifications.carrier import ChannelCarrier
from case_api.notifications.services import Messenger
from case_api.signals.desk import OutboxDesk, Tallies, working
from case_api.webhooks import service as webhooks
from case_api.webhooks.carrier import webhook_carrier
from models.engine import Factory
from models.outbox import OutboxMessage
from models.settings_notices import NoticeSettings


class EventDesk(OutboxDesk):
    """Takes events and writes down who is told."""

    kind = "events"
    topics = tuple(TOPICS)
    tallies = Tallies(
        Counter("calmdesk_events_told_total", "Events that were handed to webhooks and inboxes"),
        Counter("calmdesk_events_failed_total", "Events that could not be handed on and will be tried again"),
        Counter("calmdesk_events_parked_total", "Events put aside for a person: they failed too often"),
    )

    def __init__(self, factory: Factory, clock: Clock) -> None:
        super().__init__(factory)
        self._clock = clock

    async def take(self, db: AsyncSession, message: OutboxMessage) -> None:
        """Rows for whoever is told; nothing is sent from here."""
        event = await read_event(db, message)
        if event is None:
            return  # what it is about was deleted since
        now = self._clock()
        await webhooks.tell(db, event, now)
        await notifications.tell(db, event, now)


@asynccontextmanager
async def telling(factory: Factory, clock: Clock, settings: NoticeSettings, messenger: Messenger) -> AsyncIterator[None]:
    """Hand events on and carry what is to be carried, in the background for as long as the application runs."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(working(EventDesk(factory, clock)))
        carrier = await stack.enter_async_context(webhook_carrier(factory, clock, settings))
        await stack.enter_async_context(sending(Sender(factory, clock, carrier)))
        await stack.enter_async_context(sending(Sender(factory, clock, ChannelCarrier(factory, messenger))))
        yield
