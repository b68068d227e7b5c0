"""Replaying the past: alarms where the watch would have raised them, judged by the requests that came."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from case_api.early_warning.backtest.rules import Job, Tally, measure, replay
from case_api.early_warning.indicators import Happened
from tests.case_api.early_warning.test_indicators import NOON, RULES, ZONE, ago, histories, seen

SINCE = NOON - timedelta(days=50)


def job(*customers: list[Happened], horizon: int = 10) -> Job:
    return Job(customers, RULES, ZONE, SINCE, NOON, timedelta(days=horizon))


def asked(*days: int) -> list[Happened]:
    return [ago("policy_query", days=day) for day in days]


def test_an_alarm_before_a_request_is_right_and_its_lead_is_told() -> None:
    foreseen = [*asked(45, 44, 43), ago("withdrawal_request", days=40)]
    surprise = [ago("visit", days=30), ago("withdrawal_request", days=20)]
    nothing = asked(40, 39, 38)
    late = asked(5, 4, 3)
    found = measure(job(foreseen, surprise, nothing, late))
    assert (found.customers, found.alarms, found.right, found.undecided) == (4, 3, 1, 1)
    assert (found.requests, found.foreseen) == (2, 1)
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert found.lead_hours == (72, 72, 72)
    assert found.shown == {"policy_queries": 2}
    assert found.shown_right == {"policy_queries": 1}


def test_a_request_after_the_horizon_makes_no_alarm_right() -> None:
    found = measure(job([*asked(45, 44, 43), ago("withdrawal_request", days=20)]))
    assert (found.right, found.foreseen, found.requests) == (0, 0, 1)


def test_an_alarm_near_the_end_counts_in_no_share_even_if_its_request_came() -> None:
    """Of alarms whose horizon is not over only the right ones could be judged, which would make any rules look good."""
    early = [*asked(5, 4, 3), ago("withdrawal_request", days=1)]
    found = measure(job(early, asked(5, 4, 3), asked(40, 39, 38)))
    assert (found.alarms, found.undecided, found.right, found.precision) == (3, 2, 0, 0.0)
    assert (found.requests, found.foreseen) == (1, 1)
    assert found.shown == {"policy_queries": 1}


def test_a_request_that_two_programs_tell_of_is_one() -> None:
    asked_twice = [ago("withdrawal_request", days=20), ago("withdrawal_request", days=19)]
    assert measure(job(asked_twice)).requests == 1


def test_time_alone_raises_alarms_in_the_past_too() -> None:
    [raised] = replay([ago("payment_due", days=40, due=-30)], RULES, ZONE, NOON)
    assert raised.at == (NOON - timedelta(days=26)).astimezone(ZONE).replace(hour=0)
    assert raised.codes == ("payment",)


def test_nothing_is_told_of_nobody() -> None:
    assert (Tally().precision, Tally().recall, Tally().lead_hours) == (None, None, None)


@effort(max_examples=100, deadline=None)
@given(histories)
def test_an_alarm_is_what_the_watch_would_have_seen_at_its_moment(events: list[Happened]) -> None:
    for raised in replay(events, RULES, ZONE, NOON):
        found = seen(*events, now=raised.at).indicators
        assert tuple(one.code for one in found) == raised.codes
        assert found


@effort(max_examples=100, deadline=None)
@given(st.lists(histories, max_size=3))
def test_sums_fit_together(customers: list[list[Happened]]) -> None:
    found = measure(job(*customers))
    assert found.right + found.undecided <= found.alarms
    assert found.foreseen <= found.requests
    assert len(found.leads) == found.foreseen
    parts = Tally()
    for one in customers:
        parts.add(measure(job(one)))
    assert parts == found
