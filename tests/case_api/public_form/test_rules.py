"""Links, the customer's steps, the survey's time, and windows that are never exceeded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.limits import KEYS_MAX, Limits, Window, line_of
from case_api.public_form import rules
from models.cases import CaseStatus

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("status", get_args(CaseStatus))
def test_every_status_has_words_and_at_most_one_step_is_current(status: str) -> None:
    states = [step.state for step in rules.steps(status)]
    assert states.count("current") == (0 if status in ("closing", "archived", "cancelled") else 1)
    assert states == sorted(states, key=["done", "current", "to_come"].index)
    assert rules.hint(status).zh
    assert rules.hint(status).en


@pytest.mark.parametrize(
    ("submitted", "revoked", "hours", "expected"),
    [(None, None, 1, "open"), (None, None, 0, "expired"), (None, NOW, 1, "revoked"), (NOW, None, -1, "submitted")],
)
def test_a_link_is_good_until_it_is_used_ended_or_old(
    submitted: datetime | None, revoked: datetime | None, hours: int, expected: str
) -> None:
    expires = NOW + timedelta(hours=hours)
    assert rules.link_status(submitted_at=submitted, revoked_at=revoked, expires_at=expires, now=NOW) == expected


def test_the_survey_is_open_for_thirty_days_after_an_end_with_an_outcome() -> None:
    assert rules.survey(None, NOW, False, NOW) == "not_yet"  # cancelled
    assert rules.survey("kept", NOW, False, NOW) == "open"
    assert rules.survey("kept", NOW, True, NOW) == "answered"
    assert rules.survey("kept", NOW, False, NOW + rules.SURVEY_OPEN) == "over"


@given(st.lists(st.integers(min_value=0, max_value=30), max_size=60), st.integers(min_value=1, max_value=5))
def test_no_window_ever_holds_more_than_it_may(gaps: list[int], most: int) -> None:
    window, limits, at, taken = Window("w", most, timedelta(seconds=60)), Limits(), NOW, []
    for gap in gaps:
        at += timedelta(seconds=gap)
        wait = limits.wait(window, "k", at)
        if wait is None:
            taken.append(at)
        else:
            assert timedelta(0) < wait <= window.length
    for start in taken:
        assert sum(start <= other < start + window.length for other in taken) <= most


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
    ],
)
def test_a_phone_with_a_whole_network_of_addresses_counts_as_one(address: str, line: str) -> None:
    assert line_of(address) == line


def test_windows_of_others_do_not_count_and_old_ones_are_forgotten() -> None:
    window, limits = Window("w", 1, timedelta(seconds=60)), Limits()
    for number in range(KEYS_MAX + 10):
        assert limits.wait(window, str(number), NOW) is None
    assert len(limits._seen) == KEYS_MAX
    assert limits.wait(window, str(KEYS_MAX), NOW) is not None
