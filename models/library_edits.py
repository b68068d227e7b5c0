"""What is edited at the script desk: drafts, the second person's word on them, and what came into force in which order."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, one_of

EditShelf = Literal["script", "term", "rule"]
EditAction = Literal["put", "remove", "reset"]
EditStatus = Literal["draft", "submitted", "approved", "returned", "withdrawn"]
OPEN = "status IN ('draft', 'submitted')"


class LibraryEdit(Base):
    """One change of one script, term or wording rule. A row that was decided is never changed again, so that the rows are its history.

    `put` gives it a `content`, `remove` takes it away, `reset` leaves it to the files again. `before` is what was in force when the change
    was drafted. `number` counts what was approved: of the rows of one entry the highest number is in force.
    """

    __tablename__ = "library_edit"
    __table_args__ = (
        one_of("shelf", EditShelf),
        one_of("action", EditAction),
        one_of("status", EditStatus),
        CheckConstraint("(action = 'put') = (content IS NOT NULL)", name="content"),
        CheckConstraint("decided_by <> drafted_by", name="four_eyes"),
        CheckConstraint("(status IN ('approved', 'returned')) = (decided_by IS NOT NULL)", name="decided"),
        CheckConstraint("(status = 'approved') = (number IS NOT NULL)", name="approved"),
        CheckConstraint("status <> 'returned' OR reason <> ''", name="reason"),
        Index("uq_library_edit_number", "number", unique=True),
        Index(
            "uq_library_edit_open",
            "shelf",
            "key",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_library_edit_drafted_at_id", "drafted_at", "id"),
    )

    id: Mapped[Id]
    shelf: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(8))
    content: Mapped[dict[str, Any] | None]
    before: Mapped[dict[str, Any] | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[str] = mapped_column(String(12), default="draft")
    drafted_by: Mapped[PersonRef]
    drafted_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
    number: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
