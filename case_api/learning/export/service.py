"""The log without who is meant."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.digest import repository
from case_api.learning.export.files import Row, Table
from case_api.learning.keywords import repository as keywords
from case_api.learning.scope import Scope
from scripts_library.library import Library
from scripts_library.mining.frequency import frequencies

MOST_ROWS = 20_000


async def table(db: AsyncSession, scope: Scope, library: Library, made_at: datetime, term: str | None, category: str | None) -> Table:
    """The scope's log, newest first. Nobody's name or id, no exact time; conversations have names that hold in this file alone."""
    rows = await repository.complaints(db, scope, MOST_ROWS, term=term, category=category)
    hits, sessions = await keywords.hits(db, scope, term=term, category=category), await keywords.held(db, scope)
    return Table(
        made_at=made_at,
        sessions=sessions,
        counts=await asyncio.to_thread(frequencies, hits, "term", sessions),
        rows=_rows(rows),
        names=await repository.names(db, scope),
        words=[form for form, _ in library.forms],
        terms={hit.term: hit.category for hit in hits},
        categories={name: (one.zh, one.en) for name, one in library.categories.items()},
    )


def _rows(rows: Sequence[Any]) -> list[Row]:
    salt = secrets.token_bytes(16)
    return [_row(row, salt) for row in rows]


def _row(row: Any, salt: bytes) -> Row:
    day = row.started_at.astimezone(ZoneInfo(row.timezone)).date()
    return {
        "week": f"{day - timedelta(days=day.weekday()):%Y-%m-%d}",
        "site": row.site,
        "conversation": hashlib.blake2b(row.session_id.encode(), key=salt, digest_size=5).hexdigest(),
        "seconds": float(round(row.at)),
        "term": row.term,
        "category": row.category,
        "heard": row.heard,
        "match": row.match,
        "speaker": row.speaker,
        "sentence": row.text,
        "level": row.peak_level,
        "causes": "、".join(row.causes or ()),
        "outcome": row.outcome or ("open" if row.case_id else "none"),
        "verdict": row.verdict or "",
    }
