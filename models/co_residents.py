"""Acknowledgements of the people who will live in a unit (《共居人知情确认书》): who pays, decides, lives there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

AckStatus = Literal["draft", "signed", "withdrawn"]
AckMethod = Literal["screen", "paper"]


class CoResidentAck(Base):
    """One acknowledgement. `notice_version` names the wording that was shown; `people` holds name, relation, pays, decides, lives, signs.

    Signed on the screen (`signatures`: name and strokes of each) or on paper (`scan_sha256`: the scanned page). `digest` is the SHA-256 of
    everything that was signed. `names` is what a search looks at.
    """

    __tablename__ = "co_resident_ack"
    __table_args__ = (
        one_of("status", AckStatus),
        CheckConstraint("customer_reference <> '' OR unit_reference <> ''", name="whose"),
        CheckConstraint("status <> 'signed' OR signed_at IS NOT NULL", name="signed"),
        CheckConstraint("signed_at IS NULL OR (signatures IS NULL) <> (scan_sha256 IS NULL)", name="proof"),
        CheckConstraint("(withdrawn_at IS NULL) = (status <> 'withdrawn')", name="withdrawn"),
        Index("ix_co_resident_ack_site_id_unit_reference", "site_id", "unit_reference"),
        Index("ix_co_resident_ack_site_id_customer_reference", "site_id", "customer_reference"),
        Index("ix_co_resident_ack_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    customer_reference: Mapped[str] = mapped_column(String(64), default="")
    unit_reference: Mapped[str] = mapped_column(String(64), default="")
    customer_label: Mapped[str] = mapped_column(String(80), default="")
    people: Mapped[list[Any]]
    names: Mapped[str] = mapped_column(Text, default="")
    notice_version: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10), default="draft")
    method: Mapped[str | None] = mapped_column(String(8))
    signatures: Mapped[list[Any] | None]
    scan_sha256: Mapped[str | None] = mapped_column(String(64), ForeignKey("evidence_blob.sha256"), index=True)
    scan_name: Mapped[str] = mapped_column(String(160), default="")
    digest: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    witnessed_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    withdrawn_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
