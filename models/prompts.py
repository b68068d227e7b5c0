"""What was put on the phone, and what the staff member made of it."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SessionRef, one_of

PromptKind = Literal["calming", "guidance", "wording"]
Verdict = Literal["used", "dismissed", "helpful", "unhelpful"]


class PromptShown(Base):
    """One prompt. `prompt_key` is its name within the session; `at` the audio time of the evidence that raised it."""

    __tablename__ = "prompt_shown"
    __table_args__ = (UniqueConstraint("session_id", "prompt_key"), one_of("kind", PromptKind))

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    prompt_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[float]
    script_id: Mapped[str] = mapped_column(String(64), index=True)
    text: Mapped[str]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    situation: Mapped[str] = mapped_column(String(64), default="")
    alternatives: Mapped[list[Any]] = mapped_column(default=list)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt]


class PromptFeedback(Base):
    """One tap on a prompt's card. A card may get several; the newest counts."""

    __tablename__ = "prompt_feedback"
    __table_args__ = (one_of("verdict", Verdict),)

    id: Mapped[Id]
    prompt_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("prompt_shown.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[str] = mapped_column(String(16))
    at_audio: Mapped[float | None]
    person_id: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
