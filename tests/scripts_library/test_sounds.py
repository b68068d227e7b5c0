"""Phrases found by sound: alignment, limits, and a bound that loses nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library.sounds import ANOTHER, DROP, INSERT, SoundIndex
from scripts_library.syllables import hear, substitution


def _found(phrase: str, text: str, limit: float = 0.3) -> list[tuple[str, float]]:
    heard = hear(text)
    return [(heard.plain[one.start : one.end], round(one.cost, 3)) for one in SoundIndex([phrase], [limit]).search([heard])]


def test_a_homophone_costs_nothing_and_a_tone_a_little() -> None:
    assert _found("定金", "把订金退给我") == [("订金", 0.0)]
    assert _found("网签", "已经往前了") == [("往前", 0.025)]


def test_every_place_is_found() -> None:
    assert [piece for piece, _ in _found("投诉", "投诉他们，投诉你们", 0.1)] == ["投诉", "投诉"]


def test_a_syllable_too_many_is_paid_for() -> None:
    assert _found("虚假宣传", "虚假的宣传", 0.2) == [("虚假的宣传", round(INSERT / 4, 3))]


def test_a_syllable_missing_is_paid_for_in_long_phrases_only() -> None:
    assert _found("虚假宣传", "这虚宣传") == [("虚宣传", round(DROP / 4, 3))]
    assert _found("总经理", "找经理来") == []


def test_a_negation_is_never_dropped() -> None:
    assert _found("家里不同意", "家里同意") == []


def test_words_do_not_cross_sentences_or_texts() -> None:
    assert _found("定金", "一定。金子") == []
    found = SoundIndex(["定金"], [0.3]).search([hear("说一定"), hear("金子多少")])
    assert found == []


def test_hypotheses_are_told_apart() -> None:
    found = SoundIndex(["起诉", "定金"], [0.1, 0.1]).search([hear("没有别的"), hear("说定金"), hear("要起诉")])
    assert [(one.form, one.hypothesis, one.start, one.end) for one in sorted(found, key=lambda one: one.form)] == [
        (0, 2, 1, 3),
        (1, 1, 1, 3),
    ]


@pytest.mark.parametrize("phrase", ["骗", "app", "", "，"])
def test_phrases_that_cannot_be_told_by_sound_are_never_reported(phrase: str) -> None:
    assert _found(phrase, "这不是骗人吗app") == []


def test_no_phrases_and_no_text() -> None:
    assert SoundIndex([], []).search([hear("你好")]) == []
    assert SoundIndex(["定金"], [0.3]).search([hear(""), hear("。")]) == []


_HANZI = st.text("定金订顶精近投诉头速素偷宿经理网签往前的了不", min_size=2, max_size=7)


def _best_by_hand(phrase: str, text: str) -> float:
    """The lowest mean cost of a phrase of two or three content words against every equally long stretch."""
    said, heard = hear(phrase), hear(text)
    cost = substitution(said.syllables, heard.syllables)
    cost[cost > ANOTHER] = np.maximum(cost[cost > ANOTHER], 1)
    size = len(phrase)
    return min((float(np.mean([cost[i, at + i] for i in range(size)])) for at in range(len(text) - size + 1)), default=9.0)


@settings(deadline=None)
@given(text=_HANZI)
def test_the_search_is_never_worse_than_comparing_every_stretch(text: str) -> None:
    for phrase, limit in itertools.product(("定金", "投诉", "网签"), (0.1, 0.4)):
        best = min((cost for _, cost in _found(phrase, text, limit)), default=9.0)
        by_hand = _best_by_hand(phrase, text)
        if by_hand <= limit - 1e-3:
            assert best <= by_hand + 1e-3
