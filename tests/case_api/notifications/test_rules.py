"""Who hears of what, and when their phone stays quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.events.topics import TOPICS
from case_api.notifications.rules import ALWAYS, KINDS, URGENT, Ask, asks, not_before, wanted
from case_api.notifications.texts import text_of
from models.notifications import NotificationKind
from models.tasks import TaskKind

minutes = st.integers(0, 1439)
hours = st.tuples(minutes, minutes)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
calm = st.sampled_from([kind for kind in KINDS if kind not in URGENT])
SHANGHAI = "Asia/Shanghai"


def minute_of(at: datetime) -> int:
    local = at.astimezone(ZoneInfo(SHANGHAI))
    return local.hour * 60 + local.minute


def is_quiet(minute: int, quiet: tuple[int, int]) -> bool:
    begins, ends = quiet
    return begins <= minute < ends if begins <= ends else not ends <= minute < begins


@given(moments, hours, calm)
def test_nothing_comes_in_quiet_hours_and_nothing_comes_later_than_their_end(
    now: datetime, quiet: tuple[int, int], kind: NotificationKind
) -> None:
    at = not_before(now, quiet, SHANGHAI, kind)
    assert now <= at < now + timedelta(days=1)
    assert not is_quiet(minute_of(at), quiet)
    assert (at == now) is not is_quiet(minute_of(now), quiet)
    if at != now:
        assert minute_of(at) == quiet[1]


@given(moments, st.none() | hours, st.sampled_from(sorted(URGENT)))
def test_what_is_urgent_knows_no_quiet_hours(now: datetime, quiet: tuple[int, int] | None, kind: NotificationKind) -> None:
    assert not_before(now, quiet, SHANGHAI, kind) == now


@given(moments, calm)
def test_without_quiet_hours_everything_comes_at_once(now: datetime, kind: NotificationKind) -> None:
    assert not_before(now, None, SHANGHAI, kind) == now


@given(moments, hours, st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]))
def test_where_clocks_are_changed_it_comes_within_a_day_too(now: datetime, quiet: tuple[int, int], zone: str) -> None:
    assert now <= not_before(now, quiet, zone, "task") <= now + timedelta(hours=25)


@given(st.sampled_from(KINDS), st.lists(st.sampled_from(KINDS)))
def test_a_person_hears_what_they_want_and_threats_of_litigation_in_any_case(kind: NotificationKind, kinds: list[str]) -> None:
    assert wanted(kind, None)
    assert wanted(kind, kinds) is (kind in kinds or kind in ALWAYS)


TASK = {"task_id": "t", "kind": "finance_assessment", "role": "finance"}
LATE = TASK | {"role": "city_gm", "due_at": "2026-11-23T03:00:00+00:00"}


@pytest.mark.parametrize(
    ("topic", "data", "assignee", "told"),
    [
        ("case.task_opened", TASK, None, [Ask("task", role="finance")]),
        ("case.task_opened", TASK | {"assignee_id": "p"}, None, [Ask("task", person_id="p")]),
        ("case.task_opened", TASK | {"kind": "approval", "role": "city_gm"}, None, [Ask("approval", role="city_gm", lent=True)]),
        ("case.task_assigned", TASK | {"assignee_id": "p"}, None, [Ask("task", person_id="p")]),
        ("case.task_assigned", TASK | {"assignee_id": None}, None, []),
        ("case.assigned", {"receptionist_id": "p", "responsible_id": "q"}, None, [Ask("task", person_id="p")]),
        ("case.deadline_remind", LATE | {"role": "finance"}, None, [Ask("reminder", role="finance")]),
        ("case.deadline_remind", LATE | {"role": "finance"}, "p", [Ask("reminder", person_id="p")]),
        ("case.deadline_overdue", LATE, None, [Ask("overdue", role="city_gm")]),
        ("case.deadline_overdue", LATE, "p", [Ask("overdue", role="city_gm"), Ask("overdue", person_id="p")]),
        ("case.deadline_escalate", LATE, "p", [Ask("escalation", role="city_gm"), Ask("escalation", person_id="p")]),
        (
            "case.litigation_risk",
            {"roles": ["hq_risk", "legal"]},
            None,
            [Ask("litigation", role="hq_risk"), Ask("litigation", role="legal")],
        ),
        ("case.litigation_signal", {"role": "hq_risk"}, None, [Ask("litigation", role="hq_risk")]),
        ("case.brief", {}, None, [Ask("brief", role="regional_ops")]),
        ("policy.draft", {}, None, [Ask("policy", role="legal")]),
        ("warning.raised", {"level": "yellow"}, None, [Ask("task", role="site_manager")]),
        ("warning.raised", {"level": "red"}, None, []),  # told as reported
        ("warning.reported", {"level": "red"}, None, [Ask("litigation", role="hq_risk"), Ask("litigation", role="site_manager")]),
        (
            "warning.changed",
            {"level": "orange", "risen": True, "assignee_id": "p"},
            None,
            [Ask("task", role="site_manager"), Ask("task", person_id="p")],
        ),
        ("warning.changed", {"level": "yellow", "risen": False, "assignee_id": "p"}, None, []),
        ("warning.assigned", {"assignee_id": "p"}, None, [Ask("task", person_id="p")]),
        ("warning.remind", {"role": "site_manager"}, None, [Ask("reminder", role="site_manager")]),
        ("warning.remind", {"role": "site_manager", "assignee_id": "p"}, None, [Ask("reminder", person_id="p")]),
        ("warning.escalate", {"role": "city_gm"}, None, [Ask("escalation", role="city_gm")]),
        ("warning.resolved", {"assignee_id": "p"}, None, []),
        ("session.consent_withdrawn", {"session_id": "s", "case_id": None}, None, [Ask("task", role="site_manager")]),
        ("session.ended", {"session_id": "s", "case_id": None}, None, []),
        ("case.offer", {}, None, []),
    ],
)
def test_who_hears_of_what(topic: str, data: dict[str, object], assignee: str | None, told: list[Ask]) -> None:
    assert asks(topic, data, assignee) == told


WHOLE = LATE | {"case_id": "c", "policy_id": "p", "roles": ["hq_risk"], "receptionist_id": "x", "assignee_id": "x", "kind": "solutions"}
WHOLE |= {"warning_id": "w", "level": "orange", "risen": True, "session_id": "s"}
PRIVATE = {"customer_label": "王小明", "phone": "13812345678", "unit_label": "3栋1202", "reason": "客户王小明要求", "remark": "王小明"}


@pytest.mark.parametrize("topic", list(TOPICS))
def test_every_event_that_somebody_hears_of_has_words_and_they_say_nothing_of_the_customer(topic: str) -> None:
    for ask in asks(topic, WHOLE, "x"):
        text = text_of(topic, ask.kind, "HD-20261123-0007", WHOLE | PRIVATE, SHANGHAI)
        assert text.zh.startswith("HD-20261123-0007 ")
        assert len(text.zh) <= 200
        assert len(text.en) <= 200
        assert text.link.startswith("/v1/")
        assert not any(str(value) in line for value in PRIVATE.values() for line in text)
        assert "{" not in text.zh + text.en


@pytest.mark.parametrize("kind", get_args(TaskKind))
def test_work_is_called_by_its_name_and_its_time_is_the_sites(kind: str) -> None:
    text = text_of("case.deadline_remind", "reminder", "HD-1", WHOLE | {"kind": kind}, SHANGHAI)
    assert "「」" not in text.zh
    assert "11-23 11:00" in text.zh
    assert "11-23 11:00" in text.en
