"""Webhooks: other programs that are told of events, and what was told to each of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of
from models.deliveries import Carried, carried_args

WebhookStatus = Literal["active", "disabled"]


class Webhook(Base):
    """A subscription. `topics` are names or patterns (`case.*`); `site_id` null: events of every site.

    `secret` signs; the one before it signs too until `previous_until`. It is kept as it is: whoever signs needs it. `failing_since` is
    the first failure after the last success; `disabled_reason` is empty where a person switched it off.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        one_of("status", WebhookStatus),
        CheckConstraint("(status = 'disabled') = (disabled_at IS NOT NULL)", name="disabled"),
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous"),
        Index("ix_webhook_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500))
    topics: Mapped[list[Any]]
    site_id: Mapped[SiteRef | None]
    secret: Mapped[str] = mapped_column(String(80))
    previous_secret: Mapped[str | None] = mapped_column(String(80))
    previous_until: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(8), default="active")
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class WebhookDelivery(Carried, Base):
    """One event for one webhook. `body` is what is signed and sent, the same bytes at every attempt. Goes with its case or conversation."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        *carried_args("webhook_delivery"),
        Index("uq_webhook_delivery_webhook_id_event_id", "webhook_id", "event_id", unique=True),
        Index("ix_webhook_delivery_webhook_id_created_at", "webhook_id", "created_at", "id"),
        Index("ix_webhook_delivery_case_id", "case_id"),
        Index("ix_webhook_delivery_session_id", "session_id"),
    )

    webhook_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("webhook.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(Text)
    response_status: Mapped[int | None]
