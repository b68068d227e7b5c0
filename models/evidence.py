"""Evidence of a case: uploaded files, and what somebody said in a recorded conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SiteRef, one_of

EvidenceKind = Literal["id_scan", "contract", "receipt", "loan_letter", "chat", "utterance", "other"]


class EvidenceBlob(Base):
    """The content of uploads, stored once however often it is uploaded. `path` is its place in the store.

    The path ends in a name of its own, so that removing an old copy never takes a new one of the same content with it.
    """

    __tablename__ = "evidence_blob"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), unique=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[CreatedAt]


class Evidence(Base):
    """One piece of evidence: a file (`sha256`), or an utterance (`session_id`, `utterance_id`) with its words as they were then.

    Nothing is deleted before the case is: `withdrawn_at` marks what should not count any more.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("kind", EvidenceKind),
        CheckConstraint("(kind = 'utterance') = (session_id IS NOT NULL)", name="citation"),
        CheckConstraint("(sha256 IS NULL) = (session_id IS NOT NULL)", name="source"),
        CheckConstraint("(session_id IS NULL) = (utterance_id IS NULL)", name="utterance"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        Index("ix_evidence_case_id_created_at", "case_id", "created_at"),
    )

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id"))
    site_id: Mapped[SiteRef]
    task_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("case_task.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(500), default="")
    sha256: Mapped[str | None] = mapped_column(String(64), ForeignKey("evidence_blob.sha256"), index=True)
    filename: Mapped[str] = mapped_column(String(160), default="")
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id"), index=True)
    utterance_id: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(default="")
    start: Mapped[float | None]
    end: Mapped[float | None]
    speaker: Mapped[str | None] = mapped_column(String(8))
    added_by: Mapped[PersonRef]
    created_at: Mapped[CreatedAt]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[PersonRef | None]
    withdrawn_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
