"""What the index is asked: pairs of characters, and facets of the conversation that every utterance carries (migration 0018). Pure.

The index answers with candidates, the newest first; whether they are right is asked of the tables. So it may be asked for too little,
never for too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

MOST_DAYS, MOST_MONTHS, MOST_SITES = 40, 60, 60
MOST_PAIRS = 30
_RUN = re.compile(r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
"""What no index splits: letters, digits, and whatever is not ASCII."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Tokens that have to be there, beginnings of tokens, and groups of which one has to be there."""

    all: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    any: tuple[tuple[str, ...], ...] = ()


def words(q: str | None) -> tuple[str, ...]:
    """What has to stand in the sentence, each anywhere."""
    return tuple(dict.fromkeys((q or "").split()))


def asked(wanted: Sequence[str], facets: Iterable[Sequence[str]]) -> Asked:
    """The question for these words and groups of facets."""
    runs = [run for word in wanted for run in _RUN.findall(word.lower())]
    pairs = dict.fromkeys(a + b for run in runs for a, b in pairwise(run))
    singles = dict.fromkeys(run for run in runs if len(run) == 1)
    return Asked(tuple(pairs)[:MOST_PAIRS], tuple(singles), tuple(tuple(group) for group in facets if group))


def facet(kind: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Tokens of sites (`s`) or people (`u`); nothing to ask for where an id is none of ours."""
    found = tuple(dict.fromkeys(ids))
    return tuple(f"{kind}{one}" for one in found) if all(one.isascii() and one.isalnum() for one in found) else ()


def days(since: datetime | None, until: datetime | None, now: datetime) -> tuple[str, ...]:
    """Tokens of the days (UTC) of [since, until), or of the months where these are many; nothing for a period without a beginning."""
    if since is None:
        return ()
    first, last = since.astimezone(UTC).date(), min(until or now, now + timedelta(days=1)).astimezone(UTC).date()
    count = (last - first).days + 1
    if 0 < count <= MOST_DAYS:
        return tuple(f"d{first + timedelta(days=day):%Y%m%d}" for day in range(count))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return tuple(f"m{month // 12:04d}{month % 12 + 1:02d}" for month in months) if 0 < len(months) <= MOST_MONTHS else ()


def in_fts5(question: Asked) -> str:
    """As SQLite's FTS5 is asked; empty for no question."""
    parts = [f'"{token}"' for token in question.all] + [f'"{token}"*' for token in question.beginnings]
    parts += ["(" + " OR ".join(f'"{token}"' for token in group) + ")" for group in question.any]
    return " AND ".join(parts)
