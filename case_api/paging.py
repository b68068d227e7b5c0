"""Lists in pages: a cursor says where the last page ended, so that rows added meanwhile neither repeat nor hide others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from case_api.problems import Problem, ProblemCode
from case_api.schemas import Out

T = TypeVar("T")
R = TypeVar("R")

Limit = Annotated[int, Query(ge=1, le=100, description="Rows of a page")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")]


class Page(Out, Generic[T]):
    """One page; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(at: datetime, id_: str) -> str:
    """Opaque to the client: time and id of the page's last row."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), id_]).encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Raises Problem invalid_request for anything that `encode_cursor` did not write."""
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(id_, str) or not id_.isascii() or not id_.isprintable():
            raise ValueError("not ours")
        moment = moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, binascii.Error, UnicodeEncodeError) as error:
        raise Problem(ProblemCode.INVALID_REQUEST, "query.cursor") from error
    return moment, id_


async def newest_first(
    db: AsyncSession,
    query: Select[*tuple[Any, ...]],
    at: InstrumentedAttribute[datetime],
    id_: InstrumentedAttribute[str],
    *,
    limit: int,
    cursor: str | None,
    show: Callable[[Any], R],
    listed: Callable[[Any], Any] = itemgetter(0),
    oldest_first: bool = False,
) -> Page[R]:
    """A page of `query` by (at, id) descending, or ascending. `show` turns a row into an item; `at` and `id_` are of its `listed` part."""
    if cursor is not None:
        place, last = _place(at, id_, decode_cursor(cursor))
        query = query.where(place > last if oldest_first else place < last)
    order = (at.asc(), id_.asc()) if oldest_first else (at.desc(), id_.desc())
    rows: Sequence[Any] = (await db.execute(query.order_by(*order).limit(limit + 1))).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page[R](items=[show(row) for row in rows], next_cursor=_end(listed(rows[-1]), at, id_) if more else None)


def _end(last: Any, at: InstrumentedAttribute[datetime], id_: InstrumentedAttribute[str]) -> str:
    return encode_cursor(getattr(last, at.key), getattr(last, id_.key))


def _place(at: InstrumentedAttribute[datetime], id_: InstrumentedAttribute[str], last: tuple[datetime, str]) -> tuple[Any, Any]:
    """The row's place in the list and the last one of the page before, to be compared by the database."""
    return tuple_(at, id_), tuple_(*last, types=(at.type, id_.type))
