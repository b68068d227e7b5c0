"""Counts, pairs and contexts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scripts_library.mining.concordance import context, playback
from scripts_library.mining.frequency import frequencies, held_by, together, weeks
from scripts_library.mining.rows import HeldRow, HitRow

AT = datetime(2026, 11, 23, tzinfo=UTC)


def hit(term: str, session: str, n: int = 0, **values: object) -> HitRow:
    return HitRow(
        f"{session}{term}{n}",
        session,
        str(values.get("site", "A")),
        "li",
        AT,
        1.0,
        term,
        "money",
        "customer",
        values.get("causes", ()),  # type: ignore[arg-type]
        str(values.get("outcome", "none")),
    )


def test_conversations_are_counted_before_hits() -> None:
    found = frequencies([hit("定金", "a", n) for n in range(5)] + [hit("投诉", "a"), hit("投诉", "b")], "term", 10)
    assert [(one.key, one.hits, one.sessions, one.per_100) for one in found] == [("投诉", 2, 2, 20.0), ("定金", 5, 1, 10.0)]


def test_a_hit_counts_for_each_cause_of_its_case() -> None:
    found = frequencies([hit("定金", "a", causes=("family", "cash_flow")), hit("定金", "b")], "cause", 2)
    assert {one.key: one.sessions for one in found} == {"family": 1, "cash_flow": 1, "unknown": 1}


def test_a_busy_site_has_no_more_complaints_than_a_quiet_one_only_because_it_is_busy() -> None:
    """Ten of forty at A, two of four at B."""
    held = [HeldRow("A", "li", (), "none")] * 40 + [HeldRow("B", "li", (), "none")] * 4
    hits = [hit("投诉", f"a{n}") for n in range(10)] + [hit("投诉", f"b{n}", site="B") for n in range(2)]
    found = frequencies(hits, "site", len(held), held_by(held, "site"))
    assert {one.key: (one.sessions, one.of, one.per_100) for one in found} == {"A": (10, 40, 25.0), "B": (2, 4, 50.0)}
    assert held_by(held, "term") is None


@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("abcd")), max_size=40))
def test_every_hit_is_counted_once_by_term_and_no_rate_exceeds_a_hundred(said: list[tuple[str, str]]) -> None:
    found = frequencies([hit(term, session, n) for n, (term, session) in enumerate(said)], "term", 4)
    assert sum(one.hits for one in found) == len(said)
    assert all(0 < one.per_100 <= 100 and one.sessions <= one.hits for one in found)


def test_terms_that_come_together_are_found_and_strangers_are_not() -> None:
    both = [hit(term, f"s{n}") for n in range(20) for term in ("延期", "违约金")]
    alone = [hit("车位", f"s{n}") for n in range(0, 100, 2)]
    [pair] = together([*both, *alone], 100)
    assert (pair.first, pair.second, pair.sessions, pair.lift) == ("延期", "违约金", 20, 5.0)


def test_weeks_begin_on_monday_and_leave_none_out() -> None:
    found = weeks(date(2026, 11, 25), date(2026, 12, 7))
    assert found == [date(2026, 11, 23) + timedelta(weeks=n) for n in range(3)]


def test_of_two_places_the_one_that_was_heard_is_shown() -> None:
    text = "定金我交了，现在定金能不能退"
    found = context(text, "定金", 0.0, 7.0, [], 4.2)
    assert (found.before, found.heard, found.after) == ("定金我交了，现在", "定金", "能不能退")
    assert playback(1.0, 1.5) == (0.0, 3.5)


@given(st.text(max_size=30), st.text(max_size=4), st.floats(0, 10))
def test_a_context_is_a_part_of_the_text(text: str, heard: str, at: float) -> None:
    found = context(text, heard, 0.0, 10.0, [], at)
    assert found.before + found.heard + found.after in text
