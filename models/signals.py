"""What the ear told the desk: one row a signal, for a person to act on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, PersonRef, SessionRef, SiteRef, one_of

SignalKind = Literal["withdrawal_intent", "litigation", "media", "group", "regulator", "escalation", "cause"]
SignalStatus = Literal["noted", "open", "confirmed", "dismissed"]


class CaseSignal(Base):
    """One signal of a conversation. It belongs to the case its session is linked to, now or later.

    `noted` asks nobody for anything; `open` asks whether a case should be opened, until somebody confirms or dismisses it.
    `message_key` is the outbox message's: a signal that is delivered twice is one row. `detail` holds what its kind carries (term,
    level, cause with its weight). `at` is seconds of audio.
    """

    __tablename__ = "case_signal"
    __table_args__ = (
        one_of("kind", SignalKind),
        one_of("status", SignalStatus),
        CheckConstraint("(decided_by IS NOT NULL) = (status IN ('confirmed', 'dismissed'))", name="decided"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_at"),
        Index("ix_case_signal_site_id_heard_at", "site_id", "heard_at"),
        Index("ix_case_signal_heard_at_id", "heard_at", "id"),
    )

    id: Mapped[Id]
    message_key: Mapped[str] = mapped_column(String(160), unique=True)
    site_id: Mapped[SiteRef]
    session_id: Mapped[SessionRef] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))
    at: Mapped[float]
    utterance_id: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    heard_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[PersonRef | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
