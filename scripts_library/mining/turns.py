"""Whether the share of conversations in which something came up has turned, when, or has moved steadily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTEST_SEGMENT: Final = 2
"""Periods between two change points at the least: one odd week is no change."""
TURN, DRIFT = 5.0, 3.3
"""What a change point and a slope have to explain (nat of likelihood) before they are told. By simulation: of a hundred steady years one in
which nothing happened gets two or three turns and one slope (a turn is sought at every week, a slope only once)."""
MOST_IRREGULAR: Final = 30.0
TRIMMED, OF_TRIMMED = 0.1, 0.62
"""The largest tenth of the steps between neighbours is left out, as a turn is among them; what is left of a χ² has this mean."""
STEEPEST: Final = 30
"""Steps of Newton's method, and the largest log-odds: enough for shares of nought or of all."""


@dataclass(frozen=True, slots=True)
class Change:
    """From period `index` on the share is another: events per 100 before and after it, up to the neighbouring changes."""

    index: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Drift:
    """The share moved steadily: events per 100 in the first and in the last period, as the fitted line has them."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Course:
    """What happened: turns, or a drift, or (neither) nothing that chance would not do."""

    changes: Sequence[Change]
    drift: Drift | None = None


def course(events: Sequence[int], exposure: Sequence[int]) -> Course:
    """`events[i]` of `exposure[i]` conversations, period by period: segments of constant shares against a line in log-odds.

    Exact segmentation of binomial counts (Jackson et al. 2005) with a penalty for each change point, and a logistic regression with one for
    its slope; whichever explains more. Both penalties grow with how much more irregular than a lot the counts are.
    """
    struck, held = np.asarray(events, float), np.asarray(exposure, float)
    n = len(struck)
    if n < 2 * SHORTEST_SEGMENT or not struck.sum():
        return Course([])
    irregular = _dispersion(struck, held)
    bounds, by_turns = _segments(struck, held, TURN * irregular)
    line, by_drift = _line(struck, held)
    steady = float(_cost(struck.sum(), held.sum()))
    by_drift += DRIFT * irregular
    if by_drift < min(by_turns, steady):
        return Course([], Drift(*(round(100 * float(line[end]), 2) for end in (0, -1))))
    shares = [100 * float(struck[start:end].sum() / max(held[start:end].sum(), 1.0)) for start, end in pairwise(bounds)]
    return Course([Change(at, round(one, 2), round(two, 2)) for at, one, two in zip(bounds[1:-1], shares, shares[1:], strict=False)])


def _segments(struck: Floats, held: Floats, penalty: float) -> tuple[list[int], float]:
    """Where segments begin and end, and what the best segmentation costs, its change points included."""
    n = len(struck)
    seen, shown = np.concatenate([[0], np.cumsum(struck)]), np.concatenate([[0], np.cumsum(held)])
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, int)
    best[0] = -penalty
    for end in range(SHORTEST_SEGMENT, n + 1):
        starts = np.arange(0, end - SHORTEST_SEGMENT + 1)
        cost = best[starts] + _cost(seen[end] - seen[starts], shown[end] - shown[starts]) + penalty
        last[end], best[end] = int(starts[np.argmin(cost)]), cost.min()
    bounds = [n]
    while bounds[-1] > 0:
        bounds.append(int(last[bounds[-1]]))
    return bounds[::-1], float(best[n])


def _cost(events: Floats, exposure: Floats) -> Floats:
    """Negative binomial log-likelihood of segments at their own shares, without what is the same for every segmentation."""
    return -(_part(events, exposure) + _part(exposure - events, exposure))


def _part(count: Floats, of: Floats) -> Floats:
    return np.where(count > 0, count * np.log(np.where(count > 0, count, 1.0) / np.maximum(of, 1.0)), 0.0)


def _line(struck: Floats, held: Floats) -> tuple[Floats, float]:
    """The shares along a line in log-odds, and what it costs (negative log-likelihood), by Newton's method."""
    place = np.linspace(-1.0, 1.0, len(struck))
    design = np.stack([np.ones_like(place), place], axis=1)
    at = np.zeros(2)
    for _ in range(STEEPEST):
        share = 1 / (1 + np.exp(-np.clip(design @ at, -STEEPEST, STEEPEST)))
        weight = held * share * (1 - share)
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + 1e-6 * np.eye(2), design.T @ (struck - held * share))
        at = np.clip(at + np.clip(step, -2.0, 2.0), -STEEPEST, STEEPEST)
    share = np.clip(1 / (1 + np.exp(-np.clip(design @ at, -STEEPEST, STEEPEST))), 1e-12, 1 - 1e-12)
    return share, -float(struck @ np.log(share) + (held - struck) @ np.log(1 - share))


def _dispersion(struck: Floats, held: Floats) -> float:
    """How much more irregular than a lot, from neighbouring periods, which a change of level hardly touches; 1 to `MOST_IRREGULAR`."""
    known = held > 0
    count, of = struck[known], held[known]
    share = count.sum() / of.sum()
    chance = max(share * (1 - share), 1e-9) * (1 / of[1:] + 1 / of[:-1])
    steps = np.sort(np.diff(count / of) ** 2 / chance)
    steps = steps[: len(steps) - max(1, round(TRIMMED * len(steps)))]
    return float(np.clip(steps.mean() / OF_TRIMMED, 1.0, MOST_IRREGULAR)) if len(steps) else 1.0
