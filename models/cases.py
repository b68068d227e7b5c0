"""Withdrawal cases (退房案件): one request to withdraw, from intake to archive."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SiteRef, one_of, utc_now

CaseStatus = Literal["draft", "assessing", "solving", "offered", "approving", "executing", "closing", "archived", "cancelled"]
CaseSource = Literal["staff", "form", "speech", "import"]
Outcome = Literal["withdrawn", "kept"]


class WithdrawalCase(Base):
    """One request to withdraw. `code` is what people say: site, day, number of the day (`HD-20261123-0007`).

    `received_at` starts the clock of 「四步法」. `tier` is the authority that the assessment led to, with its reasons and the version of
    the rule (`{"approvers": [...], "mode": "ordered", "policy_version_id": ..., "reasons": [...]}`). `responsible_id` is the consultant
    who sold the unit: never the one who receives the customer. `search_text` is what the case is found by, as `searchable` spells it.
    """

    __tablename__ = "withdrawal_case"
    __table_args__ = (
        one_of("status", CaseStatus),
        one_of("source", CaseSource),
        CheckConstraint("outcome IS NULL OR outcome IN ('withdrawn', 'kept')", name="outcome"),
        CheckConstraint("receptionist_id IS NULL OR responsible_id IS NULL OR receptionist_id <> responsible_id", name="receptionist"),
        Index("ix_withdrawal_case_site_id_created_at", "site_id", "created_at"),
        Index("ix_withdrawal_case_site_id_status", "site_id", "status"),
        Index("ix_withdrawal_case_created_at_id", "created_at", "id"),
        Index("ix_withdrawal_case_site_id_received_at", "site_id", "received_at"),
        Index("ix_withdrawal_case_received_at_id", "received_at", "id"),
        # An import that is repeated finds what it made before; a reference is another program's, so it is unique at its site only.
        Index("uq_withdrawal_case_site_id_external_reference", "site_id", "external_reference", unique=True),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    customer_label: Mapped[str] = mapped_column(String(80), default="")
    unit_label: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[str] = mapped_column(String(12), default="draft")
    source: Mapped[str] = mapped_column(String(8), default="staff")
    external_reference: Mapped[str | None] = mapped_column(String(80))
    search_text: Mapped[str] = mapped_column(String(1000), default="")
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    responsible_id: Mapped[PersonRef | None]
    receptionist_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"), index=True)
    causes: Mapped[list[Any]] = mapped_column(default=list)
    tier: Mapped[dict[str, Any] | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    ended_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    created_by: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
