"""One-time codes: compared in full, dead after their time or too many guesses, not sent without end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.intake.phone.rules import HOUR, hash_code, judge, new_code, wait_before_next

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
codes = st.integers(0, 999_999).map("{:06d}".format)


def test_a_code_has_six_digits_and_is_not_always_the_same() -> None:
    made = {new_code() for _ in range(20)}
    assert all(re.fullmatch(r"\d{6}", code) for code in made)
    assert len(made) > 1


@given(codes, codes)
def test_only_the_code_itself_is_right(sent: str, typed: str) -> None:
    stored = hash_code(sent)
    assert sent not in stored.split("$")
    verdict = judge(typed, stored, expires_at=NOW + SECOND, attempts=0, attempts_max=5, now=NOW)
    assert verdict == ("right" if typed == sent else "wrong")


@pytest.mark.parametrize(
    ("attempts", "left", "verdict"),
    [(0, 1, "right"), (4, 1, "right"), (5, 1, "exhausted"), (0, 0, "expired"), (9, -1, "expired")],
)
def test_even_the_right_code_dies(attempts: int, left: int, verdict: str) -> None:
    found = judge("123456", hash_code("123456"), expires_at=NOW + left * SECOND, attempts=attempts, attempts_max=5, now=NOW)
    assert found == verdict


@given(st.lists(st.integers(0, 7200), max_size=12))
def test_after_the_wait_one_may_be_sent_and_before_it_none(ages: list[int]) -> None:
    sent = [NOW - age * SECOND for age in ages]
    limits = {"interval": timedelta(seconds=60), "per_hour": 5}
    wait = wait_before_next(sent, NOW, **limits)  # type: ignore[arg-type]
    assert timedelta(0) <= wait <= HOUR
    assert wait_before_next(sent, NOW + wait, **limits) == timedelta(0)  # type: ignore[arg-type]
    if wait:
        assert wait_before_next(sent, NOW + wait - SECOND / 2, **limits) > timedelta(0)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 600), min_size=1, max_size=60))
def test_nobody_gets_more_than_the_limit_in_an_hour(tries: list[int]) -> None:
    sent: list[datetime] = []
    now = NOW
    for pause in tries:
        now += pause * SECOND
        if wait_before_next(sent, now, interval=timedelta(seconds=60), per_hour=5) <= timedelta(0):
            sent.append(now)
    for at in sent:
        assert sum(at - HOUR < other <= at for other in sent) <= 5
    assert all(later - earlier >= timedelta(seconds=60) for earlier, later in pairwise(sent))
