"""Where the audio of a session lies."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, SessionRef, one_of

SegmentState = Literal["open", "sealed", "final"]


class RecordingSegment(Base):
    """One file of consecutive packets. `path` is relative to the data folder; samples are 16 kHz mono."""

    __tablename__ = "recording_segment"
    __table_args__ = (
        UniqueConstraint("session_id", "ordinal"),
        one_of("state", SegmentState),
        CheckConstraint("samples >= 0 AND first_sample >= 0", name="samples"),
    )

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    ordinal: Mapped[int]
    path: Mapped[str] = mapped_column(String(400))
    first_seq: Mapped[int]
    last_seq: Mapped[int | None]
    first_sample: Mapped[int]
    samples: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="open")
    format: Mapped[str] = mapped_column(String(16))
