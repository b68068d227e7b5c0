"""How often the complaint terms came up: by any side of a conversation, together, and whether the trend has turned."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scripts_library.mining.rows import HitRow

Floats = NDArray[np.float64]
Dimension = Literal["term", "category", "site", "staff", "cause", "outcome"]

_KEYS: dict[Dimension, Callable[[HitRow], tuple[str, ...]]] = {
    "term": lambda hit: (hit.term,),
    "category": lambda hit: (hit.category,),
    "site": lambda hit: (hit.site_id,),
    "staff": lambda hit: (hit.staff_id,),
    "cause": lambda hit: hit.causes or ("unknown",),
    "outcome": lambda hit: (hit.outcome,),
}
SHORTEST_SEGMENT = 2
"""Periods between two change points at the least: one odd week is no change."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something came up: hits, conversations it came up in, and those of every hundred conversations."""

    key: str
    hits: int
    sessions: int
    per_100: float


def frequencies(hits: Iterable[HitRow], by: Dimension, sessions: int) -> list[Count]:
    """Counts by one side, the most conversations first. A hit whose case has several causes counts for each.

    `sessions` is the number of conversations looked at, those without a hit included.
    """
    keys = _KEYS[by]
    total: Counter[str] = Counter()
    within: defaultdict[str, set[str]] = defaultdict(set)
    for hit in hits:
        for key in keys(hit):
            total[key] += 1
            within[key].add(hit.session_id)
    counts = [Count(key, total[key], len(found), round(100 * len(found) / max(sessions, 1), 2)) for key, found in within.items()]
    return sorted(counts, key=lambda one: (-one.sessions, -one.hits, one.key))


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


@dataclass(frozen=True, slots=True)
class Change:
    """From period `index` on the rate is another: events per 100 before and after it, up to the neighbouring changes."""

    index: int
    before: float
    after: float


def changes(events: Sequence[int], exposure: Sequence[int]) -> list[Change]:
    """Where the rate of events per conversation turned: exact segmentation of Poisson counts (Jackson et al. 2005).

    `events[i]` happened in `exposure[i]` conversations. The penalty is a BIC for three numbers a segment, corrected for events that are
    more irregular than Poisson's, so that a steady series has no change points.
    """
    n = len(events)
    if n < 2 * SHORTEST_SEGMENT or sum(events) == 0:
        return []
    seen, shown = np.concatenate([[0], np.cumsum(events)]).astype(float), np.concatenate([[0], np.cumsum(exposure)]).astype(float)
    penalty = 1.5 * math.log(n) * _dispersion(events, exposure) + 2.0
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, int)
    best[0] = -penalty
    for end in range(SHORTEST_SEGMENT, n + 1):
        starts = np.arange(0, end - SHORTEST_SEGMENT + 1)
        cost = best[starts] + _cost(seen[end] - seen[starts], shown[end] - shown[starts]) + penalty
        last[end], best[end] = int(starts[np.argmin(cost)]), cost.min()
    bounds = [n]
    while bounds[-1] > 0:
        bounds.append(int(last[bounds[-1]]))
    bounds.reverse()
    rates = [100 * (seen[end] - seen[start]) / max(shown[end] - shown[start], 1.0) for start, end in pairwise(bounds)]
    return [
        Change(index, round(before, 2), round(after, 2))
        for index, before, after in zip(bounds[1:-1], rates, rates[1:], strict=False)
        if before != after
    ]


def _cost(events: Floats, exposure: Floats) -> Floats:
    """Negative Poisson log-likelihood of segments at their own rates, without what is the same for every segmentation."""
    known = np.where((events > 0) & (exposure > 0), events, 1.0)
    return np.where(events > 0, events - events * np.log(known / np.maximum(exposure, 1e-9)), 0.0)


def _dispersion(events: Sequence[int], exposure: Sequence[int]) -> float:
    """How much more irregular than Poisson's, from neighbouring periods, which a change of level hardly touches; 1 to 10."""
    count, shown = np.asarray(events, float), np.maximum(np.asarray(exposure, float), 1e-9)
    rate = count / shown
    spread = np.diff(rate) ** 2 / (rate.mean() * (1 / shown[1:] + 1 / shown[:-1]) + 1e-12)
    return float(np.clip(np.median(spread) / 0.455, 1.0, 10.0))
