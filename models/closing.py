"""The four closing actions (「四步法·第四步」), within 24 hours of the end, whether the customer stays or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef


class CustomerTag(Base):
    """A mark on the customer of a case, 「敏感类型」 by the source. The person is the registration's, and named nowhere else."""

    __tablename__ = "customer_tag"
    __table_args__ = (Index("ix_customer_tag_site_id_tag", "site_id", "tag"),)

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), unique=True)
    tag: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]


class KnowledgeEntry(Base):
    """The case as others may learn from it: no names, no numbers of people. `body` is everything that a search looks at."""

    __tablename__ = "knowledge_entry"
    __table_args__ = (
        CheckConstraint("outcome IN ('withdrawn', 'kept')", name="outcome"),
        Index("ix_knowledge_entry_created_at_id", "created_at", "id"),
        Index("ix_knowledge_entry_site_id_created_at", "site_id", "created_at"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), unique=True)
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(String(10))
    causes: Mapped[list[Any]]
    summary: Mapped[str] = mapped_column(Text)
    lessons: Mapped[str] = mapped_column(Text)
    course: Mapped[list[Any]]
    body: Mapped[str] = mapped_column(Text)
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]


class RegionalBrief(Base):
    """The brief to the regional operations centre; sent with the action, received when somebody there says so."""

    __tablename__ = "regional_brief"
    __table_args__ = (
        CheckConstraint("(received_at IS NULL) = (received_by IS NULL)", name="received"),
        Index("ix_regional_brief_sent_at_id", "sent_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), unique=True)
    body: Mapped[dict[str, Any]]
    sent_by: Mapped[PersonRef]
    sent_at: Mapped[datetime]
    received_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    received_at: Mapped[datetime | None]

    @property
    def version(self) -> int:
        """It changes once: 1 as it was sent, 2 once it has been received."""
        return 1 if self.received_at is None else 2


class TeamReview(Base):
    """The team's review meeting, and what it changes in the SOP. `undiscussed`: key questions that were not talked through before signing;
    empty if all were, null if nobody has judged it.
    """

    __tablename__ = "team_review"

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), unique=True)
    held_at: Mapped[datetime]
    participants: Mapped[list[Any]]
    findings: Mapped[str] = mapped_column(Text)
    sop_change: Mapped[str] = mapped_column(Text)
    undiscussed: Mapped[list[Any] | None]
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]
