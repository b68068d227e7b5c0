"""What people are told: their inbox, their own channels, and what they want to hear there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, one_of
from models.deliveries import Carried, carried_args

NotificationKind = Literal["task", "approval", "reminder", "overdue", "escalation", "litigation", "brief", "policy", "webhook"]


class Notification(Base):
    """One event as one person is told of it: code of the case and a link, never anything about the customer."""

    __tablename__ = "notification"
    __table_args__ = (
        one_of("kind", NotificationKind),
        Index("uq_notification_person_id_event_id", "person_id", "event_id", unique=True),
        Index("ix_notification_person_id_created_at", "person_id", "created_at", "id"),
        Index("ix_notification_case_id", "case_id"),
        Index("ix_notification_session_id", "session_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[PersonRef]
    event_id: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="CASCADE"))
    zh: Mapped[str] = mapped_column(String(200))
    en: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class NotificationChannel(Base):
    """Where a person wants to hear as well: an apprise address. It holds keys, so it is never shown whole again."""

    __tablename__ = "notification_channel"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        Index("uq_notification_channel_person_id_name", "person_id", "name", unique=True),
    )

    id: Mapped[Id]
    person_id: Mapped[PersonRef]
    name: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class NotificationPreference(Base):
    """What a person wants to hear on their channels, and when not. No row: everything, at any time.

    `quiet_from` and `quiet_until` are minutes of the day in `timezone`; both null: no quiet hours.
    """

    __tablename__ = "notification_preference"
    __table_args__ = (
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        CheckConstraint("quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439", name="minutes"),
    )

    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"), primary_key=True)
    kinds: Mapped[list[Any]]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    timezone: Mapped[str] = mapped_column(String(64))


class ChannelMessage(Carried, Base):
    """One notification on its way to one channel."""

    __tablename__ = "channel_message"
    __table_args__ = (
        *carried_args("channel_message"),
        Index("uq_channel_message_notification_id_channel_id", "notification_id", "channel_id", unique=True),
        Index("ix_channel_message_channel_id_created_at", "channel_id", "created_at", "id"),
    )

    notification_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("notification.id", ondelete="CASCADE"))
    channel_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("notification_channel.id", ondelete="CASCADE"))
