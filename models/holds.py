"""Legal holds, and what stays of records that were removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SiteRef, one_of

RecordKind = Literal["case", "session"]


class LegalHold(Base):
    """Keeps a case (with its conversations) or one conversation past its retention, from `placed_at` to `ends_at` or until it is lifted."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("(case_id IS NULL) <> (session_id IS NULL)", name="subject"),
        CheckConstraint("ends_at > placed_at", name="interval"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        Index("ix_legal_hold_placed_at_id", "placed_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    ends_at: Mapped[datetime]
    placed_at: Mapped[CreatedAt]
    placed_by: Mapped[PersonRef]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[PersonRef | None]
    lifted_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Removal(Base):
    """The tombstone of a case or conversation: that it was there, when it ended, when and how completely it went. No personal data.

    `pending` lists files that are still to go (`store:…` in the evidence store, `folder:…` under the data folder); the rows went with
    this row's own transaction. It has no foreign keys to what it tells of.
    """

    __tablename__ = "removal"
    __table_args__ = (
        one_of("kind", RecordKind),
        Index("ix_removal_removed_at_id", "removed_at", "id"),
        Index("ix_removal_open", "id", sqlite_where=text("files_removed_at IS NULL"), postgresql_where=text("files_removed_at IS NULL")),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    site_id: Mapped[SiteRef]
    code: Mapped[str] = mapped_column(String(40), default="")
    ended_at: Mapped[datetime]
    removed_at: Mapped[CreatedAt]
    counts: Mapped[dict[str, Any]]
    pending: Mapped[list[Any]]
    files_removed_at: Mapped[datetime | None]
