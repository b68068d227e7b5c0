"""The 《退房原因初步登记表》 of a case (「四步法·第一步」)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, PersonRef, one_of

IdType = Literal["resident_id", "passport", "hk_macao_permit", "taiwan_permit", "other"]


class Registration(Base):
    """One form a case, partly filled while the case is a draft. The ticked causes are the case's own (`withdrawal_case.causes`).

    `phone` is E.164, `id_number` upper case without separators: both are personal data and leave this table masked, but for those who may
    see them. `receipt_wording` is the receipt's text to the letter. `alternative_at` is a position in the audio of that session, seconds.
    """

    __tablename__ = "registration"
    __table_args__ = (
        one_of("id_type", IdType),
        CheckConstraint("receipt_kind IS NULL OR receipt_kind IN ('earnest', 'advance', 'other')", name="receipt_kind"),
        CheckConstraint("alternative IS NULL OR alternative IN ('yes', 'no', 'to_discuss')", name="alternative"),
        CheckConstraint("price_fen >= 0 AND receipt_amount_fen >= 0", name="amounts"),
        CheckConstraint("alternative_at >= 0", name="alternative_at"),
        CheckConstraint("phone_verified_at IS NULL OR phone IS NOT NULL", name="phone_verified"),
    )

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), primary_key=True)
    customer_name: Mapped[str] = mapped_column(String(80), default="")
    id_type: Mapped[str] = mapped_column(String(16), default="resident_id")
    id_number: Mapped[str | None] = mapped_column(String(20))
    id_scan_evidence_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    id_scan_missing_reason: Mapped[str] = mapped_column(String(500), default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    phone_verified_at: Mapped[datetime | None]
    phone_unverified_reason: Mapped[str] = mapped_column(String(500), default="")
    subscription_code: Mapped[str] = mapped_column(String(80), default="")
    subscription_date: Mapped[date | None]
    building: Mapped[str] = mapped_column(String(80), default="")
    unit: Mapped[str] = mapped_column(String(80), default="")
    unit_type: Mapped[str] = mapped_column(String(80), default="")
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    receipt_wording: Mapped[str] = mapped_column(String(500), default="")
    receipt_kind: Mapped[str | None] = mapped_column(String(8))
    receipt_amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    cause_text: Mapped[str] = mapped_column(String(2000), default="")
    alternative: Mapped[str | None] = mapped_column(String(12))
    alternative_note: Mapped[str] = mapped_column(String(500), default="")
    alternative_session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="SET NULL"), index=True)
    alternative_at: Mapped[float | None]
    alternative_unrecorded_reason: Mapped[str] = mapped_column(String(500), default="")
    changed_by: Mapped[PersonRef]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
