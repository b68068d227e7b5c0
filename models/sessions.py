"""Live sessions: one conversation, from the first packet to the summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SessionRef, SiteRef, one_of

SessionStatus = Literal["live", "interrupted", "finishing", "ended"]
Speaker = Literal["staff", "customer", "unsure"]
Level = Literal["provisional", "calm", "rising", "agitated"]


class Session(Base):
    """One conversation. `seconds` and every other position is audio time; `started_at` and `ended_at` are wall clock.

    `recording` is the customer's answer: without it there are no utterances, no keywords' text and no audio, only `counts`.
    `detection`: the thresholds that the site had otherwise than the service when it began.
    """

    __tablename__ = "session"
    __table_args__ = (
        one_of("status", SessionStatus),
        one_of("peak_level", Level),
        CheckConstraint("seconds >= 0 AND speech_seconds >= 0", name="durations"),
        Index("ix_session_started_at_id", "started_at", "id"),
        Index("ix_session_site_id_started_at", "site_id", "started_at"),
        Index("ix_session_staff_id_started_at", "staff_id", "started_at"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    staff_id: Mapped[PersonRef]
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id"), index=True)
    consent_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("consent.id"), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="live")
    started_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
    recording: Mapped[bool]
    codec: Mapped[str] = mapped_column(String(16))
    sample_rate: Mapped[int]
    language: Mapped[str] = mapped_column(String(8), default="zh")
    client: Mapped[str] = mapped_column(String(120), default="")
    mic: Mapped[dict[str, Any] | None]
    detection: Mapped[dict[str, Any] | None] = mapped_column(
        doc="Thresholds of the site when it began, where they differed from the service's"
    )
    pipeline_version: Mapped[str] = mapped_column(String(64), default="")
    seconds: Mapped[float] = mapped_column(default=0.0)
    speech_seconds: Mapped[float] = mapped_column(default=0.0)
    talk_share: Mapped[dict[str, Any]] = mapped_column(default=dict)
    peak_level: Mapped[str] = mapped_column(String(16), default="provisional")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    summary: Mapped[dict[str, Any] | None]
    recording_path: Mapped[str | None] = mapped_column(String(400))
    recording_sha256: Mapped[str | None] = mapped_column(String(64))


class SessionMark(Base):
    """A moment the staff member marked, with a note."""

    __tablename__ = "session_mark"

    id: Mapped[Id]
    session_id: Mapped[SessionRef] = mapped_column(index=True)
    at: Mapped[float]
    note: Mapped[str] = mapped_column(String(500), default="")
    person_id: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]


class SessionWarning(Base):
    """Something that was off while the session went on."""

    __tablename__ = "session_warning"

    id: Mapped[Id]
    session_id: Mapped[SessionRef] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(32))
    at: Mapped[float]
    detail: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[CreatedAt]
