"""Complaint keywords: who said what, when, at which spot of which recording."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, SessionRef, one_of
from models.sessions import Speaker

MatchKind = Literal["exact", "alias", "phonetic"]


class KeywordHit(Base):
    """One hit. `term` is the lexicon's spelling, `heard` the transcript's; a trainer may mark it `false_hit`."""

    __tablename__ = "keyword_hit"
    __table_args__ = (
        UniqueConstraint("session_id", "ordinal"),
        one_of("speaker", Speaker),
        one_of("match", MatchKind),
        CheckConstraint('"end" >= at', name="interval"),
        Index("ix_keyword_hit_term_created_at", "term", "created_at"),
    )

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    ordinal: Mapped[int]
    utterance_id: Mapped[str] = mapped_column(String(32))
    term: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(64))
    at: Mapped[float]
    end: Mapped[float]
    speaker: Mapped[str] = mapped_column(String(8))
    heard: Mapped[str] = mapped_column(String(128))
    match: Mapped[str] = mapped_column(String(8))
    score: Mapped[float]
    false_hit: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]
