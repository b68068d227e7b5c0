from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.transcription.text import hanzi, hanzi_error_rate, syllables, tidy

MIXED = st.text(alphabet="我要退房定金開發商說謊,.?!:;，。？！、 12345.%aBcVIP\ufffd", max_size=40)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("我要投訴你們", "我要投诉你们"),
        ("您好,請坐.", "您好，请坐。"),
        ("不退是吧?那我找記者!", "不退是吧？那我找记者！"),
        ("面积是 118.5 平,总价 1,200,000", "面积是118.5平，总价1,200,000"),
        ("十点 10:30 来:好", "十点10:30来：好"),
        ("我要听 Because Of You 这首歌", "我要听Because Of You这首歌"),
        ("好的。。。,", "好的。"),
        ("好的,。", "好的。"),
        ("，好的", "好的"),
        ("好\ufffd的", "好的"),
        ("  ", ""),
        ("。", ""),
    ],
)
def test_decoder_text_becomes_readable(raw: str, shown: str) -> None:
    assert tidy(raw) == shown


@given(MIXED)
def test_tidying_twice_changes_nothing_more(raw: str) -> None:
    assert tidy(tidy(raw)) == tidy(raw)


@given(MIXED)
def test_tidying_never_loses_or_adds_a_spoken_character(raw: str) -> None:
    assert [c for c in tidy(raw) if c.isascii() and c.isalnum()] == [c for c in raw if c.isascii() and c.isalnum()]
    assert len(hanzi(tidy(raw))) == len(hanzi(raw))


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("", 0),
        ("，。？！", 0),
        ("我要退房", 4),
        ("我要打12345投诉", 10),
        ("一百一十八", 5),
        ("118平", 6),
        ("120", 4),
        ("2000", 2),
        ("1005", 4),
        ("20", 2),
        ("0", 1),
        ("13800138000", 11),
        ("3.5", 3),
        ("5%", 3),
        ("VIP", 3),
        ("WPS", 5),
        ("hello", 2),
        ("please", 1),
        ("hmm", 1),
        ("50万", 3),
    ],
)
def test_spoken_length(text: str, spoken: int) -> None:
    assert syllables(text) == spoken


@given(MIXED, MIXED)
def test_a_mark_between_two_texts_makes_their_lengths_add_up(one: str, other: str) -> None:
    assert syllables(f"{one}。{other}") == syllables(one) + syllables(other)


def test_error_rate_counts_substitutions_insertions_and_deletions_over_all_pairs() -> None:
    assert hanzi_error_rate([("我要退房", "我要退防"), ("定金", "定金呢"), ("律师函", "律师"), ("好", "好")]) == pytest.approx(3 / 10)


def test_error_rate_looks_at_chinese_characters_only() -> None:
    assert hanzi_error_rate([("订金3万，VIP", "订金。5万")]) == 0


def test_error_rate_needs_something_said() -> None:
    with pytest.raises(ValueError, match="no Chinese"):
        hanzi_error_rate([("VIP", "好")])
