"""Writes what happens in a conversation to the database while it happens, without ever making the conversation wait.

Rows are collected for a moment and committed together, in the order they came. Each has a key of its own within the session, and a row
that is already there is left alone: after a crash the same audio is heard again and gives the same rows. Of a conversation whose customer
withdrew the consent nothing more is written, however long it waited here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Base
from models.consents import STAYS, withdrawn_among
from models.engine import DatabaseBusy, Factory, transaction
from models.outbox import publish
from models.prompts import PromptFeedback, PromptShown
from models.sessions import Session

logger = structlog.get_logger()

LOST = Counter("calmdesk_ledger_rows_lost_total", "Rows that no longer fitted the queue or that the database refused for good")

BATCH_SECONDS = 0.25
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 10.0
QUEUE_ROWS = 20_000
"""About half an hour of one conversation: a database that is away for longer loses rows, never audio (hearing it again restores them)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row to insert unless its key is there; `replace` overwrites these columns instead."""

    table: type[Base]
    values: Mapping[str, Any]
    key: tuple[str, ...]
    replace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A message for the desk; published once per key."""

    topic: str
    key: str
    payload: Mapping[str, Any]
    site_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """New values of the session's own row."""

    session_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """A tap on a prompt's card. `prompt_key` is the prompt's name within the session."""

    session_id: str
    prompt_key: str
    verdict: str
    at: float
    person_id: str


Entry = FeedbackRow | Row | SignalRow | SessionUpdate


class Ledger:
    """One writer for all conversations of the process: on SQLite there is one write lock, so one queue in front of it is fastest."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._queue: asyncio.Queue[Entry | asyncio.Future[None]] = asyncio.Queue(QUEUE_ROWS)
        self._task: asyncio.Task[None] | None = None
        self.lost = 0
        self.in_trouble = False
        """Whether the database is away or busy right now."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ledger")

    def add(self, entry: Entry) -> None:
        """Queue an entry; never waits. When the queue is full the entry is counted as lost and can be restored from the audio."""
        try:
            self._queue.put_nowait(entry)
        except asyncio.QueueFull:
            self._lose()
            logger.error("ledger.full", lost=self.lost)

    async def flush(self) -> None:
        """Returns once everything added before is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put(done)
        await done

    async def close(self) -> None:
        """Commit what is queued, then stop."""
        if self._task is not None:
            try:
                await asyncio.wait_for(self.flush(), CLOSE_SECONDS)
            except TimeoutError:
                logger.error("ledger.unwritten", rows=self._queue.qsize())  # the audio is there: it is heard again
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            if not isinstance(batch[0], asyncio.Future):
                await asyncio.sleep(BATCH_SECONDS)
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            entries = [item for item in batch if not isinstance(item, asyncio.Future)]
            if entries:
                await self._commit_until_done(entries)
            for item in batch:
                if isinstance(item, asyncio.Future) and not item.done():
                    item.set_result(None)

    async def _commit_until_done(self, entries: list[Entry]) -> None:
        """Try again while the database is away or busy; a row it refuses for good is left out, the others are kept."""
        while True:
            try:
                await self._commit(entries)
                self.in_trouble = False
                return
            except (DatabaseBusy, OperationalError, OSError) as error:
                logger.warning("ledger.retry", rows=len(entries), error=type(error).__name__)
                self.in_trouble = True
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                if len(entries) == 1:
                    self._lose()
                    logger.exception("ledger.refused", kind=type(entries[0]).__name__)
                    return
                middle = len(entries) // 2
                await self._commit_until_done(entries[:middle])
                entries = entries[middle:]

    def _lose(self) -> None:
        self.lost += 1
        LOST.inc()

    async def _commit(self, entries: list[Entry]) -> None:
        async with transaction(self._factory) as db:
            gone = await closed(db, {session_of(entry) for entry in entries})
            for entry in entries:
                if session_of(entry) not in gone:
                    await write(db, entry)


def session_of(entry: Entry) -> str:
    """The conversation it belongs to."""
    return str(entry.values["session_id"]) if isinstance(entry, Row) else entry.session_id


async def closed(db: AsyncSession, session_ids: set[str]) -> set[str]:
    """Conversations of which nothing may be written any more. A withdrawal that comes now waits until this transaction is over."""
    if db.get_bind().dialect.name == "postgresql":  # SQLite's write lock does the same
        locked = select(Session.id).where(Session.id.in_(session_ids)).order_by(Session.id)
        await db.execute(locked.with_for_update(**STAYS["with_for_update"]))
    return await withdrawn_among(db, session_ids)


async def write(db: AsyncSession, entry: Entry) -> None:
    """One entry in the caller's transaction."""
    if isinstance(entry, SignalRow):
        await publish(db, entry.topic, entry.payload, key=entry.key, site_id=entry.site_id, session_id=entry.session_id)
    elif isinstance(entry, SessionUpdate):
        await db.execute(update(Session).where(Session.id == entry.session_id).values(**entry.values))
    elif isinstance(entry, FeedbackRow):
        await _feedback(db, entry)
    else:
        await _insert(db, entry)


async def _insert(db: AsyncSession, row: Row) -> None:
    table = row.table.__table__
    assert isinstance(table, Table)
    dialect = db.get_bind().dialect.name
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table).values(**row.values)
    if row.replace:
        changed = {name: row.values[name] for name in row.replace}
        await db.execute(insert.on_conflict_do_update(index_elements=list(row.key), set_=changed))
    else:
        await db.execute(insert.on_conflict_do_nothing(index_elements=list(row.key)))


async def _feedback(db: AsyncSession, row: FeedbackRow) -> None:
    query = select(PromptShown.id).where(PromptShown.session_id == row.session_id, PromptShown.prompt_key == row.prompt_key)
    prompt_id = await db.scalar(query)
    if prompt_id is not None:
        db.add(PromptFeedback(prompt_id=prompt_id, verdict=row.verdict, at_audio=row.at, person_id=row.person_id))
