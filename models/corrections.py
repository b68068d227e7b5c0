"""What people made of what the ear had recognised."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Ordinal, PersonRef, SessionKey, one_of
from models.sessions import Speaker


class UtteranceCorrection(Base):
    """One version of an utterance, as somebody wrote it, whole. Rows are only added; version 0 is `Utterance.heard_text`.

    Triggers on `utterance` (migration 0030) let its text become only what stands here, and what was heard stay what it was.
    """

    __tablename__ = "utterance_correction"
    __table_args__ = (one_of("speaker", Speaker), CheckConstraint("version > 0", name="version"))

    session_id: Mapped[SessionKey]
    ordinal: Mapped[Ordinal]
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    speaker: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(500))
    person_id: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
