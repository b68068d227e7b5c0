"""Stored deadlines: armed with the task, checked by a durable ticker, never kept in a process's memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, SiteRef, one_of

DeadlineStatus = Literal["armed", "paused", "met", "cancelled"]
LIVE = text("status IN ('armed', 'paused')")
ARMED = text("status = 'armed'")
AGREED = ("deferral_due", "referral_due")
"""Kinds whose time was agreed with the customer: what comes of it is looked at when it is over."""
_AGREED_KINDS = ", ".join(f"'{kind}'" for kind in AGREED)
_ARMED_AGREED = text(f"status = 'armed' AND kind IN ({_AGREED_KINDS})")


class Deadline(Base):
    """The time limit of one task. `plan` lists what happens on the way: reminders, the limit itself, escalations, each at a share of the
    time from `starts_at` to `due_at` (1.0 is the limit; above it, escalations).

    `stage` counts what has happened; `next_at` is the moment of `plan[stage]`, null when nothing is left or the clock stands. Resuming
    moves both ends by the time that was paused; an extension moves `due_at`.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        one_of("status", DeadlineStatus),
        CheckConstraint("status = 'armed' OR next_at IS NULL", name="next"),
        CheckConstraint("(status = 'paused') = (paused_at IS NOT NULL)", name="paused"),
        Index("uq_deadline_live", "task_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_deadline_next_at", "next_at", sqlite_where=ARMED, postgresql_where=ARMED),
        Index("ix_deadline_agreed", "due_at", sqlite_where=_ARMED_AGREED, postgresql_where=_ARMED_AGREED),
        Index("ix_deadline_task_id", "task_id"),
        Index("ix_deadline_case_id", "case_id"),
    )

    id: Mapped[Id]
    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("case_task.id", ondelete="CASCADE"))
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    site_id: Mapped[SiteRef]
    kind: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(10), default="armed")
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime]
    plan: Mapped[list[Any]]
    stage: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


IS_ARMED = Deadline.status == literal_column("'armed'")
IS_AGREED: ColumnElement[bool] = literal_column(f"deadline.status = 'armed' AND deadline.kind IN ({_AGREED_KINDS})")
"""Both spelt out, as `models.tasks.IS_OPEN` is."""


class DeadlineEvent(Base):
    """What happened to a deadline: a reminder, the limit passed, an escalation, a pause, an extension. One row an event, for good."""

    __tablename__ = "deadline_event"
    __table_args__ = (
        Index("ix_deadline_event_deadline_id", "deadline_id"),
        Index(
            "uq_deadline_event_stage",
            "deadline_id",
            "stage",
            unique=True,
            sqlite_where=text("stage IS NOT NULL"),
            postgresql_where=text("stage IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    deadline_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("deadline.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(16))
    stage: Mapped[int | None]
    role: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
