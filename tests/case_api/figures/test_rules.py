"""Shares, quantiles, seasons and periods."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.figures import rules
from models.figures import BriefPeriod

DAYS = st.dates(min_value=date(2001, 1, 1), max_value=date(2090, 1, 1))


@given(st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=80))
def test_times_of_counts_are_those_of_the_single_values(minutes: list[int]) -> None:
    found = rules.spread((value, minutes.count(value)) for value in set(minutes))
    ordered = sorted(minutes)
    assert found.n == len(minutes)
    assert found.mean == pytest.approx(sum(minutes) / len(minutes))
    for percent, quantile in ((50, found.median), (90, found.p90)):
        assert quantile is not None
        assert sum(value <= quantile for value in ordered) * 100 >= percent * len(ordered)
        assert sum(value < quantile for value in ordered) * 100 < percent * len(ordered)


def test_nothing_measured_has_no_time_and_no_share() -> None:
    assert rules.spread([]) == rules.Spread(0, None, None, None)
    assert rules.share(0, 0) is None
    assert rules.change(1, 0) is None
    assert rules.season({}) == rules.Season(None, None, None)


def test_the_season_compares_shares_and_not_numbers() -> None:
    months = {date(2025, 12, 1): (20, 60), date(2026, 1, 1): (15, 64), date(2026, 2, 1): (40, 200), date(2026, 3, 1): (60, 300)}
    assert rules.season(months) == rules.Season(0.2823, 0.2, 0.4113)


@given(DAYS, st.integers(min_value=1, max_value=800))
def test_months_cover_the_period_without_gaps(first: date, days: int) -> None:
    before = first + timedelta(days=days)
    months = rules.months_of(first, before)
    assert months[0] <= first
    assert months[-1] < before
    assert all(later == (earlier + timedelta(days=32)).replace(day=1) for earlier, later in pairwise(months))


@given(DAYS, st.integers(min_value=0, max_value=800), st.sampled_from(["weekly", "monthly"]))
def test_every_period_since_the_newest_brief_is_caught_up_with(newest: date, days: int, period: BriefPeriod) -> None:
    first, _ = rules.period_before(period, newest)
    today = newest + timedelta(days=days)
    found = rules.periods_since(period, first, today, 12)
    assert len(found) <= 12
    assert all(earlier[1] == later[0] for earlier, later in pairwise(found))
    assert not found or found[-1] == rules.period_before(period, today)
    assert len(found) == 12 or not found or found[0][0] == rules.period_before(period, newest)[1]
    assert rules.periods_since(period, None, today, 12) == [rules.period_before(period, today)]


@given(DAYS)
def test_periods_of_briefs_are_whole_and_over(today: date) -> None:
    for period, shortest in (("weekly", 7), ("monthly", 28)):
        first, before = rules.period_before(period, today)  # type: ignore[arg-type]
        assert before <= today
        assert shortest <= (before - first).days <= 31
    assert rules.period_before("weekly", today)[0].weekday() == 0
    first, before = rules.year_to(today)
    assert before == today + timedelta(days=1)
    assert 365 <= (before - first).days <= 366 + (before.month == 2)
    assert rules.period_valid(first, before)


@pytest.mark.parametrize(
    ("first", "before"),
    [(date(2026, 1, 2), date(2026, 1, 2)), (date(2026, 1, 2), date(2026, 1, 1)), (date(1999, 1, 1), date(2000, 2, 1))],
)
def test_a_period_has_to_be_one(first: date, before: date) -> None:
    assert not rules.period_valid(first, before)
    assert not rules.period_valid(date(2020, 1, 1), date(2026, 1, 1))
