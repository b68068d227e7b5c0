"""What happens on the way to a time limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from case_api.deadlines.rules import Moment, first_stage, moment_at, next_at, plan

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = START + timedelta(hours=2)
STEPS = plan([5_000, 8_000], "finance", [(10_000, "site_manager"), (15_000, "city_gm"), (20_000, "hq_risk")])


def minutes(moments: tuple[Moment, ...]) -> list[tuple[str, str, float]]:
    return [(moment.what, moment.role, (moment_at(moment, START, DUE) - START) / timedelta(minutes=1)) for moment in moments]


def test_reminders_come_before_the_limit_and_escalations_after() -> None:
    assert minutes(STEPS) == [
        ("remind", "finance", 60),
        ("remind", "finance", 96),
        ("overdue", "site_manager", 120),
        ("escalate", "city_gm", 180),
        ("escalate", "hq_risk", 240),
    ]


def test_what_is_past_when_the_clock_is_armed_is_not_reminded_of_but_is_overdue() -> None:
    armed = {30: 0, 61: 1, 100: 2, 119: 2, 121: 2, 500: 2}
    assert {late: first_stage(STEPS, START, DUE, START + timedelta(minutes=late)) for late in armed} == armed


@given(stage=st.integers(0, 6), hours=st.floats(0, 1000))
def test_moments_never_come_out_of_order(stage: int, hours: float) -> None:
    due = START + timedelta(hours=hours)
    here, there = next_at(STEPS, stage, START, due), next_at(STEPS, stage + 1, START, due)
    assert there is None or (here is not None and here <= there)
