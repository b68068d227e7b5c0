"""Queries on webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.webhooks import Webhook, WebhookDelivery


def webhooks_query() -> Select[Webhook]:
    """All of them."""
    return select(Webhook)


def deliveries_query(webhook_id: str, status: str | None) -> Select[WebhookDelivery]:
    """What was told to one, narrowed to a status where given."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return query if status is None else query.where(WebhookDelivery.status == status)


async def listening_at(db: AsyncSession, site_id: str | None) -> Sequence[Webhook]:
    """Those in service that hear events of this site; an event of no site is heard by those of all sites."""
    query = select(Webhook).where(Webhook.status == "active", or_(Webhook.site_id.is_(None), Webhook.site_id == site_id))
    return (await db.scalars(query.order_by(Webhook.id))).all()


async def mark_success(db: AsyncSession, webhook_id: str) -> None:
    """It can be reached. Past the version: nobody's change is in the way of it."""
    await db.execute(update(Webhook).where(Webhook.id == webhook_id, Webhook.failing_since.is_not(None)).values(failing_since=None))


async def mark_failure(db: AsyncSession, webhook_id: str, now: datetime) -> None:
    """It could not be reached; the first failure after a success counts."""
    await db.execute(update(Webhook).where(Webhook.id == webhook_id, Webhook.failing_since.is_(None)).values(failing_since=now))
