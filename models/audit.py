"""The audit record: written in the transaction of the change it tells of, never changed afterwards (triggers see to that)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt


class AuditRecord(Base):
    """One change. `action` reads `source:subject:action` (`api:person:disable`); `before` and `after` hold what changed.

    No foreign keys: the record outlives what it tells of.
    """

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("ix_audit_record_subject_type_subject_id", "subject_type", "subject_id"),
        Index("ix_audit_record_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[CreatedAt]
    actor_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    actor_label: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64))
    site_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    ip: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person signed in, or a part of the system (`person_id` None)."""

    label: str
    person_id: str | None = None
    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted on."""

    type: str
    id: str
    site_id: str | None = None


def record(
    db: AsyncSession,
    actor: Actor,
    action: str,
    subject: Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add one record to the caller's transaction. `action` is `source:subject:action`. Values must be JSON, and never secrets."""
    source, kind, verb = action.split(":")
    if not (source and kind and verb):
        raise ValueError(f"{action!r} is not source:subject:action")
    db.add(
        AuditRecord(
            actor_id=actor.person_id,
            actor_label=actor.label[:80],
            action=action,
            subject_type=subject.type,
            subject_id=subject.id,
            site_id=subject.site_id,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            ip=actor.ip[:64],
            user_agent=actor.user_agent[:200],
        )
    )
