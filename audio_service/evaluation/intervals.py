"""How sure a figure is. Conversations, not utterances, are drawn anew: what is said within one hangs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.stats import beta, chi2

from audio_service.evaluation.scoring import Tally, figures, total

Interval = tuple[float, float]

DRAWS = 2000
LEVEL = 0.95
SEED = 20261123
INTERVALS: dict[str, Callable[[dict[str, Any]], float | None]] = {
    "recall": lambda found: found["recall"],
    "delay_s.median": lambda found: found["delay_s"]["median"],
    "delay_s.p90": lambda found: found["delay_s"]["p90"],
    "false_per_hour": lambda found: found["false_per_hour"],
    "attribution.right": lambda found: found["attribution"]["right"],
    "attribution.wrong": lambda found: found["attribution"]["wrong"],
    "cer.customer": lambda found: found["cer"]["customer"],
    "cer.staff": lambda found: found["cer"]["staff"],
    "keywords.recall": lambda found: found["keywords"]["recall"],
    "keywords.precision": lambda found: found["keywords"]["precision"],
    "rate.r": lambda found: found["rate"]["r"],
    "rate.mean_ratio": lambda found: found["rate"]["mean_ratio"],
}
"""Figures that get an interval, by their path in the report."""


def bootstrap(tallies: Sequence[Tally], *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Interval | None]:
    """95 % percentile intervals of the figures, conversations drawn with replacement. The same seed gives the same intervals.

    A draw in which a figure cannot be taken (no escalation was drawn) is left out; None where that is every draw.
    """
    source = np.random.default_rng(seed)
    samples: dict[str, list[float]] = {name: [] for name in INTERVALS}
    for _ in range(draws if tallies else 0):
        drawn = figures(total(tallies[index] for index in source.integers(len(tallies), size=len(tallies))))
        for name, pick in INTERVALS.items():
            value = pick(drawn)
            if value is not None:
                samples[name].append(value)
    edges = (50 * (1 - LEVEL), 100 - 50 * (1 - LEVEL))
    return {name: _rounded(*np.percentile(values, edges)) if values else None for name, values in samples.items()}


def exact(tally: Tally) -> dict[str, Interval | None]:
    """Exact 95 % intervals of the two counts that matter most. Drawing anew gives a perfect score no width at all; these do.

    Recall: Clopper and Pearson 1934. False prompts per hour: Garwood 1936 (Poisson).
    """
    tail = (1 - LEVEL) / 2
    recall: Interval | None = None
    if tally.escalations:
        missed = tally.escalations - tally.hits
        low = float(beta.ppf(tail, tally.hits, missed + 1)) if tally.hits else 0.0
        high = float(beta.ppf(1 - tail, tally.hits + 1, missed)) if missed else 1.0
        recall = _rounded(low, high)
    false: Interval | None = None
    if tally.hours:
        low = float(chi2.ppf(tail, 2 * tally.false)) / 2 if tally.false else 0.0
        false = _rounded(low / tally.hours, float(chi2.ppf(1 - tail, 2 * tally.false + 2)) / 2 / tally.hours)
    return {"recall": recall, "false_per_hour": false}


def _rounded(low: float, high: float) -> Interval:
    return round(float(low), 3), round(float(high), 3)
