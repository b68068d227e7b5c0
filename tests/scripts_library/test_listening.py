"""Beyond the terms: moments, causes, gravity, holdback, and staff wording."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library import Cause, Library, Listener, Matcher, Moment, WordingMatcher, intensity, merge_causes, moment_of, try_sentence
from scripts_library.listening import PhraseFinder
from scripts_library.syllables import hear


@pytest.fixture(scope="module")
def listener(library: Library) -> Listener:
    return Listener(library)


@pytest.fixture(scope="module")
def wording(library: Library) -> WordingMatcher:
    return WordingMatcher(library)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("我要找记者给你们曝光", Moment.THREAT_MEDIA),
        ("我要打12345投诉你们", Moment.THREAT_COMPLAINT),
        ("我请律师起诉你们", Moment.THREAT_LAWYER),
        ("我们业主群里都在说", Moment.THREAT_GROUP),
        ("把你们总经理叫出来", Moment.DEMAND_SUPERIOR),
        ("我的定金能退多少", Moment.DEPOSIT_QUESTION),
        ("不谈了，浪费时间", Moment.LEAVING),
        ("我要退房", Moment.WITHDRAWAL_REQUEST),
        ("我要投诉，还要请律师", Moment.THREAT_LAWYER),
        ("我不是要投诉你们", None),
        ("今天天气不错", None),
    ],
)
def test_the_gravest_moment_is_answered(matcher: Matcher, text: str, moment: Moment | None) -> None:
    assert moment_of(matcher.match(text)) is moment


def test_intensity_grows_with_gravity_and_ignores_what_is_denied(matcher: Matcher) -> None:
    calm, one, many = (intensity(matcher.match(text)) for text in ("您好", "我要投诉你们", "我要投诉，要起诉，要找记者"))
    assert calm == 0 < one < many == 1
    assert intensity(matcher.match("我不想投诉")) == 0


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("我爱人昨天才第一次来看房", Cause.FAMILY),
        ("我父母他们不同意", Cause.FAMILY),
        ("年终奖还没有发，首付款还差十几万", Cause.CASH_FLOW),
        ("隔壁那个楼盘比这里便宜", Cause.COMPETITOR),
        ("墙上都是裂缝还漏水", Cause.QUALITY),
        ("每次都让我等，要拖到什么时候", Cause.DELAY),
        ("我工作调动要调到外地", Cause.OTHER),
    ],
)
def test_causes_are_heard(matcher: Matcher, listener: Listener, text: str, cause: Cause) -> None:
    weights = listener.causes(text, matcher.match(text))
    assert max(weights, key=lambda one: weights[one]) is cause


def test_causes_add_up_over_a_conversation(listener: Listener) -> None:
    so_far: dict[Cause, float] = {}
    for text in ("我爱人不喜欢", "隔壁那个楼盘便宜", "我父母也反对"):
        so_far = merge_causes(so_far, listener.causes(text))
    assert so_far[Cause.FAMILY] > so_far[Cause.COMPETITOR] > 0


def test_no_cause_in_small_talk(listener: Listener) -> None:
    assert listener.causes("今天外面风挺大的") == {}


@pytest.mark.parametrize(
    ("text", "assent"), [("行，都听你的", True), ("听您的安排", True), ("我先听听你的方案", False), ("听你的意思是不退了", False)]
)
def test_to_listen_is_not_to_agree(listener: Listener, text: str, assent: bool) -> None:
    assert (listener.holdback(text) > 0) is assent


@pytest.mark.parametrize("text", ["太好了，谢谢您", "哈哈哈真的吗", "非常满意，服务真好"])
def test_glad_words_hold_back(listener: Listener, text: str) -> None:
    assert listener.holdback(text) >= 0.5


@pytest.mark.parametrize("text", ["", "你们这是骗人", "今天必须退给我"])
def test_angry_words_do_not(listener: Listener, text: str) -> None:
    assert listener.holdback(text) == 0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("不好意思，这个不能退", "cannot-refund"),
        ("这是规定", "it-is-the-rule"),
        ("这是我们公司的规定", "it-is-the-rule"),
        ("合同是你自己当时签的", "you-signed"),
        ("原则上不退", "in-principle-no"),
        ("这个不归我们管", "not-my-job"),
        ("那你去投诉吧", "go-complain"),
        ("您别误会，你冷静一点", "calm-down"),
        ("员则上不退", "in-principle-no"),
    ],
)
def test_staff_wording_that_escalates(wording: WordingMatcher, library: Library, text: str, rule: str) -> None:
    (hit,) = wording.match(text)
    assert hit.rule.id == rule
    assert text[hit.start : hit.end] == hit.heard
    assert all(library.scripts[script].approved for script in hit.rule.scripts)


@pytest.mark.parametrize(
    "text", ["", "能不能退我去问一下", "我们一起看看怎么解决最合适", "我给您倒杯水，您慢慢说，不着急", "您的情况我已经记下来了"]
)
def test_good_wording_is_left_alone(wording: WordingMatcher, text: str) -> None:
    assert wording.match(text) == []


def test_no_shipped_script_uses_wording_to_avoid(wording: WordingMatcher, library: Library) -> None:
    assert [(script.id, wording.match(script.zh)) for script in library.approved if wording.match(script.zh)] == []


def test_filler_is_short_and_stays_within_a_sentence() -> None:
    finder = PhraseFinder(["你…签的"])
    assert finder.find(hear("你自己签的"))
    assert not finder.find(hear("你不是已经看过合同才签的"))
    assert not finder.find(hear("给你。我签的"))


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_can_be_listened_to(listener: Listener, wording: WordingMatcher, text: str) -> None:
    assert 0 <= listener.holdback(text) <= 1
    assert all(weight > 0 for weight in listener.causes(text).values())
    end = 0
    for hit in wording.match(text):
        assert end <= hit.start < hit.end <= len(text)
        end = hit.end


def test_try_sentence_shows_everything_with_the_shipped_library() -> None:
    tried = try_sentence("我爱人不同意，我要退房，这不能退就找记者")
    assert [hit.term for hit in tried.hits] == ["老婆不同意", "退房", "记者"]
    assert tried.moment is Moment.THREAT_MEDIA
    assert [hit.rule.id for hit in tried.wording] == ["cannot-refund"]
    assert Cause.FAMILY in tried.causes
    assert tried.intensity > 0
    assert tried.holdback == 0
