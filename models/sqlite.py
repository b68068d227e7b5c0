"""SQLite as an asynchronous service uses it: one trip to the connection's thread a statement.

aiosqlite keeps a thread a connection, and SQLAlchemy's adapter goes there four times for a SELECT (cursor, execute, fetch, close) and
three times for anything else. Each trip wakes two threads that share one interpreter lock. Here a statement is one trip, rows and all;
the BEGIN of a reader goes along with its first statement, and a transaction that never began needs no trip to be ended.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import Any

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection, AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor, AsyncAdapt_aiosqlite_dbapi


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """What one statement gave. Nothing of it is open when the statement has been executed."""

    __slots__ = ("_description", "_lastrowid", "_rowcount", "arraysize")

    def __init__(self, connection: AsyncAdapt_dbapi_connection) -> None:
        self._adapt_connection = connection
        self._connection = connection._connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: Any = None
        self.arraysize = 1

    @property
    def description(self) -> Any:
        """Of the rows' columns, as DB-API has it; None of a statement that gives no rows."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Rows changed."""
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        """Of the row that was inserted last."""
        return self._lastrowid

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._go("execute", operation, () if parameters is None else parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._go("executemany", operation, seq_of_parameters)

    async def _go(self, how: str, operation: Any, parameters: Any) -> None:
        connection: Any = self._adapt_connection
        async with connection._execute_mutex:
            first, connection.begins = connection.begins, ""
            done = await self._connection._execute(_run, self._connection._conn, first, how, operation, parameters)
        self._description, self._rowcount, self._lastrowid, rows = done
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """It is closed."""

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()


def _run(connection: sqlite3.Connection, first: str, how: str, operation: str, parameters: Any) -> tuple[Any, int, Any, list[Any]]:
    """In the connection's thread: the statement's (description, row count, last row id, rows)."""
    cursor = connection.cursor()
    try:
        if first:
            cursor.execute(first)
        getattr(cursor, how)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()


class Connection(AsyncAdapt_aiosqlite_connection):
    """`begins` is the BEGIN that the next statement takes along, if any."""

    __slots__ = ("begins",)
    _cursor_cls = Cursor  # type: ignore[assignment]  # the class attribute is typed by the one it is set to

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.begins = ""

    def cursor(self, server_side: bool = False) -> AsyncAdapt_dbapi_cursor:
        """One for a single statement; `server_side` is the driver's own, whose rows are fetched one trip at a time."""
        if server_side and self.begins:
            Cursor(self).execute("SELECT 1")
        return super().cursor(server_side)

    def commit(self) -> None:
        """End the transaction, if there is one."""
        if self._ended():
            super().commit()

    def rollback(self) -> None:
        """Give the transaction up, if there is one."""
        if self._ended():
            super().rollback()

    def _ended(self) -> bool:
        """Whether the database has to be told."""
        self.begins = ""
        return self._connection._connection is not None and self._connection.in_transaction


class Dbapi(AsyncAdapt_aiosqlite_dbapi):
    """For `create_async_engine(..., module=)`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> Connection:
        """A connection with its thread."""
        return Connection(self, super().connect(*args, **options)._connection)
