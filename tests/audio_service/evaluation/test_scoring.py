"""The definitions, on streams whose figures are worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.evaluation.scoring import Tally, figures, quantile, tally, total
from tests.audio_service.evaluation.labels import conversation, turn

Message = dict[str, Any]


def final(name: str, speaker: str, start: float, end: float, text: str = "", **more: Any) -> Message:
    return {"type": "transcript", "utterance": name, "final": True, "speaker": speaker, "start": start, "end": end, "text": text} | more


def prompt(at: float, **more: Any) -> Message:
    return {"type": "prompt", "kind": "calming", "at": at} | more


def keyword(term: str, at: float) -> Message:
    return {"type": "keyword", "term": term, "at": at}


CALM = {"id": "calm", "kind": "calm", "onset": None, "offset": None, "seconds": 80.0}


def test_a_conversation_worked_out_by_hand() -> None:
    """Labels: customer 1–5 and 20–26, staff 6–9; agitated 20–26; 40 s."""
    stream = [
        final("u0", "customer", 1, 4, "我要退电机", received_at=4.5),
        final("u1", "unsure", 6, 9, "您先坐下"),
        {"type": "transcript", "utterance": "u2", "final": False, "speaker": "staff", "start": 20, "end": 22, "text": "我"},
        keyword("定金", 3.0),
        keyword("投诉", 31.0),
        prompt(23.5, received_at=24.0),
        final("u2", "customer", 20, 25, "我要投诉", received_at=26.0),
        final("u1", "customer", 6, 9, "您先坐下", received_at=9.6),
        prompt(36.5),
    ]
    found = figures(tally(conversation(), stream, {"定金", "投诉"}))
    assert (found["recall"], found["escalations"], found["delay_s"]) == (1.0, 1, {"median": 3.5, "p90": 3.5})
    assert found["false_by_kind"] == {"escalate": 1}  # 36.5 > 26 + 10
    assert found["false_per_hour"] == 90.0  # one in 40 s
    assert found["late_s"] == {"median": 0.5, "p95": 0.5}
    # of 13 s: customer right 3 of 4 and 5 of 6, the rest in no utterance; staff taken for the customer, as last corrected
    assert found["attribution"] == {
        "right": round(8 / 13, 4),
        "wrong": round(3 / 13, 4),
        "unsure": 0.0,
        "not_transcribed": round(2 / 13, 4),
    }
    # 我要退定金 → 我要退电机: two substitutions of 5; 我要投诉你们 → 我要投诉: two deletions of 6
    assert found["cer"] == {"customer": round(4 / 11, 4), "staff": 0.0}
    # 定金 found; 投诉 at 31 is later than 26 + 2, and farther than 3 s from its turn: missed and false
    assert found["keywords"] == {"recall": 0.5, "precision": 0.5, "terms": 2, "false": 1}
    assert found["final_late_s"] == {"median": 0.6, "p95": 1.0}


def test_a_corrected_speaker_does_not_make_a_final_late_and_is_told_beside_what_was_said_first() -> None:
    """The one text came .5 s after its utterance; who said it was known later. Labels: customer 1–5, staff 6–9, customer 20–26."""
    stream = [
        final("u0", "unsure", 1, 4, received_at=4.5),
        final("u1", "customer", 6, 9, received_at=9.5),
        {"type": "correction", "utterance": "u1", "at": 20.0, "speaker": "staff", "confidence": 0.9, "received_at": 20.1},
        {"type": "correction", "utterance": "u0", "at": 21.0, "speaker": "customer", "confidence": 0.9, "received_at": 21.1},
    ]
    found = figures(tally(conversation(), stream, ()))
    assert found["final_late_s"] == {"median": 0.5, "p95": 0.5}
    assert found["attribution"] == {"right": 0.0, "wrong": 0.2308, "unsure": 0.2308, "not_transcribed": 0.5385}
    assert found["attribution_corrected"] == {"right": 0.4615, "wrong": 0.0, "unsure": 0.0, "not_transcribed": 0.5385}


@pytest.mark.parametrize(
    ("at", "hits", "false"), [(18.9, 0, 1), (19.0, 1, 0), (20.0, 1, 0), (35.0, 1, 0), (35.1, 0, 0), (36.0, 0, 0), (36.1, 0, 1)]
)
def test_when_a_prompt_is_a_hit_and_when_it_is_false(at: float, hits: int, false: int) -> None:
    got = tally(conversation(), [prompt(at)], ())
    assert (got.hits, got.false) == (hits, false)


def test_every_prompt_of_a_calm_conversation_is_false() -> None:
    got = tally(conversation(**CALM), [prompt(21), prompt(70), {"type": "prompt", "kind": "guidance", "at": 30}], ())
    assert (got.escalations, got.false, got.false_by_kind) == (0, 2, {"calm": 2})
    assert figures(got)["recall"] is None


def test_the_first_prompt_in_the_window_counts() -> None:
    assert tally(conversation(), [prompt(10), prompt(22), prompt(30)], ()).delays == [2]


def test_a_term_outside_the_vocabulary_is_no_mistake_and_a_term_near_its_turn_neither() -> None:
    stream = [keyword("律师", 3), keyword("投诉", 28.9), keyword("投诉", 17.1), keyword("定金", 30)]
    assert tally(conversation(), stream, {"定金", "投诉"}).terms_false == 1


def test_a_term_is_found_shortly_around_its_turn() -> None:
    def found(at: float) -> int:
        return tally(conversation(), [keyword("投诉", at)], ()).terms_found

    assert [found(at) for at in (18.9, 19.0, 28.0, 28.1)] == [0, 1, 1, 0]


def test_digits_and_punctuation_are_no_characters() -> None:
    turns = [turn("customer", 1, 5, "我要退，定金！5万 ok")]
    got = tally(conversation(turns=turns), [final("u0", "customer", 1, 5, "我要退定金五万")], ())
    assert (got.errors["customer"], got.characters["customer"]) == (1, 6)


def test_an_utterance_counts_for_the_turn_it_overlaps_most() -> None:
    turns = [turn("staff", 0, 2, "一二"), turn("customer", 2.4, 6, "三四")]
    got = tally(conversation(turns=turns), [final("u1", "customer", 1.5, 6, "二三四"), final("u0", "staff", 0, 1.4, "一")], ())
    assert got.errors == {"staff": 1, "customer": 1}


def test_recordings_without_texts_have_no_error_rate() -> None:
    got = figures(tally(conversation(turns=[turn("customer", 1, 5)]), [final("u0", "customer", 1, 5, "好")], ()))
    assert got["cer"] == {"customer": None, "staff": None}
    assert got["rate"] == {"turns": 0, "r": None, "mean_ratio": None}


def test_the_pace_of_turns() -> None:
    turns = [
        turn("customer", 0, 4, "一二三四五六七八"),
        turn("staff", 4, 6, "一二三四五六"),
        turn("staff", 7, 8, "太短了"),
        turn("staff", 9, 13, "慢慢说"),
    ]
    stream = [
        final("u0", "customer", 0, 6, syllables=12.0),  # 4 s of the first turn, 2 s of the second: 8 and 4
        final("u1", "staff", 7, 8, syllables=3.0),
        final("u2", "staff", 8.8, 13.2, syllables=6.0),
    ]
    rate = figures(tally(conversation(turns=turns), stream, ()))["rate"]
    assert rate["turns"] == 3
    assert rate["mean_ratio"] == round((8 / 8 + 4 / 6 + 6 / 3) / 3, 4)
    # labelled 2, 3, .75; measured 2, 2, 1.5
    assert rate["r"] == 0.8963


def test_quantiles_take_a_value_that_is_there() -> None:
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.5, 0.9)] == [1, 3, 4]
    assert quantile([], 0.5) is None


def test_nothing_heard_is_no_division_by_zero() -> None:
    nothing = figures(total([]))
    assert (nothing["recall"], nothing["false_per_hour"], nothing["delay_s"]["p90"]) == (None, None, None)


STREAMS = st.lists(
    st.one_of(
        st.floats(0, 40).map(prompt),
        st.tuples(
            st.sampled_from(["customer", "staff", "unsure"]), st.floats(0, 39), st.floats(0.1, 5), st.text("我要投诉定金", max_size=6)
        ).map(lambda made: final(f"u{made[1]}", made[0], made[1], made[1] + made[2], made[3], syllables=float(len(made[3])))),
        st.tuples(st.sampled_from(["定金", "投诉"]), st.floats(0, 40)).map(lambda made: keyword(*made)),
    ),
    max_size=12,
)


@given(STREAMS)
def test_speech_is_shared_out_and_no_count_exceeds_its_whole(stream: list[Message]) -> None:
    got = tally(conversation(), stream, {"定金", "投诉"})
    assert got.hits <= got.escalations == 1
    assert got.false <= sum(one["type"] == "prompt" for one in stream)
    assert got.terms_found <= got.terms == 2
    assert sum(got.attribution.values()) >= 13 - 1e-9  # utterances may overlap; none of the labelled speech gets lost


@given(st.lists(STREAMS, min_size=1, max_size=4))
def test_tallies_add_up_in_any_order(streams: list[list[Message]]) -> None:
    tallies = [tally(conversation(), stream, {"定金"}) for stream in streams]
    forward, backward = total(tallies), total(reversed(tallies))
    assert (forward.hits, forward.false, forward.errors) == (backward.hits, backward.false, backward.errors)
    assert sorted(forward.delays) == sorted(backward.delays)
    assert forward.conversations == len(streams)
    assert tallies[0] == tally(conversation(), streams[0], {"定金"})  # adding up changes none of them
    assert total([]) == Tally()
