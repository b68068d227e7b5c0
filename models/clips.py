"""Pieces of conversations that somebody learns from."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, PersonRef, SessionRef


class SessionClip(Base):
    """Seconds `start` to `end` of a recording: a window onto it, no copy, so that it is gone when the recording is.

    `shared`: the site's consultants may hear it too, of the conversation only this.
    """

    __tablename__ = "session_clip"
    __table_args__ = (
        CheckConstraint('start >= 0 AND "end" > start', name="interval"),
        Index("ix_session_clip_session_id_start", "session_id", "start"),
        Index("ix_session_clip_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    name: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(String(500), default="")
    start: Mapped[float]
    end: Mapped[float]
    shared: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
