"""Terms in an utterance: written, by another name, by sound; what they are not; and what holds for any text."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library import Hit, Library, Matcher, Moment, Signal
from scripts_library.matcher import READINGS, Listening

DATA = Path(__file__).parent / "data"


def _terms(hits: list[Hit]) -> list[tuple[str, str]]:
    return [(hit.term, hit.kind) for hit in hits]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我要退房", [("退房", "exact")]),
        ("把订金还给我", [("定金", "alias")]),
        ("我马上打12345", [("一二三四五", "exact")]),
        ("我打1、2、3、4、5", [("一二三四五", "exact")]),
        ("打一二三四五", [("一二三四五", "exact")]),
        ("打幺二三四五", [("一二三四五", "exact")]),
        ("打１２３４５", [("一二三四五", "exact")]),
        ("我打市长热线", [("一二三四五", "alias")]),
        ("去消协告", [("消费者协会", "alias")]),
        ("这不是骗人吗", [("骗", "alias")]),
        ("我 要 起 诉", [("起诉", "exact")]),
        ("你们业主群里说的", [("业主群", "exact")]),
        ("快把电金退给我", [("定金", "phonetic")]),
        ("请问您是已经忘签了", [("网签", "phonetic")]),
        ("你把你们总经历给我叫出来", [("总经理", "phonetic")]),
        ("到现在还没有发,守护款还差十几万", [("首付", "phonetic")]),
        ("我们业主权有500多个人", [("业主群", "phonetic")]),
        ("我要请绿师", [("律师", "phonetic")]),
        ("让没体来看看", [("媒体", "phonetic")]),
    ],
)
def test_what_is_heard(matcher: Matcher, text: str, expected: list[tuple[str, str]]) -> None:
    assert _terms(matcher.match(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。",
        "嗯",
        "骗",
        "嗯嗯嗯嗯",
        "谢谢观看",
        "字幕由社区提供",
        "请不吝点赞订阅转发",
        "您往前走两步",
        "我记着呢您放心",
        "电话是13812345678",
        "打开这个方法挺好用的",
        "这位女士您先坐",
        "他一直很负责",
        "请帮我问一下经理",
        "hello world",
    ],
)
def test_what_is_not_heard(matcher: Matcher, text: str) -> None:
    assert matcher.match(text) == []


def test_a_hit_says_where_and_what(matcher: Matcher) -> None:
    (hit,) = matcher.match("我要去法院，好吧")
    assert (hit.start, hit.end, hit.heard, hit.term) == (2, 5, "去法院", "法院")
    assert (hit.category, hit.signal, hit.moment, hit.severity, hit.score) == ("legal", Signal.LITIGATION, Moment.THREAT_LAWYER, 3, 1.0)


def test_the_longest_name_wins(matcher: Matcher) -> None:
    assert [hit.heard for hit in matcher.match("你等着律师函明天到")] == ["律师函"]


def test_a_sound_scores_below_the_written_word_and_a_far_one_lower(matcher: Matcher) -> None:
    written, homophone, far = (matcher.match(f"必须把{word}退给我")[0].score for word in ("定金", "丁金", "垫金"))
    assert written > homophone > far


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("我不是要投诉", True),
        ("我不想投诉", True),
        ("别投诉了", True),
        ("没有律师", True),
        ("我要投诉", False),
        ("要不要投诉", False),
        ("是不是投诉", False),
        ("能不能退房", False),
        ("这不是骗人吗", False),
        ("你们这不是骗人吗？我要找你们领导", False),
        ("这 不 是 骗 人 吗", False),
        ("您不是要退房吗", False),
        ("这不是欺骗消费者吗", False),
        ("不是骗人", True),
        ("你们这不是骗人吧", True),
        ("不是骗人，你知道吗", True),
        ("不是骗人你知道吗", True),
        ("我不是要投诉，好吗", True),
        ("我不是要投诉你好吗", True),
        ("不是骗人。真的吗", True),
        ("没有骗人吗", True),
    ],
)
def test_negation_is_marked_not_removed(matcher: Matcher, text: str, negated: bool) -> None:
    hit, *_ = matcher.match(text)
    assert hit.negated is negated


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("附近有没有地铁站？", []),
        ("这里没有地铁！", ["地铁没通"]),
        ("你有没有钱", []),
        ("没有钱了", ["凑不齐"]),
        ("有没有人管啊", ["没人管"]),
    ],
)
def test_a_question_whether_there_is_one_is_no_complaint_that_there_is_none(matcher: Matcher, text: str, terms: list[str]) -> None:
    assert [hit.term for hit in matcher.match(text)] == terms


@given(clause=st.sampled_from(["骗人", "要投诉", "虚假宣传", "要起诉"]), rest=st.text(alphabet="，。我们你的房子知道", max_size=8))
def test_without_a_question_nothing_denied_is_affirmed(matcher: Matcher, clause: str, rest: str) -> None:
    hit, *_ = matcher.match(f"我不是{clause}{rest}")
    assert hit.negated


def test_alternatives_are_further_evidence(matcher: Matcher) -> None:
    top = "我要精略实际送你们当画面"
    assert "法院" not in [hit.term for hit in matcher.match(top)]
    (hit,) = [
        one for one in matcher.match(top, alternatives=["我要精略实际送你们当法院", "我要经济实际送你们当法院"]) if one.term == "法院"
    ]
    assert hit.kind == "phonetic"
    assert top[hit.start : hit.end] == hit.heard
    assert hit.score < 1


def test_what_only_the_second_listening_holds_is_told_by_its_sound(matcher: Matcher) -> None:
    shown, second = "我要建议设计森林们，咱们发言一下", Listening(["我要请律师起诉你们，咱们法院见"], -0.5)
    hits = matcher.match(shown, second=second)
    assert [hit.term for hit in hits] == ["律师", "起诉", "法院"]
    assert all(hit.kind == "phonetic" and hit.score < 1 and shown[hit.start : hit.end] == hit.heard for hit in hits)
    assert all(one.end <= other.start for one, other in pairwise(hits))


def test_what_falls_on_a_full_stop_was_heard_in_the_word_before_it(matcher: Matcher) -> None:
    hits = matcher.match("贷款好像可能不行。", second=Listening(["你们等着吧，我一定要把事情说清楚，就去找律师"], -0.5))
    assert [(hit.term, hit.heard) for hit in hits] == [("贷款", "贷款"), ("律师", "行。")]


def test_the_text_that_is_shown_outweighs_the_second_listening(matcher: Matcher) -> None:
    shown = "我要投诉你们"
    (hit,) = matcher.match(shown, second=Listening(["我要起诉你们投诉"], -0.5))
    assert (hit.term, hit.heard, hit.score) == ("投诉", shown[hit.start : hit.end], 1.0)
    assert matcher.match("好的", second=Listening([], None)) == []


def test_a_denial_is_the_one_of_the_listening_that_heard_the_term(matcher: Matcher) -> None:
    (hit,) = matcher.match("我不是要透明", second=Listening(["我不是要投诉"], -0.5))
    assert hit.negated


def test_agreement_of_the_hypotheses_raises_the_score(matcher: Matcher) -> None:
    top = "快点把丁金退给我"
    lonely = matcher.match(top, alternatives=["快点把东西退给我", "快点把它退给我"])
    agreed = matcher.match(top, alternatives=["快点把定金退给我", "快点把电金退给我"])
    assert agreed[0].score > lonely[0].score


def test_poor_audio_counts_only_as_written(matcher: Matcher) -> None:
    assert _terms(matcher.match("必须把丁金退给我，我要投诉", quality=-1.3)) == [("投诉", "exact")]
    assert _terms(matcher.match("必须把丁金退给我，我要投诉", quality=-0.3)) == [("定金", "phonetic"), ("投诉", "exact")]


def test_what_sounds_only_a_little_like_a_term_is_decided_by_the_recogniser(matcher: Matcher) -> None:
    text, reading = "贷款可能比不下来。", "贷款可能批不下来。"
    assert _terms(matcher.match(text, quality=-0.5)) == [("贷款", "exact")]
    assert reading in matcher.readings(text, quality=-0.5)
    assert matcher.readings(text, quality=-0.1) == [], "it was sure of what it wrote"
    assert matcher.readings(text, quality=-1.3) == [], "and may have understood nothing"
    hits = matcher.match(text, quality=-0.5, rescored={reading: -1.8})
    assert _terms(hits) == [("贷款", "exact"), ("拒贷", "phonetic")]
    assert (hits[1].heard, hits[1].start, hits[1].end) == ("比不下来", 4, 8)
    surer = matcher.match(text, quality=-0.5, rescored={reading: 0.5})
    assert 1 > surer[1].score > hits[1].score > 0
    assert _terms(matcher.match(text, quality=-0.5, rescored={reading: -3.5})) == [("贷款", "exact")]
    assert _terms(matcher.match(text, quality=-0.5, rescored={"别的话": 1.0})) == [("贷款", "exact")]


def test_an_everyday_word_has_to_be_outdone_more_clearly(matcher: Matcher) -> None:
    text, reading = "我昨天发言的时候就说过。", "我昨天法院的时候就说过。"
    assert reading in matcher.readings(text, quality=-0.5)
    assert "法院" not in [hit.term for hit in matcher.match(text, quality=-0.5, rescored={reading: -2.5})]
    assert "法院" in [hit.term for hit in matcher.match(text, quality=-0.5, rescored={reading: -1.5})]


def test_nothing_is_asked_about_where_a_term_stands_and_few_things_in_all(matcher: Matcher) -> None:
    assert matcher.readings("我要投诉你们。", quality=-0.5) == []
    long = "我们也去过那边比不下来，手机也在那里，并技也不退，发到全里去，起书你们，法员见。"
    readings = matcher.readings(long, quality=-0.5)
    assert 0 < len(readings) <= READINGS
    assert all(reading.endswith("。") and reading != long for reading in readings)


def test_an_ordinary_word_needs_context(matcher: Matcher) -> None:
    assert matcher.match("我们定期开一次会") == []
    assert _terms(matcher.match("已经往前了还是只交了订金")) == [("网签", "phonetic"), ("定金", "alias")]


def test_misheard_texts_count_only_beside_a_near_word(matcher: Matcher) -> None:
    assert _terms(matcher.match("那个电机你还给我，合同在这")) == [("定金", "phonetic")]
    assert matcher.match("这台电机声音有点大") == []


def test_ordinary_sentences_stay_silent(matcher: Matcher) -> None:
    """At most one false sound in a thousand characters of everyday talk; the measured figure is in docs/library.md."""
    sentences = (DATA / "ordinary_sentences.txt").read_text(encoding="utf-8").splitlines()
    assert len(sentences) >= 300
    hanzi = sum(len(re.findall("[一-鿿]", sentence)) for sentence in sentences)
    false = [(hit.term, sentence) for sentence in sentences for hit in matcher.match(sentence) if hit.kind == "phonetic"]
    assert len(false) / hanzi < 1 / 1000, false


def test_recognised_negotiations_reach_the_floors(matcher: Matcher) -> None:
    """What the bundled model made of 330 turns across a table (far, reverberant, noisy), against what was said."""
    turns = [json.loads(line) for line in (DATA / "recognised.jsonl").read_text(encoding="utf-8").splitlines()]
    vocabulary = {term for turn in turns for term in turn["keywords"]}
    said = found = false = 0
    for turn in turns:
        hits = {hit.term for hit in matcher.match(turn["text"], alternatives=turn["alternatives"], quality=turn["quality"])}
        said += len(turn["keywords"])
        found += len(hits.intersection(turn["keywords"]))
        false += sum(term not in turn["truth"] for term in hits & vocabulary)
    assert found / said >= 0.6
    assert found / (found + false) >= 0.9


def test_every_canonical_term_is_heard_as_written(library: Library, matcher: Matcher) -> None:
    for term in library.terms.values():
        for name in (term.name, *term.aliases):
            hits = matcher.match(f"他说{name}的事情")
            assert any((hit.start <= 2 and hit.kind != "phonetic") or name in hit.heard for hit in hits), (term.name, name)


def test_matching_twice_gives_the_same(matcher: Matcher) -> None:
    text, others = "我要请绿师起诉，咱们发院见", ["我要请律师起诉，咱们法院见", "我要请绿师其诉"]
    assert matcher.match(text, alternatives=others) == matcher.match(text, alternatives=others)


_ANY = st.one_of(
    st.text(max_size=60),
    st.text("我要投诉起定金订丁经理总往前签12345一二三四五，。 骗律师媒体不没", max_size=40),
)


@settings(deadline=None)
@given(
    text=_ANY,
    alternatives=st.lists(_ANY, max_size=5),
    quality=st.one_of(st.none(), st.floats()),
    second=st.one_of(st.none(), st.builds(Listening, st.lists(_ANY, max_size=3), st.floats())),
)
def test_for_any_text_hits_lie_inside_it_in_order_without_overlap(
    matcher: Matcher, text: str, alternatives: list[str], quality: float | None, second: Listening | None
) -> None:
    end = 0
    for hit in matcher.match(text, alternatives=alternatives, quality=quality, second=second):
        assert end <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.heard
        assert 0 < hit.score <= 1
        assert hit.kind == "phonetic" or hit.score == 1
        end = hit.end
