"""Money that goes back: the account it is paid from, the instruction, its payments, and how an approved path was carried out.

Amounts are whole fen (分) of CNY. Triggers (migration 0007) keep what was instructed as it was approved.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

InstructionStatus = Literal["issued", "paid", "cancelled"]
PaymentStatus = Literal["pending", "paid", "failed", "cancelled"]
ExecutionResult = Literal["done", "ran_out"]


class RefundAccount(Base):
    """The account that a site's refunds are paid from."""

    __tablename__ = "refund_account"

    site_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("site.id"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(70))
    account: Mapped[str] = mapped_column(String(34))
    bank: Mapped[str] = mapped_column(String(80))
    bank_code: Mapped[str] = mapped_column(String(12))
    updated_by: Mapped[PersonRef]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class RefundInstruction(Base):
    """One order to pay, made from one approved round. `debtor` and `approvals` (who approved, as they were called) are copies of what was
    so then: the instruction's files come out the same for ever."""

    __tablename__ = "refund_instruction"
    __table_args__ = (
        one_of("status", InstructionStatus),
        CheckConstraint("total_fen > 0", name="total"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        ForeignKeyConstraint(["round_id", "content_hash"], ["approval_round.id", "approval_round.content_hash"], ondelete="CASCADE"),
        UniqueConstraint("round_id"),
        UniqueConstraint("number"),
        UniqueConstraint("id", "round_id"),
        Index("ix_refund_instruction_case_id", "case_id"),
        Index(
            "uq_refund_instruction_live",
            "case_id",
            unique=True,
            sqlite_where=text("status <> 'cancelled'"),
            postgresql_where=text("status <> 'cancelled'"),
        ),
    )

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    site_id: Mapped[SiteRef]
    round_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    content_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(32))
    case_code: Mapped[str] = mapped_column(String(40))
    timezone: Mapped[str] = mapped_column(String(64))
    path_kind: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(9), default="issued")
    total_fen: Mapped[int] = mapped_column(BigInteger)
    debtor: Mapped[dict[str, Any]]
    approvals: Mapped[list[Any]]
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class RefundPayment(Base):
    """One payee of an instruction. A failed payment may still be paid later, to the same account; a paid one is final."""

    __tablename__ = "refund_payment"
    __table_args__ = (
        one_of("status", PaymentStatus),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(status = 'paid') = (paid_on IS NOT NULL AND bank_reference <> '')", name="paid"),
        CheckConstraint("status <> 'failed' OR failed_reason <> ''", name="failed"),
        CheckConstraint("status NOT IN ('paid', 'failed') OR handled_by IS NOT NULL", name="handled"),
        ForeignKeyConstraint(["instruction_id", "round_id"], ["refund_instruction.id", "refund_instruction.round_id"], ondelete="CASCADE"),
        UniqueConstraint("instruction_id", "ordinal"),
        UniqueConstraint("end_to_end_id"),
    )

    id: Mapped[Id]
    instruction_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    round_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordinal: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    bank: Mapped[str] = mapped_column(String(80))
    account: Mapped[str] = mapped_column(String(34))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    end_to_end_id: Mapped[str] = mapped_column(String(35))
    remittance: Mapped[str] = mapped_column(String(140))
    status: Mapped[str] = mapped_column(String(9), default="pending")
    paid_on: Mapped[date | None]
    bank_reference: Mapped[str] = mapped_column(String(64), default="")
    failed_reason: Mapped[str] = mapped_column(String(500), default="")
    handled_by: Mapped[PersonRef | None]
    handled_at: Mapped[datetime | None]


class ExecutionConfirmation(Base):
    """How an approved path that is not only a payment was carried out, or that its time ran out (`confirmed_by` null: seen by itself)."""

    __tablename__ = "execution_confirmation"
    __table_args__ = (one_of("result", ExecutionResult), UniqueConstraint("round_id"))

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), index=True)
    round_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("approval_round.id", ondelete="CASCADE"))
    path_kind: Mapped[str] = mapped_column(String(24))
    result: Mapped[str] = mapped_column(String(8))
    happened_on: Mapped[date]
    detail: Mapped[dict[str, Any]]
    confirmed_by: Mapped[PersonRef | None]
    confirmed_at: Mapped[datetime]
