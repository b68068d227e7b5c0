"""Policy tables in versions: drafted, authorised by legal, published, in force; never changed once authorised."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

PolicyKind = Literal["tiers", "refund", "deadlines"]
PolicyStatus = Literal["draft", "authorised", "published", "retired"]


class PolicyVersion(Base):
    """One version of one kind of table, for one site or (`site_id` null) for all that have none of their own.

    `drafted_by` null: came with the program. It holds from `effective_from` until the next one does or until `retired_at`. Triggers keep
    `content` as it was authorised and refuse deletion.
    """

    __tablename__ = "policy_version"
    __table_args__ = (
        one_of("kind", PolicyKind),
        one_of("status", PolicyStatus),
        CheckConstraint("scope = coalesce(site_id, '')", name="scope"),
        CheckConstraint("authorised_by <> drafted_by", name="four_eyes"),
        # Only what came with the program is in force without legal's word, and of that never the refund rule (「提前获得集团法务授权」).
        CheckConstraint(
            "effective_from IS NULL OR authorised_by IS NOT NULL OR (drafted_by IS NULL AND kind <> 'refund')", name="authorised"
        ),
        CheckConstraint("status <> 'published' OR (effective_from IS NOT NULL AND published_at IS NOT NULL)", name="published"),
        CheckConstraint("status NOT IN ('draft', 'authorised') OR effective_from IS NULL", name="unpublished"),
        CheckConstraint("status <> 'authorised' OR authorised_by IS NOT NULL", name="authorised_by"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        # `scope` is `site_id` or "": two nulls differ in a UNIQUE index.
        Index("uq_policy_version_number", "kind", "scope", "number", unique=True),
        Index(
            "uq_policy_version_effective_from",
            "kind",
            "scope",
            "effective_from",
            unique=True,
            sqlite_where=text("status = 'published'"),
            postgresql_where=text("status = 'published'"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(12))
    site_id: Mapped[SiteRef | None]
    scope: Mapped[str] = mapped_column(String(ID_LENGTH), default="")
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(12), default="draft")
    content: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), default="")
    drafted_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    drafted_at: Mapped[datetime]
    returned_reason: Mapped[str] = mapped_column(String(500), default="")
    authorised_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    authorised_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    effective_from: Mapped[datetime | None]
    retired_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    retired_at: Mapped[datetime | None]
    retired_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class PolicyPosting(Base):
    """A version is posted at a site for customers to read (「在销售现场公示」): by whom, since when, and the proof. Kept for good."""

    __tablename__ = "policy_posting"
    __table_args__ = (
        CheckConstraint("proof <> ''", name="proof"),
        Index("uq_policy_posting_policy_id_site_id", "policy_id", "site_id", unique=True),
    )

    id: Mapped[Id]
    policy_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("policy_version.id"))
    site_id: Mapped[SiteRef]
    proof: Mapped[str] = mapped_column(String(500))
    posted_by: Mapped[PersonRef]
    posted_at: Mapped[datetime]
