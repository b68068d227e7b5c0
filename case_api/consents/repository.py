"""What a withdrawal changes beyond the consent itself."""

from __future__ import annotations

import json

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.sessions.rules import without_words
from models.consents import Consent
from models.engine import dump_json
from models.outbox import OutboxMessage
from models.sessions import Session
from models.webhooks import WebhookDelivery


async def locked(db: AsyncSession, session_id: str) -> tuple[Session, Consent]:
    """The conversation and its consent as they are now; whoever else would write of it waits."""
    fresh = {"with_for_update": True, "populate_existing": True}
    session: Session = await db.get_one(Session, session_id, **fresh)  # type: ignore[arg-type]
    return session, await db.get_one(Consent, session.consent_id, **fresh)  # type: ignore[arg-type]


async def silence(db: AsyncSession, session_id: str) -> None:
    """What is still to be told of the conversation is told without its words: signals of the ear not at all.

    Deliveries that have arrived are cleared as well: they can be sent again.
    """
    waiting = (OutboxMessage.session_id == session_id, OutboxMessage.done_at.is_(None))
    await db.execute(delete(OutboxMessage).where(*waiting, OutboxMessage.topic == "session.signal"))
    for message in await db.scalars(select(OutboxMessage).where(*waiting).order_by(OutboxMessage.id).with_for_update()):
        message.payload = without_words(message.payload)
    told = select(WebhookDelivery).where(WebhookDelivery.session_id == session_id)
    for delivery in await db.scalars(told.order_by(WebhookDelivery.id).with_for_update()):
        event = json.loads(delivery.body)
        event["data"] = without_words(event["data"])
        delivery.body = dump_json(event)
