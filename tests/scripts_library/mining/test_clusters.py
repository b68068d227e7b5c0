"""Groups of complaints."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library.library import Library
from scripts_library.mining.clusters import Text, clusters
from scripts_library.mining.clusters_check import check, read

FORMS = Library.load().forms
LABELLED = Path(__file__).parent / "data" / "complaints.txt"

SAID = {
    "delay": ["延期三个月了还不交房", "交房又延期了你们赔不赔", "说好的六月交房拖到现在", "交房时间一拖再拖", "延期交房怎么赔"],
    "cash_flow": ["贷款银行批不下来", "银行不批我的贷款", "我的贷款一直没批", "银行还是不批贷款", "贷款没批怎么办"],
    "competitor": ["学区承诺没有兑现", "你们承诺的学区没有了", "当时承诺有学区", "学区名额没有兑现", "承诺的学区没兑现"],
}


def texts() -> list[Text]:
    return [
        Text(f"{cause}{n}{tail}", f"s{n}{tail}", said + tail, (cause,), cause)
        for cause, lines in SAID.items()
        for n, said in enumerate(lines)
        for tail in ("啊", "吧", "呢")
    ]


def test_what_says_the_same_is_together_with_its_cause_and_quotes_of_different_people() -> None:
    found = clusters(texts(), FORMS)
    assert {one.cause for one in found} == set(SAID)
    for one in found:
        assert one.terms[0] == one.cause
        assert len({quote.session_id for quote in one.quotes}) == len(one.quotes) <= 8
        assert all(quote.cause == one.cause for quote in one.quotes)
    assert found == clusters(texts(), FORMS)


@settings(max_examples=25)
@given(st.lists(st.text("定金退房投诉延期", max_size=8), max_size=25))
def test_no_text_is_in_two_groups(said: list[str]) -> None:
    found = clusters([Text(str(n), str(n), text) for n, text in enumerate(said)], FORMS)
    assert sum(one.size for one in found) <= len(said)


def test_what_means_the_same_in_wholly_other_words_is_together() -> None:
    """Nine sentences of three meanings; hardly a word is in two of them."""
    said = {
        "退钱": ["我要退定金", "把之前付的预付款还给我", "钱什么时候能打回我卡里"],
        "漏水": ["卫生间天花板漏水", "一下雨阳台就渗进来", "墙上一道一道的裂缝"],
        "曝光": ["找记者来曝光你们", "明天电视台就过来采访", "我把视频传到小红书，大家都看看"],
    }
    given = [Text(text, text, text, (), meaning) for meaning, texts in said.items() for text in texts]
    assert {frozenset(quote.text for quote in one.quotes) for one in clusters(given, FORMS)} == {
        frozenset(texts) for texts in said.values()
    }


def test_what_is_said_again_and_again_is_no_group_of_its_own() -> None:
    money = ["我今天来就是要退房。", "把房子退了吧，我想好了。", "我要退房，手续怎么办。"]
    water = ["卫生间天花板漏水", "一下雨阳台就渗进来", "厨房渗水渗到楼下了"]
    given = [Text(f"{text}{n}", f"{text}{n}", text) for text in (*money, *water) for n in range(20)]
    assert [one.size for one in clusters(given, FORMS)] == [60, 60]


def test_on_the_labelled_set_meaning_is_found_where_characters_say_nothing() -> None:
    """docs/mining.md has the figures; the floors leave room for another machine's arithmetic."""
    found = check([one for one in read(LABELLED.read_text("utf-8").splitlines()) if one.part == "held-out"], Library.load())
    assert found["characters"].adjusted_rand < 0.1 < 0.3 <= found["meaning"].adjusted_rand
    assert found["meaning"].v_measure >= 0.6
    assert found["meaning_own_number"].adjusted_rand >= 0.3


def test_a_lexicon_of_one_category_leaves_the_general_vectors() -> None:
    assert clusters(texts(), (("退房", "withdrawal"), ("退款", "withdrawal")))
    assert clusters(texts(), ())


def test_groups_by_cause_and_as_many_as_are_asked_for() -> None:
    by_cause = clusters(texts(), FORMS, "cause")
    assert {one.cause: one.size for one in by_cause} == dict.fromkeys(SAID, 15)
    assert all(quote.cause == one.cause for one in by_cause for quote in one.quotes)
    assert len(clusters(texts(), FORMS, count=2)) == 2
    assert sum(one.size for one in clusters(texts(), FORMS, count=2)) == 45
    assert clusters(texts()[:3], FORMS, count=40) == []  # each by itself: too small to be told
