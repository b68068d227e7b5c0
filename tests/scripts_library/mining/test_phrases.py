"""New terms: a planted phrase is found, words of no meaning and terms that are known are not; how a phrase is misheard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts_library.library import Library
from scripts_library.mining.misheard import variants
from scripts_library.mining.phrases import FUNCTION_WORDS, index, log_odds, over_represented
from scripts_library.mining.synthetic import conversations
from scripts_library.mining.words import Segmenter

SESSIONS = 5000


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(Library.load())


@pytest.mark.parametrize(("planted", "share"), [("毛坯交付", 0.05), ("双合同", 0.04)])
def test_a_phrase_planted_in_five_thousand_conversations_is_among_the_first_ten(segmenter: Segmenter, planted: str, share: float) -> None:
    said = list(conversations(SESSIONS, 8, planted=planted, share=share, seed=5))
    escalated = np.zeros(SESSIONS, bool)
    for number, raised, _ in said:
        escalated[number] = raised
    corpus = index([text for _, _, text in said], [number for number, _, _ in said], segmenter, SESSIONS)
    found = over_represented(corpus, escalated)
    assert any(planted in one.text for one in found[:10])
    first = next(one for one in found if planted in one.text)
    assert first.score > 3
    assert first.per_100 > 3 * first.per_100_others
    assert not any(one.text in FUNCTION_WORDS for one in found)
    assert all(planted not in one.text for one in over_represented(corpus, escalated, [planted]))


def test_where_nothing_differs_nothing_is_sure(segmenter: Segmenter) -> None:
    said = list(conversations(2000, 5, seed=6))
    half = np.random.default_rng(0).random(2000) < 0.5
    corpus = index([text for _, _, text in said], [number for number, _, _ in said], segmenter, 2000)
    assert all(one.score < 4 for one in over_represented(corpus, half))


def test_without_two_kinds_there_is_nothing_to_compare(segmenter: Segmenter) -> None:
    corpus = index(["我要退房"] * 10, list(range(10)), segmenter, 10)
    assert over_represented(corpus, np.ones(10, bool)) == []
    assert over_represented(index([], [], segmenter, 0), np.zeros(0, bool)) == []


@given(st.integers(0, 500), st.integers(0, 500), st.integers(500, 2000), st.integers(500, 2000))
def test_log_odds_are_finite_and_turn_with_the_sides(inside: int, outside: int, n: int, m: int) -> None:
    one = log_odds(np.array([inside]), np.array([outside]), n, m) if inside + outside else np.zeros(1)
    other = log_odds(np.array([outside]), np.array([inside]), m, n) if inside + outside else np.zeros(1)
    assert np.isfinite(one).all()
    assert one[0] == pytest.approx(-other[0])


def test_what_everybody_says_is_of_neither_kind() -> None:
    said = np.array([148, 40]), np.array([48, 0])
    everybody, of_some = log_odds(*said, 148, 48)
    assert abs(everybody) < 0.3
    assert of_some > 1.9


def test_what_stands_for_a_phrase_is_found_in_other_hypotheses_and_by_sound() -> None:
    heard = [("现在是矛匹叫夫", ["现在是毛坯交付"]), ("你们这个猫皮交付我不要", []), ("毛坯交付不行", []), ("今天天气不错", [])]
    assert {(one.text, one.source) for one in variants("毛坯交付", heard)} == {("矛匹叫夫", "hypotheses"), ("猫皮交付", "sound")}
