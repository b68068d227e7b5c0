"""The audit record: written in the transaction of the change it tells of, never changed afterwards (triggers see to that).

Each record holds the SHA-256 of itself and of the record before it, so that one that was changed, dropped or slipped in past the
triggers shows: `calmdesk audit verify`. Records get their place in the chain at the end of their transaction, one transaction at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, String, event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, SessionTransaction, mapped_column
from sqlalchemy.orm import Session as SyncSession

from models.base import ID_LENGTH, Base, CreatedAt, utc_now

_PENDING = "audit_pending"
_CHAIN_LOCK = 7_214_002  # any number that no other program on the same PostgreSQL uses
GENESIS = "0" * 64


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
    hash: Mapped[str] = mapped_column(String(64))


_COLUMNS = [column.name for column in AuditRecord.__table__.columns if column.name != "id"]
_INSERT = insert(AuditRecord.__table__)  # type: ignore[arg-type]  # a table, which the class may not promise


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
    at: datetime | None = None,
) -> None:
    """Add one record to the caller's transaction. `action` is `source:subject:action`. Values must be JSON, and never secrets."""
    source, kind, verb = action.split(":")
    if not (source and kind and verb):
        raise ValueError(f"{action!r} is not source:subject:action")
    made = AuditRecord(
        at=at or utc_now(),
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
    session = db.sync_session
    session.info.setdefault(_PENDING, []).append((session.get_nested_transaction(), made))


def chain_hash(row: AuditRecord, previous: str) -> str:
    """What `row.hash` has to be after a record with the hash `previous` (`GENESIS` before the first)."""
    told = [
        row.at.astimezone(UTC).isoformat(),
        row.actor_id,
        row.actor_label,
        row.action,
        row.subject_type,
        row.subject_id,
        row.site_id,
        row.before,
        row.after,
        row.ip,
        row.user_agent,
    ]
    document = json.dumps(_plain(told), ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{previous}\n{document}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The value as every database gives it back: PostgreSQL's JSON has one kind of number, 1.0 returns as 1."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@event.listens_for(SyncSession, "before_commit")
def _chain(session: SyncSession) -> None:
    """Write the transaction's records behind the newest one, last of all: while the chain is held nothing else is waited for."""
    if session.in_nested_transaction() or not session.info.get(_PENDING):
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    previous = session.scalars(select(AuditRecord.hash).order_by(AuditRecord.id.desc()).limit(1)).first() or GENESIS
    rows = []
    for _, row in session.info.pop(_PENDING):
        row.hash = previous = chain_hash(row, previous)
        rows.append({name: getattr(row, name) for name in _COLUMNS})
    session.execute(_INSERT, rows)  # one after the other, as they stand: the ids have to follow the chain


@event.listens_for(SyncSession, "after_soft_rollback")
def _forget(session: SyncSession, ended: SessionTransaction) -> None:
    """What was rolled back did not happen: the records of that savepoint, or all of them."""
    kept = [pair for pair in session.info.pop(_PENDING, []) if ended.nested and pair[0] is not ended]
    if kept:
        session.info[_PENDING] = kept
