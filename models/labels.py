"""What a person heard in a conversation: the truth that the ear is measured against."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PersonRef, SessionKey


class SessionLabel(Base):
    """Labels of one conversation, as `audio_service.evaluation.corpus` describes them; they go with it.

    `kind` is `draft` while somebody is still at it. `onset`, `offset` and the turns' `start`, `end` are seconds of audio; each of `turns`
    is {role, start, end, text, keywords}.
    """

    __tablename__ = "session_label"
    __table_args__ = (
        CheckConstraint("seconds > 0", name="seconds"),
        CheckConstraint("(onset IS NULL) = (offset_at IS NULL)", name="agitation"),
        Index("ix_session_label_labelled_at_session_id", "labelled_at", "session_id"),
    )

    session_id: Mapped[SessionKey]
    kind: Mapped[str] = mapped_column(String(40))
    seconds: Mapped[float]
    onset: Mapped[float | None]
    offset: Mapped[float | None] = mapped_column("offset_at", doc="OFFSET is a word of SQL's own")
    turns: Mapped[list[Any]]
    labelled_by: Mapped[PersonRef]
    labelled_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
