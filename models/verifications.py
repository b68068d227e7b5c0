"""Checks of what a customer told: the phone number by a code, the purchase by the ERP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, one_of

ErpOutcome = Literal["matched", "not_found", "ambiguous"]


class PhoneVerification(Base):
    """One code that was sent, for a case or for the form that becomes one. `code_hash` goes when the code has been used; `failed_at` says
    that the gateway did not take it.
    """

    __tablename__ = "phone_verification"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("confirmed_at IS NULL OR code_hash IS NULL", name="used"),
        CheckConstraint("case_id IS NOT NULL OR form_id IS NOT NULL", name="subject"),
        Index("ix_phone_verification_case_id_requested_at", "case_id", "requested_at"),
        Index("ix_phone_verification_phone_requested_at", "phone", "requested_at"),
    )

    id: Mapped[Id]
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    form_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("public_form.id", ondelete="CASCADE"), index=True)
    phone: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str | None] = mapped_column(String(96))
    requested_by: Mapped[PersonRef]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]


class ErpCheck(Base):
    """One comparison with the ERP. `compared` is the form's side, `snapshot` the record that was found, as both were at that moment;
    `differences` names the fields that differ; `overrides` gives, for a field, the reason why the difference stands, who and when.
    """

    __tablename__ = "erp_check"
    __table_args__ = (one_of("outcome", ErpOutcome), Index("ix_erp_check_case_id_checked_at", "case_id", "checked_at"))

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    checked_by: Mapped[PersonRef]
    checked_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(12))
    compared: Mapped[dict[str, Any]]
    snapshot: Mapped[dict[str, Any] | None]
    differences: Mapped[list[Any]] = mapped_column(default=list)
    overrides: Mapped[dict[str, Any]] = mapped_column(default=dict)
