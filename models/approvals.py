"""Approvals of what the customer accepted: rounds, their steps, who acted in them, and who may act for whom.

Four eyes are the database's business: triggers (migration 0007) write a row of `approval_person` for everybody who acts in a round,
and its primary key lets each person act once, in one capacity. Nothing in the program writes that table.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SiteRef, one_of

RoundMode = Literal["ordered", "parallel"]
RoundStatus = Literal["open", "approved", "returned", "rejected", "withdrawn", "void"]
StepStatus = Literal["waiting", "pending", "approved", "returned", "rejected", "void"]
ApproverRole = Literal["site_manager", "city_gm", "hq_risk", "legal", "finance"]
Capacity = Literal["initiator", "approver", "delegator", "payer"]


class ApprovalRound(Base):
    """One attempt to have one content approved. `content_hash` is the SHA-256 of the accepted path, its price and its payees;
    `content` shows the approvers the same without whole account numbers."""

    __tablename__ = "approval_round"
    __table_args__ = (
        one_of("mode", RoundMode),
        one_of("status", RoundStatus),
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed"),
        UniqueConstraint("case_id", "number"),
        UniqueConstraint("id", "case_id", "initiator_id"),
        UniqueConstraint("id", "content_hash"),
        Index(
            "uq_approval_round_live",
            "case_id",
            unique=True,
            sqlite_where=text("status IN ('open', 'approved')"),
            postgresql_where=text("status IN ('open', 'approved')"),
        ),
    )

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    site_id: Mapped[SiteRef]
    number: Mapped[int]
    mode: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(9), default="open")
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    tier_reasons: Mapped[list[Any]]
    initiator_id: Mapped[PersonRef]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class ApprovalStep(Base):
    """One required approver. `required_role` is the tier's; `role` is who decides, a level higher where nobody else could."""

    __tablename__ = "approval_step"
    __table_args__ = (
        one_of("role", ApproverRole),
        one_of("status", StepStatus),
        # Copies of the round's columns, kept true by the foreign key, so that the CHECKs can see them.
        ForeignKeyConstraint(
            ["round_id", "case_id", "initiator_id"],
            ["approval_round.id", "approval_round.case_id", "approval_round.initiator_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("decided_by <> initiator_id", name="initiator_decides_not"),
        CheckConstraint("on_behalf_of <> initiator_id", name="initiator_delegates_not"),
        CheckConstraint("on_behalf_of <> decided_by", name="delegate_is_another"),
        CheckConstraint("(on_behalf_of IS NULL) = (delegation_id IS NULL)", name="delegated"),
        CheckConstraint("on_behalf_of IS NULL OR decided_by IS NOT NULL", name="delegate_decides"),
        CheckConstraint("(status IN ('approved', 'returned', 'rejected')) = (decided_by IS NOT NULL)", name="decided"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("status NOT IN ('returned', 'rejected') OR reason <> ''", name="reasoned"),
        UniqueConstraint("round_id", "ordinal"),
        UniqueConstraint("round_id", "decided_by"),
        UniqueConstraint("round_id", "on_behalf_of"),
        Index(
            "ix_approval_step_pending",
            "site_id",
            "role",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[Id]
    round_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    site_id: Mapped[SiteRef]
    initiator_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordinal: Mapped[int]
    required_role: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(8))
    decided_by: Mapped[PersonRef | None]
    on_behalf_of: Mapped[PersonRef | None]
    delegation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("delegation.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class ApprovalPerson(Base):
    """That somebody acted in a round. One row a person: initiator ≠ approver ≠ payer, one person one step. Written by triggers only."""

    __tablename__ = "approval_person"
    __table_args__ = (one_of("capacity", Capacity),)

    round_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("approval_round.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"), primary_key=True)
    capacity: Mapped[str] = mapped_column(String(9))


class Delegation(Base):
    """One person's approvals, decided by another for a time: `starts_at` <= t < `ends_at`, until revoked."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("from_person_id <> to_person_id", name="to_another"),
        CheckConstraint("ends_at > starts_at", name="in_order"),
        CheckConstraint("reason <> ''", name="reasoned"),
        Index("ix_delegation_to_person_id_ends_at", "to_person_id", "ends_at"),
        Index("ix_delegation_from_person_id_created_at", "from_person_id", "created_at"),
    )

    id: Mapped[Id]
    from_person_id: Mapped[PersonRef]
    to_person_id: Mapped[PersonRef]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]
