"""Chinese working days: make-up days as they were decreed, and years that nobody has decreed yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.early_warning.working_days import after_working_days, is_published, is_working_day

days = st.dates(date(2018, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),  # a Monday
        (date(2026, 11, 22), False),  # a Sunday
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 7), False),  # in lieu, a Wednesday
        (date(2026, 10, 10), True),  # the Saturday that makes up for it
        (date(2025, 9, 28), True),  # a Sunday before the golden week
        (date(2026, 2, 28), True),  # a Saturday after the Spring Festival
        (date(2026, 2, 20), False),
    ],
)
def test_days_as_the_state_council_arranged_them(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_a_year_whose_arrangement_is_not_known_says_so() -> None:
    assert [year for year in range(2018, 2036) if is_published(year)][:9] == list(range(2018, 2027))
    assert not is_published(2040)
    assert not is_working_day(date(2040, 10, 1))  # what the law itself says is known for any year
    assert is_working_day(date(2040, 11, 1))


def test_the_golden_week_is_not_counted_and_its_make_up_day_is() -> None:
    assert after_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert after_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)  # Thursday, Friday, and the Saturday
    assert after_working_days(date(2026, 11, 20), 5) == date(2026, 11, 27)


@given(days, st.integers(0, 30))
def test_between_a_day_and_the_nth_working_day_after_it_are_n(day: date, count: int) -> None:
    found = after_working_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(is_working_day(one) for one in between) == count
    assert count == 0 or is_working_day(found)
