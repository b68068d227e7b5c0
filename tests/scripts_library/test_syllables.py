"""Pinyin as numbers, and distances that order as Mandarin ears do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library.syllables import FINALS, INITIALS, hear, parse, substitution


def _cost(said: str, heard: str) -> float:
    rows = [np.array([parse(one)], dtype=np.int16) for one in (said, heard)]
    return float(substitution(*rows)[0, 0])


def _parts(spelling: str) -> tuple[str, str, int]:
    syllable = parse(spelling)
    assert syllable is not None
    return INITIALS[syllable.initial], list(FINALS)[syllable.final], syllable.tone


@pytest.mark.parametrize(
    ("spelling", "parts"),
    [
        ("ding4", ("d", "ing", 4)),
        ("yi1", ("", "i", 1)),
        ("wu3", ("", "u", 3)),
        ("ju4", ("j", "v", 4)),
        ("quan2", ("q", "van", 2)),
        ("lv4", ("l", "v", 4)),
        ("lüe4", ("l", "ve", 4)),
        ("shi4", ("sh", "I", 4)),
        ("xi1", ("x", "i", 1)),
        ("gui4", ("g", "uei", 4)),
        ("dun4", ("d", "uen", 4)),
        ("liu2", ("l", "iou", 2)),
        ("er2", ("", "er", 2)),
        ("de5", ("d", "e", 5)),
    ],
)
def test_parse(spelling: str, parts: tuple[str, str, int]) -> None:
    assert _parts(spelling) == parts


@pytest.mark.parametrize("spelling", ["", "abc", "4", "xyz1", "b1"])
def test_what_is_no_syllable(spelling: str) -> None:
    assert parse(spelling) is None


def test_every_common_hanzi_is_a_syllable() -> None:
    heard = hear("".join(map(chr, range(0x4E00, 0x9FA6))))
    assert (heard.syllables[:, 0] >= 0).mean() > 0.999


# Mandarin confusions: the first pair must cost less than the second.
@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("ni3 li3", "ni3 qi3"),
        ("zi1 zhi1", "zi1 gei1"),
        ("cang2 chang2", "cang2 bang2"),
        ("si4 shi4", "si4 di4"),
        ("re4 le4", "re4 ke4"),
        ("fu4 hu4", "fu4 zhu4"),
        ("xin1 xing1", "xin1 xian1"),
        ("zhen1 zheng1", "zhen1 zhan1"),
        ("ban4 bang4", "ban4 bai4"),
        ("ding4 ting4", "ding4 shang4"),
        ("jin1 ji1", "jin1 jia1"),
        ("xuan1 xian1", "xuan1 xiang1"),
        ("yuan4 yan4", "yuan4 wan4"),
        ("ding4 ding1", "ding4 ting4"),
    ],
)
def test_confusions_cost_less(near: str, far: str) -> None:
    assert _cost(*near.split()) < _cost(*far.split())


def test_a_tone_only_breaks_ties() -> None:
    assert 0 < _cost("ma1", "ma4") < min(_cost("ma1", f"{initial}a1") for initial in INITIALS if initial not in ("m", ""))


def test_cost_is_symmetric_bounded_and_zero_only_for_the_same() -> None:
    rows = np.array([(i, f, 1) for i in range(len(INITIALS)) for f in range(len(FINALS))], dtype=np.int16)
    cost = substitution(rows, rows)
    assert np.array_equal(cost, cost.T)
    assert cost.max() <= 1.05
    assert (cost == 0).sum() == len(rows)


def test_hear_keeps_digits_as_hanzi_and_forgets_commas() -> None:
    heard = hear("打 1,2、３ 幺！Ok")
    assert heard.plain == "打一二三一。ok"
    assert heard.span(1, 4) == (2, 7)
    assert (heard.syllables[-3:, 0] == -1).all()


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_can_be_heard(text: str) -> None:
    heard = hear(text)
    assert len(heard.syllables) == len(heard.plain) == len(heard.origin) - 1
    assert list(heard.origin) == sorted(heard.origin)
    assert all(0 <= place <= len(text) for place in heard.origin)
