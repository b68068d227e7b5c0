"""Work items of a case: every open node is one row, with exactly one armed deadline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, SiteRef, one_of
from models.people import Role

TaskKind = Literal[
    "registration",
    "finance_assessment",
    "legal_assessment",
    "marketing_assessment",
    "joint_assessment",
    "solutions",
    "customer_answer",
    "approval",
    "execution",
    "refund_payment",
    "benefit_delivery",
    "transfer",
    "deferral_due",
    "referral_due",
    "customer_tag",
    "knowledge_file",
    "regional_brief",
    "team_review",
]
TaskStatus = Literal["open", "done", "cancelled"]
OPEN = text("status = 'open'")


class CaseTask(Base):
    """One piece of work. `role` says who may do it, `assignee_id` who was asked to; `subject_id` is the row it is about (an approval
    step, a refund instruction). `result` is the form as it was handed in, or the reason why the task was cancelled.
    """

    __tablename__ = "case_task"
    __table_args__ = (
        one_of("kind", TaskKind),
        one_of("status", TaskStatus),
        one_of("role", Role),
        # One open task a kind and subject: what is opened twice would have to be done twice.
        Index("uq_case_task_open", "case_id", "kind", "subject_key", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_case_task_site_id_role", "site_id", "role", sqlite_where=OPEN, postgresql_where=OPEN),
        # In the order of the list of what is open, with what the list is narrowed by: a page is read off it.
        Index("ix_case_task_opened_at", "opened_at", "id", "site_id", "role", "assignee_id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_case_task_case_id", "case_id"),
    )

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    site_id: Mapped[SiteRef]
    kind: Mapped[str] = mapped_column(String(24))
    role: Mapped[str] = mapped_column(String(16))
    assignee_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"), index=True)
    subject_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    subject_key: Mapped[str] = mapped_column(String(ID_LENGTH), default="")  # `subject_id` or "": two nulls differ in a UNIQUE index
    status: Mapped[str] = mapped_column(String(10), default="open")
    result: Mapped[dict[str, Any] | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


IS_OPEN = CaseTask.status == literal_column("'open'")
"""Spelt out: a partial index is of no use to a query that leaves its condition to a parameter."""
