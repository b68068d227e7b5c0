"""Voices of staff who agreed to be told apart from the customer. Customers are never enrolled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, PersonRef

EMBEDDING_SIZE = 256


class VoiceEnrolment(Base):
    """`embedding` is `windows` × 256 float32, little-endian, C order; deleting clears it and keeps the fact that it was there."""

    __tablename__ = "voice_enrolment"
    __table_args__ = (
        CheckConstraint("(deleted_at IS NULL) = (embedding IS NOT NULL)", name="deleted_is_empty"),
        Index(
            "uq_voice_enrolment_current",
            "person_id",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[PersonRef]
    embedding: Mapped[bytes | None]
    windows: Mapped[int]
    raised: Mapped[bool] = mapped_column(default=False)
    consent_at: Mapped[datetime]
    consent_text_version: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[CreatedAt]
    deleted_at: Mapped[datetime | None]
