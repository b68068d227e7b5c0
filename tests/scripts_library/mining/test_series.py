"""Before and after: a planted change is covered, a trend is not taken for one, too little is not told."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from scripts_library.mining.series import GOAL, Week, before_after

START = date(2026, 1, 5)
LIVE = START + timedelta(weeks=20)


def series(step: float, trend: float, seed: int, weeks: int = 36) -> list[Week]:
    """Overdispersed counts with a relative `step` at LIVE and a `trend` a week."""
    source, made = np.random.default_rng(seed), []
    for number in range(weeks):
        monday = START + timedelta(weeks=number)
        sessions = int(source.integers(60, 120))
        mean = sessions * 0.12 * np.exp(trend * number) * (1 + step if monday >= LIVE else 1)
        made.append(Week(monday, min(sessions, int(source.negative_binomial(12, 12 / (12 + mean)))), sessions))
    return made


@pytest.mark.parametrize(("step", "trend"), [(GOAL, 0.0), (GOAL, -0.01), (0.0, 0.0)])
def test_the_interval_covers_what_was_planted(step: float, trend: float) -> None:
    found = [before_after(series(step, trend, seed), LIVE) for seed in range(24)]
    assert sum(one.low <= step <= one.high for one in found if one.low is not None and one.high is not None) >= 21


def test_a_trend_that_was_there_before_is_no_effect() -> None:
    found = before_after(series(0.0, -0.03, 3), LIVE)
    assert found.crude is not None
    assert found.crude < -0.3
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_an_interval_is_never_narrower_than_overdispersion_makes_it() -> None:
    """Each error of the effect itself, not of the coefficients together: the largest of those is the level's."""
    for seed in range(40):
        weeks = series(0.0, 0.0, seed)
        found = before_after(weeks, LIVE)
        assert found.low is not None
        assert found.change is not None
        after = np.array([week.monday >= LIVE for week in weeks])
        since = np.array([(week.monday - LIVE).days / 70 for week in weeks])
        rows = np.column_stack([np.ones(len(weeks)), since, after, np.where(after, since, 0.0)])
        fitted = np.array([one.model * week.sessions / 100 for one, week in zip(found.weeks, weeks, strict=True) if one.model is not None])
        counted = np.array([week.events for week in weeks])
        spare = len(weeks) - 4
        dispersion = max(1.0, float(((counted - fitted) ** 2 / fitted).sum() / spare))
        covariance = dispersion * np.linalg.inv(rows.T @ (rows * fitted[:, None]))
        step = np.array([0, 0, 1, since[after].mean()])
        least = 1.96 * float(np.sqrt(step @ covariance @ step))
        assert np.log1p(found.change) - np.log1p(found.low) >= least * 0.98


def test_too_little_is_not_told() -> None:
    assert before_after(series(GOAL, 0.0, 1, weeks=24), LIVE).change is None
    assert before_after([], LIVE).before is None
    quiet = [Week(START + timedelta(weeks=n), 0, 50) for n in range(40)]
    assert before_after(quiet, LIVE).enough is False


def test_short_series_that_hang_together_keep_their_level() -> None:
    """Twenty weeks on either side, each like the one before it: Newey and West alone saw a change in every seventh."""
    covered = 0
    for seed in range(80):
        source, level, weeks = np.random.default_rng(seed), 0.0, []
        for number in range(40):
            level = 0.6 * level + float(source.normal(0, 0.2))
            sessions = int(source.integers(40, 80))
            weeks.append(Week(START + timedelta(weeks=number), int(source.poisson(sessions * 0.15 * np.exp(level))), sessions))
        found = before_after(weeks, LIVE)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert covered >= 70


def test_weeks_without_a_conversation_are_left_out() -> None:
    weeks = series(GOAL, 0.0, 2)
    found = before_after([*weeks, Week(START + timedelta(weeks=90), 0, 0)], LIVE)
    assert len(found.weeks) == len(weeks)
    assert all(one.model is not None and one.without is not None for one in found.weeks)
