"""Withdrawal cases (退房案件): the little of them that a live session needs."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, PersonRef, SiteRef, one_of

CaseStatus = Literal["draft", "open", "closed"]


class WithdrawalCase(Base):
    """One request to withdraw. `code` is what people say: site, day, number of the day (`HD-20261123-0007`)."""

    __tablename__ = "withdrawal_case"
    __table_args__ = (one_of("status", CaseStatus), Index("ix_withdrawal_case_site_id_created_at", "site_id", "created_at"))

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    customer_label: Mapped[str] = mapped_column(String(80), default="")
    unit_label: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[str] = mapped_column(String(8), default="draft")
    created_by: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
