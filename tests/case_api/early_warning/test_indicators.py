"""What shows when: each indicator at its limit, and what holds whatever happened."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from case_api.early_warning.events.rules import DUE_KINDS
from case_api.early_warning.indicators import ENDS, Finding, Happened, examine
from case_api.early_warning.levels import LEVELS, alarm_of, due_at, moments, rises
from case_api.early_warning.rule_sets.rules import Clock, RuleSet
from models.crm import EventKind, OwnKind, ToldKind
from models.signals import SignalKind

ZONE = ZoneInfo("Asia/Shanghai")
RULES = RuleSet()
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai


def ago(kind: EventKind, *, due: float | None = None, **time: Any) -> Happened:
    """An event so long before noon; `due` days after noon (negative: before)."""
    more = {name: time.pop(name) for name in ("reference", "signal") if name in time}
    return Happened(kind, NOON - timedelta(**time), NOON + timedelta(days=due) if due is not None else None, **more)


def seen(*events: Happened, now: datetime = NOON, rules: RuleSet = RULES) -> Finding:
    return examine(events, now, rules, ZONE)


def codes(*events: Happened, now: datetime = NOON, rules: RuleSet = RULES) -> list[str]:
    return [one.code for one in seen(*events, now=now, rules=rules).indicators]


def test_nothing_shows_where_nothing_happened() -> None:
    assert seen() == Finding((), None)


def test_the_third_question_within_thirty_days_shows_and_it_passes() -> None:
    asked = [ago("policy_query", days=n) for n in (29, 10, 0)]
    assert codes(*asked[:2]) == []
    found = seen(*asked)
    assert [one.code for one in found.indicators] == ["policy_queries"]
    assert found.indicators[0].zh == "近 30 天 3 次咨询退房政策"
    assert found.next_at == NOON + timedelta(days=1)
    assert codes(*asked, now=NOON + timedelta(days=1)) == []
    assert codes(*asked, now=NOON + timedelta(hours=23, minutes=59)) == ["policy_queries"]


@pytest.mark.parametrize(
    ("recent", "before", "shows"), [(0, 2, True), (0, 1, False), (1, 2, True), (2, 3, False), (1, 3, True), (3, 1, False)]
)
def test_visits_that_drop_by_half_show(recent: int, before: int, shows: bool) -> None:
    visits = [ago("visit", days=n + 1) for n in range(recent)] + [ago("visit", days=n + 15) for n in range(before)]
    assert codes(*visits) == (["visits"] if shows else [])


def test_a_booked_visit_hides_the_drop_until_its_time_has_passed() -> None:
    visits = [ago("visit", days=15), ago("visit", days=16), ago("visit_booked", days=1, due=2)]
    assert codes(*visits) == []
    assert seen(*visits).next_at == NOON + timedelta(days=2)
    assert codes(*visits, now=NOON + timedelta(days=2)) == ["visits"]


def test_loan_papers_show_when_five_working_days_are_over() -> None:
    due = Happened("loan_papers_due", NOON - timedelta(days=60), datetime(2026, 9, 30, 10, tzinfo=UTC), "A")  # before the golden week
    at = datetime(2026, 10, 13, 0, 0, tzinfo=ZONE)  # the fifth, after 8, 9, 10 (a Saturday) and 12 October
    end = at + timedelta(days=1)
    assert seen(due, now=at).next_at == end
    assert codes(due, now=end - timedelta(seconds=1)) == []
    [shown] = seen(due, now=end).indicators
    assert shown.zh == "贷款资料应于 2026-09-30 提交，已逾期超过 5 个工作日"
    assert codes(due, Happened("loan_papers_received", at, None, "A"), now=end) == []


def test_where_the_make_up_days_are_not_known_the_reason_says_so() -> None:
    due = Happened("loan_papers_due", datetime(2041, 1, 2, tzinfo=UTC), datetime(2041, 1, 4, tzinfo=UTC))
    [shown] = seen(due, now=datetime(2041, 3, 1, tzinfo=UTC)).indicators
    assert "2041 年调休安排未知" in shown.zh
    assert "2041 unknown" in shown.en


def test_what_came_settles_what_it_names_or_else_the_earliest() -> None:
    dues = [ago("payment_due", days=40, due=-30, reference="1"), ago("payment_due", days=40, due=-20), ago("payment_due", days=40, due=-10)]

    def left(*came: Happened) -> int:
        found = seen(*dues, *came).indicators
        return len(found[0].causes) if found else 0

    assert left() == 3
    assert left(ago("payment_received", days=3, reference="1")) == 2
    assert left(ago("payment_received", days=3)) == 2
    assert left(*[ago("payment_received", days=3)] * 3) == 0
    assert left(ago("payment_received", days=3, reference="other")) == 3


def test_a_deferral_is_a_later_date_under_the_same_reference() -> None:
    due, later = ago("payment_due", days=40, due=-10, reference="1"), ago("payment_due", days=9, due=2, reference="1")
    assert codes(due) == ["payment"]
    assert codes(due, later) == []
    assert codes(due, later, now=NOON + timedelta(days=6)) == ["payment"]


def test_of_two_dates_told_at_one_moment_the_later_holds() -> None:
    dates = [ago("payment_due", days=20, due=due, reference="1") for due in (5, -10)]
    assert codes(*dates) == codes(*reversed(dates)) == []


def test_the_co_residents_have_three_days() -> None:
    bought = ago("subscription", days=1)
    assert codes(bought) == []
    over = datetime(2026, 11, 26, tzinfo=ZONE)
    assert seen(bought).next_at == over
    assert codes(bought, now=over) == ["co_resident"]
    assert codes(bought, ago("co_resident_ack", hours=1), now=over) == []


@pytest.mark.parametrize("signal", get_args(SignalKind))
def test_what_the_ear_heard_counts_for_a_time(signal: str) -> None:
    expected = {"litigation": ["litigation"], "cause": []}.get(signal, ["speech"])
    assert codes(ago("speech_signal", days=5, signal=signal)) == expected
    assert codes(ago("speech_signal", days=91, signal=signal)) == []


@pytest.mark.parametrize("end", sorted(ENDS))
def test_a_case_or_the_end_of_the_deal_settles_what_was_before(end: EventKind) -> None:
    before = [ago("policy_query", days=n) for n in (5, 4, 3)] + [ago("payment_due", days=40, due=-10)]
    assert codes(*before) == ["payment", "policy_queries"]
    found = seen(*before, ago(end, days=2))
    assert (found.indicators, found.ended_by) == ((), end)
    assert codes(*before, ago(end, days=2), ago("litigation_notice", days=1)) == ["litigation"]


def test_an_indicator_that_is_switched_off_is_not_looked_at() -> None:
    asked = [ago("policy_query", days=n) for n in (5, 4, 3)]
    assert codes(*asked, rules=RuleSet(policy_queries=None)) == []
    assert codes(*asked, rules=RuleSet.model_validate({"policy_queries": {"count": 4}})) == []


KINDS: tuple[EventKind, ...] = (*get_args(ToldKind), *get_args(OwnKind))
happened = st.builds(
    lambda kind, hours, due, reference, signal: Happened(
        kind,
        NOON - timedelta(hours=hours),
        NOON + timedelta(hours=due) if kind in DUE_KINDS else None,
        reference,
        signal if kind == "speech_signal" else None,
    ),
    st.sampled_from(KINDS),
    st.integers(-200, 60 * 24),
    st.integers(-30 * 24, 30 * 24),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(get_args(SignalKind)),
)
histories = st.lists(happened, max_size=14)


def plain(finding: Finding) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.code, one.causes) for one in finding.indicators]


@effort(max_examples=200, deadline=None)
@given(histories, st.randoms())
def test_the_order_in_which_events_come_in_does_not_matter(events: list[Happened], chance: random.Random) -> None:
    mixed = list(events)
    chance.shuffle(mixed)
    assert seen(*events) == seen(*mixed)


@effort(max_examples=200, deadline=None)
@given(histories, st.floats(0, 1, exclude_max=True))
def test_until_the_next_moment_nothing_changes_by_itself(events: list[Happened], share: float) -> None:
    known = [event for event in events if event.at <= NOON]
    found = seen(*known)
    until = found.next_at or NOON + timedelta(days=400)
    assert until > NOON
    moment = min(NOON + (until - NOON) * share, until - timedelta.resolution)  # a share just below one is rounded up to the moment itself
    assert plain(seen(*known, now=moment)) == plain(found)


@effort(max_examples=100, deadline=None)
@given(histories)
def test_what_is_still_to_come_is_not_known(events: list[Happened]) -> None:
    assert seen(*events) == seen(*(event for event in events if event.at <= NOON))


@effort(max_examples=200, deadline=None)
@given(histories, st.data())
def test_levels_scores_and_what_is_settled(events: list[Happened], data: st.DataObject) -> None:
    indicators = seen(*events).indicators
    alarm = alarm_of(indicators)
    assert (alarm is None) is (not indicators)
    if alarm is None:
        return
    assert 0 < alarm.score <= 100
    expected = "red" if "litigation" in [one.code for one in indicators] else "yellow" if len(indicators) == 1 else "orange"
    assert alarm.level == expected
    causes = [cause for one in indicators for cause in one.causes]
    settled = data.draw(st.lists(st.sampled_from(causes), unique=True))
    less = alarm_of(indicators, settled)
    assert alarm_of(indicators, causes) is None
    assert less is None or (less.score <= alarm.score and not rises(alarm.level, less.level))


def test_graver_levels_are_answered_sooner() -> None:
    clock = Clock()
    limits = [due_at(level, clock, NOON) - NOON for level in LEVELS]
    assert limits == [timedelta(hours=4), timedelta(hours=2), timedelta(0)]
    assert [(one.what, one.role) for one in moments("yellow", clock)] == [
        ("remind", "site_manager"),
        ("overdue", "site_manager"),
        ("escalate", "city_gm"),
    ]
    assert moments("red", clock) == ()


@pytest.mark.parametrize(
    "content",
    [
        {"policy_queries": {"count": 1}},
        {"visits": {"drop_bp": 10_001}},
        {"loan_papers": {"working_days": 61}},
        {"speech": {"kinds": []}},
        {"speech": {"kinds": ["litigation"]}},
        {"litigation": None},
        {"clock": {"yellow": 60, "orange": 120}},
        {"clock": {"remind_at_bp": [8_000, 5_000]}},
        {"payment": {"days": "3"}},
        {"unknown": {}},
    ],
)
def test_rules_out_of_range_are_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RuleSet.model_validate(content)
