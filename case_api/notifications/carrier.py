"""Takes one notification to one of its person's channels."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.events.sender import Outcome
from case_api.notifications.services import Messenger
from models.engine import Factory, reading
from models.notifications import ChannelMessage, Notification, NotificationChannel
from models.people import Person

TITLE = "Calmdesk"


class ChannelCarrier:
    """Messages to people's channels."""

    name = "channel"
    table = ChannelMessage
    target = "channel_id"
    attempts = 6
    """About twenty minutes: what is told later than that stands in the inbox anyway."""

    def __init__(self, factory: Factory, messenger: Messenger) -> None:
        self._factory, self._messenger = factory, messenger

    async def carry(self, row_id: str) -> Outcome:
        """One message."""
        query = (
            select(Notification, NotificationChannel, Person)
            .join(ChannelMessage, ChannelMessage.notification_id == Notification.id)
            .join(NotificationChannel, NotificationChannel.id == ChannelMessage.channel_id)
            .join(Person, Person.id == NotificationChannel.person_id)
            .where(ChannelMessage.id == row_id)
        )
        async with reading(self._factory) as db:
            found = (await db.execute(query)).one_or_none()
        if found is None:
            return Outcome(False, "deleted", final=True)
        if found.Person.disabled_at is not None:
            return Outcome(False, "the account is disabled", final=True)
        told = found.Notification
        return await self._messenger.bring(found.NotificationChannel.url, TITLE, f"{told.zh}\n{told.en}\n{told.link}")

    async def settled(self, db: AsyncSession, row: Any, outcome: Outcome) -> None:
        """Nothing follows: what failed is counted at the channel."""
