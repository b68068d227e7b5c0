"""What people say about a moment of a conversation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, PersonRef, SessionRef


class SessionComment(Base):
    """A comment at `at` seconds of audio. One that was withdrawn keeps its place and author; its text is gone."""

    __tablename__ = "session_comment"
    __table_args__ = (CheckConstraint("at >= 0", name="at"), Index("ix_session_comment_session_id_at", "session_id", "at"))

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    at: Mapped[float]
    text: Mapped[str] = mapped_column(String(500))
    person_id: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
    withdrawn_at: Mapped[datetime | None]
