"""What was said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, String, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Ordinal, SessionKey, one_of
from models.sessions import Speaker


class Utterance(Base):
    """One final transcript. `id` is the wire's name of it (`u12`), unique within its session.

    `characters` holds `[character, start, end]`; `alternatives` the decoder's other hypotheses; `quality` its own doubts
    (avg_logprob, no_speech, compression, why it was dropped) and `late`: the audio time (s) from which text counted that came too late.
    `heard_text` and `heard_speaker`: what the ear had recognised, once somebody corrected it (`models.corrections`); `version`: how often.
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
    heard_text: Mapped[str | None]
    heard_speaker: Mapped[str | None] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[CreatedAt]

    @property
    def heard(self) -> tuple[str, str]:
        """Text and speaker as they were recognised."""
        return (self.text, self.speaker) if self.heard_text is None else (self.heard_text, self.heard_speaker or self.speaker)

    @hybrid_property
    def corrected(self) -> bool:
        """Whether it differs from what was recognised."""
        return self.heard_text is not None and (self.text, self.speaker) != self.heard

    @corrected.inplace.expression
    @classmethod
    def _corrected(cls) -> ColumnElement[bool]:
        return cls.heard_text.is_not(None) & ((cls.text != cls.heard_text) | (cls.speaker != cls.heard_speaker))
