"""The early-warning board (实时预警看板): warnings about customers, what was done about each, and the rules that raise them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

WarningLevel = Literal["yellow", "orange", "red"]
WarningStatus = Literal["open", "acknowledged", "contacted", "resolved"]
WarningOutcome = Literal["reassured", "became_case", "false_alarm", "other", "cause_gone"]
StepKind = Literal["raised", "changed", "assigned", "acknowledged", "contacted", "resolved", "remind", "overdue", "escalate"]
RuleSetStatus = Literal["draft", "published", "retired"]

OPEN = text("status <> 'resolved'")
WAITS = text("next_at IS NOT NULL")
NAMED_CASE = text("case_id IS NOT NULL")


class EarlyWarning(Base):
    """One warning; a customer has one at a time that is not resolved. `reasons` are its indicators as they are now.

    The clock (`starts_at` to `due_at`, with `plan`, `stage` and `next_at` as a `Deadline` has them) runs until somebody has contacted the
    customer. A rise of the level opens it anew. `reported_at`: since when headquarters' risk control knows (red). `resolved_by` null with
    a `resolved_at`: it closed by itself.
    """

    __tablename__ = "early_warning"
    __table_args__ = (
        one_of("level", WarningLevel),
        one_of("status", WarningStatus),
        CheckConstraint("outcome IS NULL OR outcome IN ('reassured', 'became_case', 'false_alarm', 'other', 'cause_gone')", name="outcome"),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="resolved"),
        CheckConstraint("(status = 'resolved') = (outcome IS NOT NULL)", name="resolved_outcome"),
        CheckConstraint("status IN ('open', 'acknowledged') OR next_at IS NULL", name="next"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("level <> 'red' OR reported_at IS NOT NULL", name="reported"),
        Index("uq_early_warning_open", "customer_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_early_warning_due_at_id", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_early_warning_site_id_due_at", "site_id", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_early_warning_raised_at_id", "raised_at", "id"),
        Index("ix_early_warning_site_id_raised_at", "site_id", "raised_at", "id"),
        Index("ix_early_warning_next_at", "next_at", sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_early_warning_customer_id", "customer_id"),
        Index("ix_early_warning_case_id", "case_id", sqlite_where=NAMED_CASE, postgresql_where=NAMED_CASE),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("crm_customer.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(String(8))
    score: Mapped[int]
    reasons: Mapped[list[Any]]
    rule_set_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("warning_rule_set.id"))
    status: Mapped[str] = mapped_column(String(12), default="open")
    raised_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime]
    plan: Mapped[list[Any]]
    stage: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    assignee_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"), index=True)
    reported_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[PersonRef | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


IS_OPEN = EarlyWarning.status != literal_column("'resolved'")
"""Spelt out, as `models.tasks.IS_OPEN` is."""
WAITS_FOR_A_MOMENT: ColumnElement[bool] = literal_column("early_warning.next_at IS NOT NULL")


class WarningStep(Base):
    """What happened to a warning, for its timeline. One row a step, for good; `person_id` null: the program."""

    __tablename__ = "warning_step"
    __table_args__ = (one_of("what", StepKind), Index("ix_warning_step_warning_id_at", "warning_id", "at", "id"))

    id: Mapped[Id]
    warning_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("early_warning.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(8))
    score: Mapped[int]
    note: Mapped[str] = mapped_column(String(500), default="")
    person_id: Mapped[PersonRef | None]
    at: Mapped[datetime]


class WarningRuleSet(Base):
    """One version of the rules that raise warnings, for one site or (`site_id` null) for all that have none of their own.

    It holds from `published_at` until the next one of its scope does or until `retired_at`. `scope` is `site_id` or "". `again_after`: the
    customers above this id are still to be told that they are looked at by other rules; null where none is.
    """

    __tablename__ = "warning_rule_set"
    __table_args__ = (
        one_of("status", RuleSetStatus),
        CheckConstraint("scope = coalesce(site_id, '')", name="scope"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        Index("uq_warning_rule_set_number", "scope", "number", unique=True),
        Index("ix_warning_rule_set_drafted_at_id", "drafted_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef | None]
    scope: Mapped[str] = mapped_column(String(ID_LENGTH), default="")
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(12), default="draft")
    content: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), default="")
    drafted_by: Mapped[PersonRef]
    drafted_at: Mapped[datetime]
    published_by: Mapped[PersonRef | None]
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    again_after: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
