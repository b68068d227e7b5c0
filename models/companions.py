"""What those who oversee a site add to a conversation while it runs: hints to the phone, and listening in."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, PersonRef, SessionRef, one_of

HINT_LENGTH: Final = 60
"""Characters that are read at a glance, at an arm's length, while a customer talks."""
EndReason = Literal["stopped", "away", "session_over", "consent_withdrawn", "forbidden"]
OPEN: Final = text("ended_at IS NULL")


class SessionHint(Base):
    """A short word of a manager to the phone. `at`: seconds of audio there were when it first went out; None until then.

    `shown_at` is what the phone says itself: it was on a screen that somebody could see.
    """

    __tablename__ = "session_hint"
    __table_args__ = (
        CheckConstraint("at >= 0", name="at"),
        Index("ix_session_hint_session_id_created_at", "session_id", "created_at"),
    )

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    person_id: Mapped[PersonRef]
    text: Mapped[str] = mapped_column(String(HINT_LENGTH))
    created_at: Mapped[CreatedAt]
    at: Mapped[float | None]
    sent_at: Mapped[datetime | None]
    shown_at: Mapped[datetime | None]


class SessionListener(Base):
    """Somebody listens in, or did. Nothing is heard before the phone has said that it shows it (`told_at`), nor once it no longer does.

    `seen_at`: when they last asked for audio; whoever asks no more is away.
    """

    __tablename__ = "session_listener"
    __table_args__ = (
        one_of("reason", EndReason),
        CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name="ended"),
        Index("ix_session_listener_session_id", "session_id"),
        Index("uq_session_listener_open", "session_id", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    person_id: Mapped[PersonRef]
    started_at: Mapped[CreatedAt]
    told_at: Mapped[datetime | None]
    seen_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(20))
