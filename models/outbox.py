"""The outbox: what the ear tells the desk. Written with the change itself, handed out once, acknowledged with its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, String, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from models.base import ID_LENGTH, Base, CreatedAt, utc_now

LEASE = timedelta(seconds=60)


class OutboxMessage(Base):
    """One message. `key` makes publishing repeatable: a second message with the same key is dropped.

    `parked_at`: nobody could work on it, `error` says why; it waits for a person and holds up nothing.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_open", "id", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(160), unique=True)
    payload: Mapped[dict[str, Any]]
    site_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("site.id"))
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[CreatedAt]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    parked_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(200))


class ClaimLost(Exception):
    """The lease ran out and another worker has the message: roll back, the effect is theirs."""


async def publish(
    db: AsyncSession,
    topic: str,
    payload: Mapping[str, Any],
    *,
    key: str | None = None,
    site_id: str | None = None,
    session_id: str | None = None,
) -> bool:
    """Add a message to the caller's transaction; False if its key was published before."""
    values = {"topic": topic, "key": key, "payload": dict(payload), "site_id": site_id, "session_id": session_id}
    await db.flush()  # what the message refers to may be among the changes
    return (await db.execute(_publication(db.get_bind().dialect.name), values)).scalar_one_or_none() is not None


@cache
def _publication(dialect: str) -> ReturningInsert[int]:
    """Made once: of the table, since a row that nobody looks at need not become an object."""
    table: Any = OutboxMessage.__table__
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made: ReturningInsert[int] = insert(table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)
    return made


async def claim(
    db: AsyncSession,
    worker: str,
    *,
    topics: Sequence[str],
    limit: int = 20,
    lease: timedelta = LEASE,
    now: datetime | None = None,
) -> list[OutboxMessage]:
    """Lease the oldest open messages of these topics to `worker`. Commit before working on them.

    Rows that another worker holds are skipped, on PostgreSQL by row locks and on SQLite by its single write lock.
    A lease that ran out (the worker died) makes the message free again.
    """
    now = now or utc_now()
    free = or_(OutboxMessage.claimed_at.is_(None), OutboxMessage.claimed_at < now - lease)
    chosen = (
        select(OutboxMessage.id)
        .where(OutboxMessage.done_at.is_(None), OutboxMessage.parked_at.is_(None), OutboxMessage.topic.in_(topics), free)
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    statement = (
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(select(chosen.c.id)))
        .values(claimed_by=worker, claimed_at=now, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted((await db.scalars(statement)).all(), key=lambda message: message.id)


async def complete(db: AsyncSession, message_id: int, worker: str) -> None:
    """Mark a message done in the transaction of its effect; both happen, or (`ClaimLost`) neither."""
    await _settle(db, message_id, worker, done_at=utc_now())


async def park(db: AsyncSession, message_id: int, worker: str, error: str) -> None:
    """Put a message aside that cannot be worked on. Raises `ClaimLost` as `complete` does."""
    await _settle(db, message_id, worker, parked_at=utc_now(), error=error[:200])


async def _settle(db: AsyncSession, message_id: int, worker: str, **values: Any) -> None:
    statement = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.claimed_by == worker, OutboxMessage.done_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    result = await db.execute(statement)
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise ClaimLost(f"message {message_id} is no longer held by {worker}")
