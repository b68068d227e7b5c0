"""Masking, on marked sentences and on what must stay as it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts_library.mining.masking import LABELS, Masker
from scripts_library.mining.masking_check import check, read

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker()


@pytest.mark.parametrize(("name", "parts"), [("masking.txt", (False, True)), ("masking_talk.txt", (False,)), ("masking_talk.txt", (True,))])
def test_the_marked_sentences_lose_whoever_is_meant_and_little_else(masker: Masker, name: str, parts: tuple[bool, ...]) -> None:
    sentences = [one for one in read((DATA / name).read_text("utf-8").splitlines()) if one.held_out in parts]
    tally = check(sentences, masker)
    assert tally.marks >= 200
    assert tally.recall >= 0.99, tally.missed
    assert tally.precision >= 0.91
    assert tally.spoilt <= 0.055
    for kind in ("phone", "id", "account", "plate", "address"):
        assert tally.found_by_kind[kind] == tally.by_kind[kind], kind


def test_a_surname_that_is_a_word_and_what_one_does_with_money_are_nobody(masker: Masker) -> None:
    """Written to be mistaken: 「钱退了」 beside a 钱进 who is somebody. Recall is the worse for it, and stays what it was measured at."""
    tally = check(read((DATA / "masking_alike.txt").read_text("utf-8").splitlines()), masker)
    assert tally.marks - tally.found <= 4, tally.missed
    assert tally.precision >= 0.7
    assert tally.spoilt <= 0.04


@pytest.mark.parametrize(
    "text",
    [
        "钱退了没有",
        "路都没修",
        "听说施工队都撤了",
        "宣传册上写着",
        "客户经理讲过",
        "你们换了三个顾问",
        "定金五万块什么时候退",
        "我去12315投诉，打12345",
        "总价一百二十三万四千五百六十七",
        "二零二六年三月十五号签的",
        "一共有十二栋楼",
        "小区绿化不好",
        "六个月三个人四个点",
        "利率三点二五，还款三十年",
        "2026-11-25之前退",
    ],
)
def test_what_names_nobody_stays(masker: Masker, text: str) -> None:
    assert masker.mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("那个牛得草说的", "那个〔姓名〕说的"),
        ("扭得草说的", "〔姓名〕说的"),  # as a recogniser mishears it
        ("欧阳振华同意", "〔姓名〕同意"),
        ("得草同意了", "〔姓名〕同意了"),
        ("里想说可以", "〔姓名〕说可以"),
        ("理想很好", "理想很好"),  # a word of its own
        ("你想想办法", "你想想办法"),
        ("Linda Chen来了", "〔姓名〕来了"),
    ],
)
def test_people_who_are_known_go_wherever_they_stand_and_as_they_are_misheard(text: str, masked: str) -> None:
    known = Masker(names=["牛得草", "欧阳震华", "李想", "Linda Chen", "王女士", "前台", ""])
    assert known.mask(text) == masked


@given(st.text(max_size=60))
def test_any_text_can_be_masked_and_spans_do_not_overlap(masker_text: str) -> None:
    spans = MASKER.spans(masker_text)
    assert all(0 <= one.start < one.end <= len(masker_text) for one in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


MASKER = Masker()


@given(st.integers(13_000_000_000, 19_999_999_999), st.sampled_from(["", " ", "-", "，"]))
def test_a_phone_is_masked_however_it_is_spoken(number: int, gap: str) -> None:
    digits = str(number)
    for said in (digits, digits.translate(str.maketrans("0123456789", "零幺二三四五六七八九"))):
        text = f"打{gap.join((said[:3], said[3:7], said[7:]))}找我"
        assert MASKER.mask(text) == f"打{LABELS['phone']}找我"
