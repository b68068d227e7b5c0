"""How often the complaint terms came up: by any side of a conversation, and together."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Literal

from scripts_library.mining.rows import HeldRow, HitRow

Dimension = Literal["term", "category", "site", "staff", "cause", "outcome"]

_OF_CONVERSATIONS: dict[str, Callable[[HitRow | HeldRow], tuple[str, ...]]] = {
    "site": lambda one: (one.site_id,),
    "staff": lambda one: (one.staff_id,),
    "cause": lambda one: one.causes or ("unknown",),
    "outcome": lambda one: (one.outcome,),
}
_KEYS: dict[str, Callable[[HitRow], tuple[str, ...]]] = {
    "term": lambda hit: (hit.term,),
    "category": lambda hit: (hit.category,),
    **_OF_CONVERSATIONS,
}


@dataclass(frozen=True, slots=True)
class Count:
    """How often something came up: hits, conversations it came up in, and how many that is of every hundred `of`."""

    key: str
    hits: int
    sessions: int
    of: int
    per_100: float


def frequencies(hits: Iterable[HitRow], by: Dimension, sessions: int, own: Mapping[str, int] | None = None) -> list[Count]:
    """Counts by one side, the most conversations first. A hit whose case has several causes counts for each.

    `sessions` is the number of conversations looked at, those without a hit included; `own` how many each site, person, cause or outcome
    has: without it a busy site would seem to have more complaints than a quiet one, whatever its customers say.
    """
    keys = _KEYS[by]
    total: Counter[str] = Counter()
    within: defaultdict[str, set[str]] = defaultdict(set)
    for hit in hits:
        for key in keys(hit):
            total[key] += 1
            within[key].add(hit.session_id)
    counts = [_count(key, total[key], len(found), own.get(key, 0) if own is not None else sessions) for key, found in within.items()]
    return sorted(counts, key=lambda one: (-one.sessions, -one.hits, one.key))


def _count(key: str, hits: int, sessions: int, of: int) -> Count:
    of = max(of, sessions)  # one that began between the two readings
    return Count(key, hits, sessions, of, round(100 * sessions / of, 2))


def held_by(held: Iterable[HeldRow], by: Dimension) -> Counter[str] | None:
    """How many conversations each site, person, cause or outcome has; None by term and category, which are of no conversation's own."""
    return Counter(key for one in held for key in _OF_CONVERSATIONS[by](one)) if by in _OF_CONVERSATIONS else None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two terms in the same conversations. `lift` is how many times more often than if they had nothing to do with each other."""

    first: str
    second: str
    sessions: int
    lift: float
    log_likelihood: float


def together(hits: Iterable[HitRow], sessions: int, *, fewest: int = 3) -> list[Pair]:
    """Terms that come up in the same conversations, the surest (Dunning's log-likelihood ratio) first; only what attracts."""
    terms: defaultdict[str, set[str]] = defaultdict(set)
    for hit in hits:
        terms[hit.session_id].add(hit.term)
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for said in terms.values():
        single.update(said)
        double.update(combinations(sorted(said), 2))
    found = [_pair(one, two, count, single, max(sessions, len(terms))) for (one, two), count in double.items() if count >= fewest]
    return sorted((pair for pair in found if pair.lift > 1), key=lambda pair: (-pair.log_likelihood, pair.first, pair.second))


def _pair(one: str, two: str, both: int, single: Counter[str], sessions: int) -> Pair:
    first, second = single[one], single[two]
    cells = [both, first - both, second - both, sessions - first - second + both]
    expected = [first * second, first * (sessions - second), (sessions - first) * second, (sessions - first) * (sessions - second)]
    ratio = 2 * sum(seen * math.log(seen * sessions / awaited) for seen, awaited in zip(cells, expected, strict=True) if seen > 0)
    return Pair(one, two, both, round(both * sessions / (first * second), 2), round(ratio, 2))


def weeks(first: date, last: date) -> list[date]:
    """The Mondays of every week that reaches into [first, last]."""
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]
