"""Connections: one engine a process, one short transaction a change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from models import sqlite
from models.base import Base
from models.settings import Settings

BUSY_SECONDS = 5.0
CACHE_KIB = 8192
"""Pages that each SQLite connection keeps; its own 2 MiB do not hold the indexes of a year's cases."""
CONNECTIONS = 15
"""To SQLite, each with a thread and its pages, kept once they are open."""
WAL_PAGES = 16_384
"""64 MiB of log, after which whoever commits copies it into the database, and everybody waits; `checkpoint` is there long before."""
_QUEUE = "calmdesk_queue"
_IMMEDIATE = "calmdesk_immediate"
_ALONE = "calmdesk_alone"
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}

Factory = async_sessionmaker[AsyncSession]


class DatabaseBusy(Exception):
    """Another writer held the lock for longer than `BUSY_SECONDS`; the transaction was rolled back and may be tried again."""


def database_url(settings: Settings) -> URL:
    """The address with its asynchronous driver; any other database than SQLite and PostgreSQL is refused."""
    url = make_url(settings.database_url)
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"database_url: {backend} is not supported, only {' and '.join(_DRIVERS)}")
    return url.set(drivername=_DRIVERS[backend])


def create_engine(settings: Settings) -> AsyncEngine:
    """The process's engine. On SQLite the data folder is made, WAL and foreign keys are switched on."""
    url = database_url(settings)
    if url.get_backend_name() == "postgresql":
        # Compiling a plan took a quarter of a second in a trigger (migration 0029); questions here are short.
        options = f"-c lock_timeout={int(BUSY_SECONDS * 1000)} -c timezone=UTC -c jit=off"
        return create_async_engine(
            url, json_serializer=dump_json, hide_parameters=True, pool_pre_ping=True, connect_args={"options": options}
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        module=sqlite.Dbapi(),
        json_serializer=dump_json,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_use_lifo=True,  # a connection that was just used has warm pages
        connect_args={"timeout": BUSY_SECONDS},
    )
    listen_sqlite(engine.sync_engine)
    return engine


def dump_json(value: Any) -> str:
    """Chinese as itself, so that a database tool shows it and LIKE finds it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def listen_sqlite(engine: Engine, *, foreign_keys: bool = True) -> None:
    """Pragmas for every SQLite connection, transactions begun by SQLAlchemy instead of the driver, and a queue for its writers."""
    engine.update_execution_options(**{_QUEUE: _Queue()})

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else the driver begins late, and never for a SELECT
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # In WAL mode NORMAL may lose the last commits when the power fails. Consent, audit and the outbox are evidence, and the
        # writers batch to a few commits a second, so each commit pays its fsync.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.execute(f"PRAGMA cache_size={-CACHE_KIB}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once, without waiting, when another one wrote in between.
        options = connection.get_execution_options()
        begin = "BEGIN IMMEDIATE" if options.get(_IMMEDIATE, False) else "BEGIN"
        driver = connection.connection.dbapi_connection
        if not isinstance(driver, sqlite.Connection):
            connection.exec_driver_sql(begin)
        elif not options.get(_ALONE, False):
            driver.begins = begin  # with its first statement


class _Queue:
    """Where a process's writers wait for SQLite's one write lock, in the order in which they came.

    SQLite's own way of waiting is to look again after growing pauses: the lock stands free meanwhile, and whoever has waited longest looks
    least often. Other processes are still waited for in that way.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's turn to write. Raises `DatabaseBusy`."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # a lock is one event loop's
            self._loop, self._lock = loop, asyncio.Lock()
        lock = self._lock
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await lock.acquire()
        except TimeoutError:
            raise DatabaseBusy("another writer of this process holds the database") from None
        try:
            yield
        finally:
            lock.release()


def _turn(factory: Factory) -> AbstractAsyncContextManager[None]:
    engine: AsyncEngine = factory.kw["bind"]
    queue: _Queue | None = engine.get_execution_options().get(_QUEUE)
    return nullcontext() if queue is None else queue.turn()


def session_factory(engine: AsyncEngine) -> Factory:
    """Sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def transaction(factory: Factory) -> AsyncIterator[AsyncSession]:
    """One writing transaction: commits at the end, rolls back on any exception.

    On SQLite nobody else writes from its first line on, so slow work (files, models, passwords) comes before it.
    Raises `DatabaseBusy` if its turn does not come, or the lock is not free, within `BUSY_SECONDS`.
    """
    try:
        async with _turn(factory), factory() as db, db.begin():
            await db.connection(execution_options={_IMMEDIATE: True})
            yield db
    except OperationalError as error:
        if _is_busy(error):
            raise DatabaseBusy("the database is locked by another writer") from error
        raise


@asynccontextmanager
async def reading(factory: Factory) -> AsyncIterator[AsyncSession]:
    """One consistent view for reading; takes no lock and writes nothing."""
    async with factory() as db:
        yield db


@asynccontextmanager
async def asking(factory: Factory) -> AsyncIterator[AsyncConnection]:
    """A connection for one question, without the transaction that two would need to see the same state."""
    engine: AsyncEngine = factory.kw["bind"]
    async with engine.connect() as connection:
        yield await connection.execution_options(**{_ALONE: True})


async def checkpoint(factory: Factory) -> None:
    """Copy what was committed from SQLite's log into the database, beside readers and writers: left to itself, every few dozenth commit
    would, with the write lock held through it."""
    engine: AsyncEngine = factory.kw["bind"]
    if engine.dialect.name == "sqlite":
        async with asking(factory) as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


async def one_at_a_time(db: AsyncSession, rows: type[Base]) -> None:
    """Whoever changes this table queues; readers go on.

    SQLite's transaction holds the write lock already; on PostgreSQL an empty table has no row to lock.
    """
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(text(f"LOCK TABLE {rows.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def _is_busy(error: OperationalError) -> bool:
    """SQLite: SQLITE_BUSY (5) and its kinds; PostgreSQL: lock_not_available, deadlock_detected."""
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    return (code is not None and code & 0xFF == 5) or getattr(cause, "sqlstate", None) in {"55P03", "40P01"}
