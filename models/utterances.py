"""What was said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Ordinal, SessionKey, one_of
from models.sessions import Speaker


class Utterance(Base):
    """One final transcript. `id` is the wire's name of it (`u12`), unique within its session.

    `characters` holds `[character, start, end]`; `alternatives` the decoder's other hypotheses; `quality` its own doubts
    (avg_logprob, no_speech, compression, why it was dropped) and `late`: the audio time (s) from which text counted that came too late.
    """

    __tablename__ = "utterance"
    __table_args__ = (
        UniqueConstraint("session_id", "id"),
        one_of("speaker", Speaker),
        CheckConstraint('"end" >= start', name="interval"),
    )

    session_id: Mapped[SessionKey]
    ordinal: Mapped[Ordinal]
    id: Mapped[str] = mapped_column(String(32))
    speaker: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float]
    start: Mapped[float]
    end: Mapped[float]
    text: Mapped[str]
    language: Mapped[str] = mapped_column(String(8), default="zh")
    characters: Mapped[list[Any]] = mapped_column(default=list)
    alternatives: Mapped[list[Any]] = mapped_column(default=list)
    quality: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt]
