"""Consent to a recording: evidence, kept with the audio."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, one_of

ConsentMethod = Literal["spoken", "written", "screen"]


class Consent(Base):
    """What a customer was told and answered. The notice's text is copied, so that a later edit cannot change the evidence.

    The session points here (`session.consent_id`), never the other way round: consent comes first.
    """

    __tablename__ = "consent"
    __table_args__ = (one_of("method", ConsentMethod),)

    id: Mapped[Id]
    recording: Mapped[bool]
    notice_version: Mapped[str] = mapped_column(String(40))
    notice_text: Mapped[str]
    method: Mapped[str] = mapped_column(String(8))
    informed_by: Mapped[str] = mapped_column(String(80), default="")
    given_at: Mapped[CreatedAt]
    withdrawn_at: Mapped[datetime | None]
