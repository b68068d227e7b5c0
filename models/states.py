"""How the customer's level went."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Ordinal, SessionKey, one_of
from models.sessions import Level, Speaker


class StateEvent(Base):
    """One `state` message. `level` is the customer's, `speaker` who was speaking, `measures` the cues behind it."""

    __tablename__ = "state_event"
    __table_args__ = (one_of("speaker", Speaker), one_of("level", Level))

    session_id: Mapped[SessionKey]
    ordinal: Mapped[Ordinal]
    at: Mapped[float]
    speaker: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float]
    level: Mapped[str] = mapped_column(String(16))
    score: Mapped[float]
    measures: Mapped[dict[str, Any]] = mapped_column(default=dict)
