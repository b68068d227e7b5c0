"""Before and after a day: interrupted time series by segmented quasi-Poisson regression with Newey-West errors.

log(events) = log(conversations) + level + trend + step at the day + change of trend after it. The effect is what the model says of
the weeks after the day against what it says of them without the day (Bernal, Cummins & Gasparrini 2017). Weeks hang together: errors are
heteroskedasticity and autocorrelation consistent (Newey & West 1987) and never smaller than overdispersion makes them, nor than weeks make
them that are each like the one before: half a year is too short for Newey and West to see all of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]

GOAL = -0.63
"""What the product is measured by: 63 % fewer complaints three months after (the source's figure)."""
FEWEST_WEEKS = 8
"""On either side; with fewer a trend cannot be told from a step."""
FEWEST_EVENTS = 10
MOST_ALIKE = 0.8
ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Week:
    """Events in a week's conversations."""

    monday: date
    events: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A week's rate for every 100 conversations: as counted, as the model has it, and as it would have been without the day."""

    monday: date
    rate: float | None
    model: float | None
    without: float | None


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """`change` is relative (−0.63 is 63 % fewer) with its 95 % interval; None while there is not enough. `crude` compares plain rates."""

    before: float | None
    after: float | None
    crude: float | None
    change: float | None
    low: float | None
    high: float | None
    enough: bool
    weeks: tuple[Fitted, ...]


def before_after(weeks: Sequence[Week], go_live: date) -> BeforeAfter:
    """The change at `go_live`, a week that it falls into counting as after. Weeks without a conversation tell nothing and are left out."""
    told = [week for week in weeks if week.sessions > 0]
    after = np.array([week.monday + timedelta(days=6) >= go_live for week in told], bool)
    events = np.array([week.events for week in told], float)
    sessions = np.array([week.sessions for week in told], float)
    rates = [_rate(events[side], sessions[side]) for side in (~after, after)]
    crude = rates[1] / rates[0] - 1 if rates[0] and rates[1] is not None else None
    enough = min(int(after.sum()), int((~after).sum())) >= FEWEST_WEEKS and events[~after].sum() >= FEWEST_EVENTS and events.sum() > 0
    if not enough or events[after].sum() == 0:
        plain = tuple(Fitted(week.monday, round(100 * week.events / week.sessions, 2), None, None) for week in told)
        return BeforeAfter(_told(rates[0]), _told(rates[1]), _told(crude, 3), None, None, None, False, plain)
    rows = _rows(told, after, go_live)
    coefficients, covariances = _fit(rows, events, sessions)
    without = rows.copy()
    without[:, 2:] = 0.0
    step = (rows - without)[after].mean(axis=0)
    change, error = float(step @ coefficients), float(np.sqrt(max(step @ one @ step for one in covariances)))
    reach = float(student.ppf(0.975, len(told) - rows.shape[1])) * error
    model, counter = 100 * np.exp(rows @ coefficients), 100 * np.exp(without @ coefficients)
    fitted = tuple(
        Fitted(week.monday, round(100 * week.events / week.sessions, 2), round(float(model[n]), 2), round(float(counter[n]), 2))
        for n, week in enumerate(told)
    )
    share, low, high = (round(float(np.expm1(value)), 3) for value in (change, change - reach, min(change + reach, 20.0)))
    return BeforeAfter(_told(rates[0]), _told(rates[1]), _told(crude, 3), share, low, high, True, fitted)


def _told(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _rate(events: Floats, sessions: Floats) -> float | None:
    return float(100 * events.sum() / sessions.sum()) if sessions.sum() else None


def _rows(weeks: Sequence[Week], after: NDArray[np.bool_], go_live: date) -> Floats:
    since = np.array([(week.monday - go_live).days / 7 for week in weeks])
    return np.column_stack([np.ones(len(weeks)), since / 10, after, np.where(after, since / 10, 0.0)])


def _fit(rows: Floats, events: Floats, sessions: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """Coefficients by iteratively reweighted least squares, and their covariance by overdispersion with likeness, and by Newey and West."""
    coefficients = np.zeros(rows.shape[1])
    coefficients[0] = np.log(events.sum() / sessions.sum())
    ridge = 1e-8 * np.eye(rows.shape[1])
    for _ in range(ROUNDS):
        mean = sessions * np.exp(np.clip(rows @ coefficients, -15, 15))
        step = np.linalg.solve(rows.T @ (rows * mean[:, None]) + ridge, rows.T @ (events - mean))
        coefficients = coefficients + np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-9:
            break
    mean = sessions * np.exp(np.clip(rows @ coefficients, -15, 15))
    bread = np.linalg.inv(rows.T @ (rows * mean[:, None]) + ridge)
    spare = max(len(events) - rows.shape[1], 1)
    residuals = (events - mean) / np.sqrt(np.maximum(mean, 1e-9))
    dispersion = max(float(residuals @ residuals / spare) * _likeness(residuals, rows.shape[1]), 1.0)
    naive = np.asarray(bread * dispersion)
    robust = np.asarray(bread @ _long_run(rows * (events - mean)[:, None]) @ bread * (len(events) / spare), np.float64)
    return np.asarray(coefficients), (naive, robust)


def _likeness(residuals: Floats, coefficients: int) -> float:
    """By how much a mean varies more than of independent weeks if each is like the one before (AR 1). 1 where they are not.

    The correlation is put up by what fitting so many coefficients takes off it.
    """
    left = residuals - residuals.mean()
    alike = float(left[1:] @ left[:-1] / max(float(left @ left), 1e-12)) + coefficients / len(left)
    alike = min(max(alike, 0.0), MOST_ALIKE)
    return (1 + alike) / (1 - alike)


def _long_run(scores: Floats) -> Floats:
    """Newey and West's sum of autocovariances, with Bartlett's weights."""
    lags = int(4 * (len(scores) / 100) ** (2 / 9))
    total: Floats = scores.T @ scores
    for lag in range(1, lags + 1):
        part = scores[lag:].T @ scores[:-lag]
        total = total + (1 - lag / (lags + 1)) * (part + part.T)
    return total
