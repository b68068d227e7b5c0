"""The electronic application that a customer fills in on the own phone, and the page that tells them how far their case is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SiteRef


class PublicForm(Base):
    """One link for one customer: the front desk shows its QR code, it is handed in once (「前台扫码填写电子申请单」).

    Only the hash of the link's token is kept. What the customer was told before agreeing (`notice_text`) is copied, as evidence.
    """

    __tablename__ = "public_form"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires"),
        CheckConstraint("(submitted_at IS NULL) = (case_id IS NULL)", name="submitted"),
        CheckConstraint("submitted_at IS NULL OR notice_text <> ''", name="consent"),
        CheckConstraint("submitted_at IS NULL OR revoked_at IS NULL", name="revoked"),
        Index("ix_public_form_site_id_created_at", "site_id", "created_at"),
        Index("ix_public_form_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(80), default="")
    created_by: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    notice_version: Mapped[str] = mapped_column(String(40), default="")
    notice_text: Mapped[str] = mapped_column(default="")
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class ProgressLink(Base):
    """Lets whoever has its token see how far one case is. Made by the customer's phone with the form, or by the desk (`created_by`)."""

    __tablename__ = "progress_link"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[PersonRef | None]
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]


class SatisfactionAnswer(Base):
    """What a customer says of the handling once the case has ended: one to five, once."""

    __tablename__ = "satisfaction_answer"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index("ix_satisfaction_answer_site_id_answered_at", "site_id", "answered_at"),
    )

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[SiteRef]
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[datetime]
