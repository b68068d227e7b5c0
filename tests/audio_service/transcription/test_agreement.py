from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audio_service.transcription.agreement import Agreement

HYPOTHESES = st.lists(st.text(alphabet="我要退房定金，。", max_size=12), max_size=8)


def play(*hypotheses: str) -> list[tuple[str, int]]:
    agreement = Agreement()
    return [agreement.hear(hypothesis) for hypothesis in hypotheses]


def test_the_first_hypothesis_settles_nothing() -> None:
    assert play("我要退房") == [("我要退房", 0)]


def test_what_two_in_a_row_agree_on_is_settled() -> None:
    assert play("我要腿", "我要退房", "我要退房，你们")[1:] == [("我要退房", 2), ("我要退房，你们", 4)]


def test_one_hypothesis_that_comes_and_goes_settles_nothing() -> None:
    assert play("我要退房", "他不要", "我要退房") == [("我要退房", 0), ("他不要", 0), ("我要退房", 0)]


def test_settled_text_stays_when_later_hypotheses_contradict_it_and_the_rest_goes_on() -> None:
    assert play("我要头诉", "我要头诉", "我要投诉你", "我要投诉你们")[2:] == [("我要头诉你", 4), ("我要头诉你们", 5)]


def test_marks_that_come_and_go_do_not_keep_characters_from_settling() -> None:
    assert play("好的，我等", "好的我等您")[1] == ("好的我等您", 4)


def test_a_shorter_hypothesis_takes_nothing_back() -> None:
    assert play("我要退房", "我要退房", "我要") == [("我要退房", 0), ("我要退房", 4), ("我要退房", 4)]


@given(HYPOTHESES)
def test_settled_characters_never_change(hypotheses: list[str]) -> None:
    settled = ""
    for text, count in play(*hypotheses):
        assert count >= len(settled)
        assert text.startswith(settled)
        settled = text[:count]


@given(st.text(alphabet="我要退房定金，。", min_size=1, max_size=12))
def test_a_hypothesis_heard_twice_is_shown_as_it_is(text: str) -> None:
    assert play(text, text)[1][0] == text
