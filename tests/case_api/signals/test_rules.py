"""What is read from a signal, and what a case's signals suggest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.signals.rules import CAUSE_WORTH_TICKING, KINDS, Heard, Unreadable, read, suggest

JSON = st.sampled_from([None, True, -1, 0, 2.5, 1e308, "", "u1", "起诉" * 50, [], ["x"], {}, {"kind": "media"}])
FIELDS = st.sampled_from(["kind", "at", "utterance", "term", "cause", "weight", "level", "strength", "speaker", "x"])


@given(st.dictionaries(FIELDS, JSON), st.sampled_from([*KINDS, None]))
def test_any_payload_is_read_or_refused(payload: dict[str, Any], kind: str | None) -> None:
    told = payload | ({"kind": kind} if kind else {})
    try:
        heard = read(told)
    except Unreadable:
        return
    assert heard.kind in KINDS
    assert heard.at >= 0
    assert all(isinstance(value, str | int | float) and len(str(value)) <= 400 for value in heard.detail.values())


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"kind": "joy", "at": 1},
        {"kind": "media"},
        {"kind": "media", "at": -1},
        {"kind": "media", "at": True},
        {"kind": "media", "at": "1"},
        {"kind": "media", "at": 1, "utterance": ""},
        {"kind": "media", "at": 1, "utterance": "u" * 33},
        {"kind": "cause", "at": 1, "cause": "family"},
        {"kind": "cause", "at": 1, "weight": 1.0},
    ],
)
def test_what_is_no_signal(payload: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(payload)


SIGNAL = st.builds(
    lambda session, kind, at, cause, weight: (
        session,
        read({"kind": kind, "at": at, "cause": cause, "weight": weight, "term": "起诉", "utterance": "u1"}),
    ),
    st.sampled_from(["a", "b"]),
    st.sampled_from(KINDS),
    st.integers(0, 100),
    st.sampled_from(["family", "cash_flow"]),
    st.integers(1, 3),
)


@given(st.lists(SIGNAL, max_size=20), st.randoms())
def test_suggestions_do_not_depend_on_the_order_of_signals_and_lose_none(signals: list[tuple[str, Heard]], random: Any) -> None:
    shuffled = signals.copy()
    random.shuffle(shuffled)
    made = suggest(signals)
    assert made == suggest(shuffled)
    assert sum(len(one.places) for one in (*made.causes, *made.risks)) == len(signals)
    weights = [one.weight for one in made.causes]
    assert weights == sorted(weights, reverse=True)
    assert all(one.suggested == (one.weight >= CAUSE_WORTH_TICKING) for one in made.causes)
    assert [one.kind for one in made.risks] == [kind for kind in KINDS if kind in {one.kind for one in made.risks}]
