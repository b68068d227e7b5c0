"""Which version holds: for every order of publishing and retiring; and where two tables differ."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from case_api.policies.defaults import default_content
from case_api.policies.versions import Difference, Span, differences, in_force

TIERS = default_content("tiers").model_dump()
DEADLINES = default_content("deadlines").model_dump()
START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(hours: int) -> datetime:
    return START + timedelta(hours=hours)


acts = st.lists(
    st.tuples(st.sampled_from(["publish", "retire"]), st.sampled_from([None, "a"]), st.integers(0, 5), st.integers(0, 9)), max_size=25
)


@given(acts)
def test_there_is_always_exactly_one_general_version_and_the_past_never_changes(steps: list[tuple[str, str | None, int, int]]) -> None:
    """As the service does it: nothing begins before now, no two begin together, the general one in force is never retired."""
    spans = [Span("v1", None, START, None)]
    history: list[tuple[datetime, str | None, str]] = []
    now = START
    for step, (what, site, ahead, pick) in enumerate(steps):
        now += timedelta(hours=1)
        if what == "publish":
            begins = now + timedelta(hours=ahead)
            if all(span.effective_from != begins or span.site_id != site or span.retired_at for span in spans):
                spans.append(Span(f"v{step + 2}", site, begins, None))
        else:
            span = spans[pick % len(spans)]
            if span.retired_at is None and in_force(spans, None, now) != span:
                spans[spans.index(span)] = Span(span.id, span.site_id, span.effective_from, now)
        asked_at = now + timedelta(minutes=30)
        for asked in ("a", "b", None):
            holds = in_force(spans, asked, asked_at)
            assert holds is not None
            assert holds.site_id in (None, asked)
            assert holds.effective_from <= asked_at < (holds.retired_at or asked_at + timedelta(hours=1))
            history.append((asked_at, asked, holds.id))
    assert all(found == in_force(spans, asked, at).id for at, asked, found in history)  # type: ignore[union-attr]


def test_a_sites_own_version_wins_while_it_holds() -> None:
    spans = [Span("general", None, moment(0), None), Span("own", "a", moment(5), moment(9))]
    assert [in_force(spans, "a", moment(h)).id for h in (4, 5, 8, 9)] == ["general", "own", "own", "general"]  # type: ignore[union-attr]
    assert in_force(spans, "b", moment(6)) == spans[0]


def test_a_superseded_version_does_not_come_back() -> None:
    spans = [Span("one", None, moment(0), None), Span("two", None, moment(5), moment(9)), Span("called off", None, moment(7), moment(6))]
    assert in_force(spans, None, moment(8)) == spans[1]
    assert in_force(spans, None, moment(9)) is None
    assert in_force(spans, None, moment(-1)) is None


# --- differences ---

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_nothing_differs_from_itself(value: object) -> None:
    assert differences(value, copy.deepcopy(value)) == []


def test_differences_name_the_place() -> None:
    after = copy.deepcopy(TIERS) | {"spreading": "city"}
    after["bands"][0]["up_to_fen"] = 8_000_000
    assert differences(TIERS, after) == [Difference("bands.0.up_to_fen", 5_000_000, 8_000_000), Difference("spreading", None, "city")]
    longer = DEADLINES | {"remind_at_bp": [5_000, 8_000, 9_000]}
    assert differences(DEADLINES, longer) == [Difference("remind_at_bp.2", None, 9_000)]
    assert differences(longer, DEADLINES) == [Difference("remind_at_bp.2", 9_000, None)]
