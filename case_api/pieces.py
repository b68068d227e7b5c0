"""Many rows, some at a time: a hundred thousand at once would keep the event loop from everybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

PIECE: Final = 1000


async def pieces(db: AsyncSession, query: Select[*tuple[Any, ...]]) -> AsyncIterator[Sequence[Any]]:
    """The rows of a query in order, `PIECE` at a time."""
    found = await db.stream(query.execution_options(yield_per=PIECE))
    async for piece in found.partitions():
        yield piece


async def all_rows(db: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[Any]:
    """Every row of a query."""
    return [row async for piece in pieces(db, query) for row in piece]
