"""Intervals: the same for the same seed, around the figure, honest about perfect scores."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_service.evaluation.intervals import INTERVALS, bootstrap, exact
from audio_service.evaluation.scoring import Tally


def heard(hits: int, false: int = 0, delay: float = 3.0) -> Tally:
    shares = {"right": 9.0, "wrong": 1.0}
    return Tally(conversations=1, hours=0.1, escalations=1, hits=hits, false=false, delays=[delay] * hits, attribution=shares)


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    tallies = [heard(index % 3 != 0, false=index % 2, delay=float(index)) for index in range(9)]
    assert bootstrap(tallies, draws=200) == bootstrap(tallies, draws=200)
    assert bootstrap(tallies, draws=200) != bootstrap(tallies, draws=200, seed=1)


def test_a_figure_that_cannot_be_taken_has_no_interval() -> None:
    found = bootstrap([Tally(conversations=1, hours=0.1)], draws=50)
    assert found["recall"] is None
    assert found["delay_s.p90"] is None
    assert found["false_per_hour"] == (0.0, 0.0)
    assert set(bootstrap([], draws=50).values()) == {None}
    assert set(found) == set(INTERVALS)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_the_interval_holds_the_figure(answers: list[bool]) -> None:
    found = bootstrap([heard(int(answer)) for answer in answers], draws=300)["recall"]
    assert found is not None
    low, high = found
    assert 0 <= low <= sum(answers) / len(answers) + 1e-3
    assert sum(answers) / len(answers) - 1e-3 <= high <= 1


@pytest.mark.parametrize(("hits", "escalations", "low", "high"), [(10, 10, 0.692, 1.0), (9, 10, 0.555, 0.997), (0, 10, 0.0, 0.308)])
def test_recall_by_clopper_and_pearson(hits: int, escalations: int, low: float, high: float) -> None:
    assert exact(Tally(escalations=escalations, hits=hits, hours=1))["recall"] == (low, high)


@pytest.mark.parametrize(("false", "low", "high"), [(0, 0.0, 3.689), (3, 0.619, 8.767)])
def test_no_false_prompt_in_an_hour_is_not_none_ever(false: int, low: float, high: float) -> None:
    assert exact(Tally(hours=1, false=false))["false_per_hour"] == (low, high)


def test_nothing_to_count_gives_no_interval() -> None:
    assert exact(Tally()) == {"recall": None, "false_per_hour": None}
