"""Pauses between attempts."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from case_api.events.backoff import FIRST, LONGEST, SPREAD, pause

attempts = st.integers(1, 10_000)
jitter = st.floats(0, 1, exclude_max=True)


@given(attempts, jitter)
def test_a_pause_is_never_much_longer_or_shorter_than_it_should_be(number: int, share: float) -> None:
    assert FIRST * (1 - SPREAD) <= pause(number, share) <= LONGEST * (1 + SPREAD)


@given(attempts, jitter)
def test_pauses_only_grow(number: int, share: float) -> None:
    assert pause(number, share) <= pause(number + 1, share)


@given(attempts, jitter, jitter)
def test_the_jitter_moves_a_pause_by_a_share_of_itself(number: int, one: float, other: float) -> None:
    assert abs(pause(number, one) - pause(number, other)) <= 2 * SPREAD * pause(number, 0.5) + timedelta(microseconds=2)


def test_twelve_attempts_take_about_a_day() -> None:
    assert timedelta(hours=20) < sum((pause(number, 0.5) for number in range(1, 12)), timedelta()) < timedelta(hours=30)
