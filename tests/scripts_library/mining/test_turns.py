"""Turns and drifts planted into a year of weeks, and years in which nothing happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts_library.mining.turns import Course, course

WEEKS, YEARS = 52, 60


def years(shares: Sequence[float], held: int, seed: int, years: int = YEARS, irregular: float = 0.0) -> list[Course]:
    """Made-up years in which about `held` conversations a week have these shares of hits; `irregular`: the shares' own variance."""
    source = np.random.default_rng(seed)
    found = []
    for _ in range(years):
        exposure = source.poisson(held, len(shares))
        share = np.asarray(shares) * (source.gamma(1 / irregular, irregular, len(shares)) if irregular else 1.0)
        found.append(course(source.binomial(exposure, np.clip(share, 0, 1)).tolist(), exposure.tolist()))
    return found


def told(found: Sequence[Course]) -> int:
    return sum(bool(one.changes) or one.drift is not None for one in found)


@pytest.mark.parametrize(
    ("share", "held", "irregular", "most"), [(0.1, 5, 0.0, 5), (0.1, 20, 0.0, 5), (0.6, 60, 0.0, 5), (0.1, 60, 0.25, 12)]
)
def test_of_a_steady_year_nothing_is_told(share: float, held: int, irregular: float, most: int) -> None:
    assert told(years([share] * WEEKS, held, seed=3, irregular=irregular)) <= most


@pytest.mark.parametrize(("at", "held", "fewest"), [(26, 20, 49), (46, 60, 54)])
def test_a_doubling_is_told(at: int, held: int, fewest: int) -> None:
    assert told(years([0.1] * at + [0.2] * (WEEKS - at), held, seed=4)) >= fewest


def test_a_turn_is_told_where_it_is() -> None:
    found = years([0.1] * 26 + [0.2] * 26, 60, seed=5)
    assert sum(any(abs(one.index - 26) <= 1 and one.after > one.before for one in each.changes) for each in found) >= 46


def test_a_slope_is_no_turn() -> None:
    found = years(np.linspace(0.1, 0.3, WEEKS).tolist(), 60, seed=6)
    drifts = [each.drift for each in found if each.drift is not None]
    assert len(drifts) >= 50
    assert np.median([one.before for one in drifts]) == pytest.approx(11, abs=2)
    assert np.median([one.after for one in drifts]) == pytest.approx(31, abs=3)


@pytest.mark.parametrize("series", [[], [1], [0] * 20, [3, 3, 3], [10] * 20])
def test_nothing_is_made_of_too_little_or_of_what_never_changes(series: list[int]) -> None:
    assert course(series, [10] * len(series)) == Course([])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_whatever_is_told_is_a_share(weeks: list[tuple[int, int]]) -> None:
    found = course([min(pair) for pair in weeks], [max(pair) for pair in weeks])
    shares = [share for one in found.changes for share in (one.before, one.after)]
    shares += [found.drift.before, found.drift.after] if found.drift is not None else []
    assert all(0 <= share <= 100 for share in shares)
    assert not (found.changes and found.drift)
