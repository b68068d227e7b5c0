from __future__ import annotations

import pytest

from audio_service.transcription.guards import compression_ratio, cut_loop, echoes, is_loop, verdict
from audio_service.transcription.results import Dropped, Transcription


def heard(text: str, logprob: float = -0.2, no_speech: float = 0.05) -> Transcription:
    return Transcription(text=text, avg_logprob=logprob, no_speech_prob=no_speech)


@pytest.mark.parametrize(
    "text", ["我要退房，把定金退给我。", "对对对，好好好", "电话一三七四零零零零二二四六", "不退不退，就是不退！", "哈哈哈哈哈哈"]
)
def test_emphasis_and_numbers_are_no_loop(text: str) -> None:
    assert not is_loop(text)
    assert cut_loop(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("好好好好好好好好好", "好好"),
        ("我说投诉经理投诉经理投诉经理投诉经理", "我说投诉经理投诉经理"),
        ("嗯，嗯，嗯，嗯，嗯，", "嗯，嗯，"),
    ],
)
def test_a_loop_is_cut_after_its_second_round(text: str, kept: str) -> None:
    assert is_loop(text)
    assert cut_loop(text) == kept
    assert not is_loop(kept)


def test_a_sentence_of_one_character_is_a_loop_however_it_is_broken() -> None:
    assert verdict(heard("所以说，哪有九七七七七七七八七七七七七六七七七七", logprob=-0.7), 5) is Dropped.LOOP
    assert verdict(heard("我的电话一三七七七零七七零七七，好吧"), 5) is None


@pytest.mark.parametrize(
    "text", ["请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "字幕由Amara.org社区提供", "谢谢大家的观看", "以下是普通话的句子。"]
)
def test_subtitle_phrases_are_dropped_unless_the_decoder_was_sure(text: str) -> None:
    assert verdict(heard(text, logprob=-0.6), 5) is Dropped.HALLUCINATION
    assert verdict(heard(text, no_speech=0.5), 5) is Dropped.HALLUCINATION
    assert verdict(heard(text), 5) is None


def test_text_where_the_decoder_heard_no_speech_is_dropped_unless_it_was_sure() -> None:
    assert verdict(heard("关于这套房子的定金。", logprob=-0.5, no_speech=0.8), 3) is Dropped.NO_SPEECH
    assert verdict(heard("我要退房。", logprob=-1.0, no_speech=0.5), 3) is None
    assert verdict(heard("我要退房。", logprob=-0.3, no_speech=0.7), 3) is None


def test_a_decoder_that_guesses_heard_no_speech() -> None:
    assert verdict(heard("这位是普通话。", logprob=-1.8, no_speech=0.4), 3) is Dropped.NO_SPEECH


def test_a_prompt_said_back_is_an_echo_and_its_words_alone_are_not() -> None:
    prompt = "关于这套房子的认购、定金和网签,都可以问。"
    assert echoes("我说，关于这套房子", prompt)
    assert echoes("定金。和网签", prompt), "marks do not hide an echo"
    assert not echoes("这套房子我不要了，定金退不退，网签了没有", prompt)
    assert not echoes("", prompt)


def test_ordinary_thanks_are_kept_however_unsure() -> None:
    assert verdict(heard("谢谢您，再见。", logprob=-0.9, no_speech=0.5), 3) is None


def test_more_than_a_mouth_can_say_is_implausible() -> None:
    text = "我父母出了一大半的钱他们不同意我也没有办法"
    assert verdict(heard(text), 1.0) is Dropped.IMPLAUSIBLE
    assert verdict(heard(text), 2.0) is None


@pytest.mark.parametrize("text", ["", "。", "……"])
def test_marks_alone_are_no_speech(text: str) -> None:
    assert verdict(heard(text), 3) is Dropped.NO_SPEECH


def test_a_loop_left_after_the_retry_is_dropped() -> None:
    assert verdict(heard("退款投诉经理" * 6), 20) is Dropped.LOOP


def test_compression_ratio_grows_with_repetition() -> None:
    assert compression_ratio("") == 0
    assert compression_ratio("投诉经理" * 12) > 2.4 > compression_ratio("我父母出了一大半的钱他们不同意我也没有办法")
