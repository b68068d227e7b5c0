"""When a record may go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from case_api.problems import ProblemCode
from case_api.retention.erase import links_to
from case_api.retention.rules import refusal, removal_at
from models.cases import WithdrawalCase
from models.settings_records import TWO_YEARS, RecordsSettings
from models.tables import Base

TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
DAYS = st.integers(TWO_YEARS, 36_500)


@given(TIMES)
def test_the_shortest_period_is_two_calendar_years_whatever_leap_days(end: datetime) -> None:
    at = removal_at([end], TWO_YEARS)
    assert at is not None
    day = 28 if (end.month, end.day) == (2, 29) else end.day
    assert at >= end.replace(year=end.year + 2, day=day)


def test_a_shorter_period_cannot_be_set() -> None:
    with pytest.raises(ValidationError):
        RecordsSettings(retention_days=TWO_YEARS - 1)


@given(st.lists(st.none() | TIMES, max_size=5), DAYS, st.booleans(), TIMES)
def test_nothing_goes_before_its_time_or_under_a_hold(ends: list[datetime | None], days: int, held: bool, now: datetime) -> None:
    at = removal_at(ends, days)
    why = refusal(at, held, now)
    if why is None:
        assert not held
        assert ends
        assert all(end is not None and end + timedelta(days=days) <= now for end in ends)
    else:
        assert why in (ProblemCode.RECORD_OPEN, ProblemCode.LEGAL_HOLD, ProblemCode.RETENTION_RUNNING)
        assert (why == ProblemCode.RECORD_OPEN) == (at is None)


def test_every_table_that_refers_to_a_case_goes_with_it_or_forgets_it() -> None:
    root = WithdrawalCase.__table__
    reached = links_to(root)  # type: ignore[arg-type]
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table is root and key.column.name == "id":
                assert table in reached or key.ondelete == "SET NULL", f"{table.name}.{key.parent.name}"
