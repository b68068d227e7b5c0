"""What competitors are said to offer: recorded, verified, compared with ours (「竞品落差」)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

CompetitorOutcome = Literal["true", "false", "unclear"]
Matchable = Literal["yes", "partly", "no"]


class CompetitorOffer(Base):
    """One offer of a competitor, as somebody heard it; of a case or of the site only. `comparison` is item by item with ours."""

    __tablename__ = "competitor_offer"
    __table_args__ = (
        one_of("outcome", CompetitorOutcome),
        one_of("matchable", Matchable),
        CheckConstraint("(outcome IS NULL) = (verified_at IS NULL)", name="verified"),
        CheckConstraint("(matchable IS NULL) = (compared_at IS NULL)", name="compared"),
        CheckConstraint("evidence_id IS NULL OR case_id IS NOT NULL", name="evidence"),
        Index("ix_competitor_offer_site_id_created_at", "site_id", "created_at"),
        Index("ix_competitor_offer_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), index=True)
    competitor: Mapped[str] = mapped_column(String(80))
    offered: Mapped[str] = mapped_column(Text)
    heard_by: Mapped[PersonRef]
    heard_at: Mapped[datetime]
    evidence_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("evidence.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="SET NULL"), index=True)
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(8))
    proof: Mapped[str] = mapped_column(Text, default="")
    proof_evidence_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("evidence.id"), index=True)
    verified_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    verified_at: Mapped[datetime | None]
    comparison: Mapped[list[Any]] = mapped_column(default=list)
    matchable: Mapped[str | None] = mapped_column(String(8))
    judgement: Mapped[str] = mapped_column(Text, default="")
    compared_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    compared_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
