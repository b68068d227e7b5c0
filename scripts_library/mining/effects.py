"""Whether a script works: the customer after it, against comparable moments without it, or against prompts withheld at random.

Matched: each moment with the script, and no other prompt shortly before, gets the nearest moments of the same band without a prompt, in
state, rate, loudness, trend and time. What matching leaves different is taken out by a regression on the moments without prompts (Abadie
& Imbens 2011). A raised voice comes down by itself, so nothing less is a comparison. A prompt comes where the voice is at its highest,
and no unprompted moment is quite like that: matching may find harm where there is none, so it says so only beyond DOUBT. Randomised: the
difference of shown and withheld among the prompts that were in the lot, within each share withheld (sites differ in both), adjusted for
the same things. Errors are clustered by conversation. Negative is calmer.

Of forty scripts that do nothing one has an interval clear of zero. So what is told of many at once is told by how often chance does as
much among so many (Benjamini & Hochberg 1995): `among_many`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from scripts_library.learned import Worth
from scripts_library.mining.tracks import MEASURES, Moment

Floats = NDArray[np.float64]
Verdict = Literal["works", "harms", "chance", "no_difference", "unclear", "not_enough"]
Design = Literal["matched", "randomised"]

NEIGHBOURS = 5
FEWEST_MOMENTS = 20
FEWEST_SESSIONS = 8
FEWEST_STAFF = 3
"""Fewer people, and a script's figure would be one person's: it is not told."""
WITHIN = 0.25
"""Standard deviations of state: an interval that stays inside shows that there is no difference that matters."""

FALSE_SHARE = 0.05
"""Of the scripts that are said to work so many at most do so by chance."""
DOUBT = 0.2
"""Standard deviations of state: harm that matching finds in conversations where prompts change nothing (docs/mining.md)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a prompt changed, `horizon` s later; `mean`, `low` and `high` (95 %) are None while there is not enough to tell.

    `p` is how often a script that does nothing (in a matched comparison: one that does no more harm than DOUBT) would come out like this.
    """

    measure: str
    horizon: int
    design: Design
    moments: int
    sessions: int
    staff: int
    mean: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    p: float | None = None


def effect(
    with_: Sequence[Moment], without: Sequence[Moment], horizon: int, measure: str, design: Design, *, fewest_staff: int = FEWEST_STAFF
) -> Effect:
    """The mean effect in the moments `with_` the prompt, with its interval."""
    column = MEASURES.index(measure)
    treated = [one for one in with_ if _measured(one, horizon, column) and (one.lot if design == "randomised" else one.fresh)]
    controls = [one for one in without if _measured(one, horizon, column) and (one.lot or design == "matched")]
    sessions, staff = {one.session_id for one in treated}, {one.staff_id for one in treated}
    counts = (len(treated), len(sessions), len(staff))
    enough = counts[0] >= FEWEST_MOMENTS and counts[1] >= FEWEST_SESSIONS and counts[2] >= fewest_staff
    if not enough or len(controls) < FEWEST_MOMENTS:
        return Effect(measure, horizon, design, *counts, None, None, None, "not_enough")
    estimate = _matched if design == "matched" else _adjusted
    mean, error, clusters = estimate(treated, controls, horizon, column)
    reach = float(student.ppf(0.975, max(clusters - 1, 1))) * error
    low, high = mean - reach, mean + reach
    doubt = _doubt(controls, horizon, column) if design == "matched" else 0.0
    verdict, beyond = _verdict(measure, low, high, doubt), -mean if mean < 0 else max(mean - doubt, 0.0)
    p = float(2 * student.sf(beyond / max(error, 1e-12), max(clusters - 1, 1)))
    return Effect(measure, horizon, design, *counts, round(mean, 3), round(low, 3), round(high, 3), verdict, round(p, 5))


def among_many(effects: Sequence[Effect]) -> list[Effect]:
    """The same effects, of one measure and looked at together: at most every twentieth of those said to work is chance.

    What is clear of zero only by itself may be `chance`. Harm is told by itself: to miss it costs more than to look at a script twice.
    """
    told = [place for place, one in enumerate(effects) if one.p is not None]
    found = list(effects)
    for place, p in zip(told, false_discovery_control([effects[place].p for place in told]) if told else [], strict=True):
        if found[place].verdict == "works" and p > FALSE_SHARE:
            found[place] = replace(found[place], verdict="chance")
    return found


def _measured(moment: Moment, horizon: int, column: int) -> bool:
    return bool(np.isfinite(moment.before).all() and np.isfinite(moment.after[horizon][column]))


def _doubt(controls: Sequence[Moment], horizon: int, column: int) -> float:
    """DOUBT in the measure's own unit: as much of its spread as of the state's."""
    state, own = (np.nanstd([one.after[horizon][place] for one in controls]) for place in (0, column))
    return DOUBT * float(own / state) if state > 0 else 0.0


def _verdict(measure: str, low: float, high: float, doubt: float) -> Verdict:
    if high < 0:
        return "works"
    if low > doubt:
        return "harms"
    return "no_difference" if measure == "score" and low > -WITHIN and high < WITHIN else "unclear"


def _scaled(treated: Sequence[Moment], controls: Sequence[Moment]) -> tuple[Floats, Floats]:
    first, second = np.array([one.before for one in treated]), np.array([one.before for one in controls])
    centre, spread = second.mean(axis=0), np.maximum(second.std(axis=0), 1e-6)
    return (first - centre) / spread, (second - centre) / spread


def _design(x: Floats) -> Floats:
    """Columns of the regression: each covariate, and the state's square (what is far up comes down further)."""
    return np.column_stack([np.ones(len(x)), x, x[:, 0] ** 2])


