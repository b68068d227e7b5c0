"""The log without who is meant."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.digest import repository
from case_api.learning.export.files import Table
from case_api.learning.scope import Scope

MOST_ROWS = 20_000


async def table(db: AsyncSession, scope: Scope) -> Table:
    """The scope's log, newest first. Nobody's name or id, no exact time; conversations have names that hold in this file alone."""
    rows = await repository.complaints(db, scope, MOST_ROWS)
    return Table(_rows(rows), await repository.names(db, scope))


def _rows(rows: Sequence[Any]) -> list[dict[str, str | float]]:
    salt = secrets.token_bytes(16)
    return [_row(row, salt) for row in rows]


def _row(row: Any, salt: bytes) -> dict[str, str | float]:
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
