"""Answers of commands, kept under the key their client gave them: a repeated request is answered, not done again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base


class CommandRecord(Base):
    """One command that was done. `fingerprint` is SHA-256 of method, path, query, version header and body."""

    __tablename__ = "command_record"
    __table_args__ = (Index("ix_command_record_at", "at"),)

    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[str]
    at: Mapped[datetime]