def _matched(treated: Sequence[Moment], controls: Sequence[Moment], horizon: int, column: int) -> tuple[float, float, int]:
    x, z = _scaled(treated, controls)
    y = np.array([one.after[horizon][column] for one in treated])
    w = np.array([one.after[horizon][column] for one in controls])
    coefficients = np.linalg.lstsq(_design(z), w, rcond=None)[0]
    over, under = y - _design(x) @ coefficients, w - _design(z) @ coefficients
    bands = np.array([one.band for one in controls])
    weights = np.zeros(len(controls))
    for place, moment in enumerate(treated):
        others = np.flatnonzero(bands == moment.band)
        pool = others if len(others) >= NEIGHBOURS else np.arange(len(controls))
        distance = ((z[pool] - x[place]) ** 2).sum(axis=1)
        nearest = pool[np.argpartition(distance, min(NEIGHBOURS, len(pool)) - 1)[:NEIGHBOURS]]
        weights[nearest] += 1 / len(nearest)
    mean = float(over.mean() - weights @ under / len(treated))
    shares: defaultdict[str, float] = defaultdict(float)
    for moment, value in zip(treated, over, strict=True):
        shares[moment.session_id] += (value - over.mean()) / len(treated)
    middle = weights @ under / weights.sum()
    for moment, weight, value in zip(controls, weights, under, strict=True):
        if weight:
            shares[moment.session_id] -= weight * (value - middle) / len(treated)
    clusters = len({one.session_id for one in treated})
    return mean, float(np.sqrt(sum(share**2 for share in shares.values()) * clusters / max(clusters - 1, 1))), clusters


def _adjusted(treated: Sequence[Moment], controls: Sequence[Moment], horizon: int, column: int) -> tuple[float, float, int]:
    """Least squares on shown or not, on the share withheld and on what was before, with errors clustered by conversation (CR1)."""
    x, z = _scaled(treated, controls)
    everyone = [*treated, *controls]
    shares = np.array([[one.lot == share for share in sorted({one.lot for one in everyone})[1:]] for one in everyone], float)
    rows = np.column_stack([np.r_[np.ones(len(x)), np.zeros(len(z))], _design(np.vstack([x, z])), shares])
    y = np.array([one.after[horizon][column] for one in everyone])
    bread = np.linalg.pinv(rows.T @ rows)
    coefficients = bread @ rows.T @ y
    residual = y - rows @ coefficients
    scores: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(rows.shape[1]))
    for moment, row, left in zip(everyone, rows, residual, strict=True):
        scores[moment.session_id] = scores[moment.session_id] + row * left
    clusters = len(scores)
    meat = sum((np.outer(score, score) for score in scores.values()), np.zeros((rows.shape[1],) * 2))
    variance = (bread @ meat @ bread)[0, 0] * clusters / max(clusters - 1, 1)
    return float(coefficients[0]), float(np.sqrt(max(variance, 0.0))), clusters


def between(effects: Sequence[Effect]) -> tuple[float, float, float]:
    """Quartiles of what several people's effects really are, of those with a mean: their spread without what their errors alone make.

    Each is drawn towards the mean by as little as it is sure, so that what is left varies as much as it must (Louis 1984).
    """
    told = [one for one in effects if one.mean is not None]
    means, errors = np.array([one.mean for one in told], float), np.array([_error(one) for one in told])
    real = max(float(means.var(ddof=1) - np.mean(errors**2)), 0.0)
    drawn = means.mean() + np.sqrt(real / np.maximum(real + errors**2, 1e-12)) * (means - means.mean())
    low, median, high = (round(float(value), 2) for value in np.quantile(drawn, [0.25, 0.5, 0.75]))
    return low, median, high


def _error(one: Effect) -> float:
    return ((one.high or 0.0) - (one.low or 0.0)) / 3.92


def worths(effects: dict[str, Effect]) -> dict[str, Worth]:
    """Beliefs from effects on the state by script. Each is drawn towards no effect at all by as little as it is sure (empirical Bayes).

    Harm within DOUBT of a matched comparison is none.
    """
    known = {name: one for name, one in effects.items() if one.mean is not None and one.low is not None and one.high is not None}
    if not known:
        return {}
    benefit = np.array([-_beyond_doubt(one) for one in known.values()])
    error = np.array([_error(one) for one in known.values()])
    real = max(float(np.mean(benefit**2 - error**2)), 0.01)
    shrink = real / (real + error**2)
    return {
        name: Worth(round(float(share * value), 4), round(float(np.sqrt(share) * spread), 4), one.moments)
        for (name, one), value, spread, share in zip(known.items(), benefit, error, shrink, strict=True)
    }


def _beyond_doubt(one: Effect) -> float:
    mean = one.mean or 0.0
    return max(mean - DOUBT, 0.0) if one.design == "matched" and mean > 0 else mean
