"""Which prompts a conversation gets may not depend on how fast its words were decoded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from audio_service.hearing import Escalation
from audio_service.live.finished import VISIBLE_AFTER, Finished
from audio_service.live.prompting import PromptDesk, Raised
from audio_service.live.shelf import Shelf
from audio_service.live.words import find, read
from audio_service.messages import Level, Speaker
from audio_service.transcription.results import Transcription
from models.settings import Settings


def said(shelf: Shelf, ordinal: int, end: float, text: str, speaker: Speaker = Speaker.CUSTOMER) -> tuple[Finished, Any]:
    done = Finished(ordinal, end - 2, end, speaker, 0.9, Transcription(text=text))
    return done, read(done, find(shelf.tools, done.transcription))


def outburst(at: float) -> Escalation:
    return Escalation(at=at, level=Level.RISING, strength=3.0, rate_change=0.2, loudness_change=5, pitch_change=3, balance_change=2)


def outcome(shelf: Shelf, events: Sequence[Any]) -> list[tuple[Any, ...]]:
    desk = PromptDesk(shelf, Settings(), {})
    raised: list[Raised | None] = [desk.for_voice(event) if isinstance(event, Escalation) else desk.for_words(*event) for event in events]
    prompts = [one.prompt for one in raised if one is not None]
    return sorted((prompt.id, prompt.kind, prompt.at, prompt.script_id, tuple(prompt.reasons)) for prompt in prompts)


@pytest.mark.parametrize("gap", [0.2, 0.8, 1.4, 1.6, 5.0])
def test_the_order_of_text_and_voice_changes_nothing_within_the_time_text_may_take(shelf: Shelf, gap: float) -> None:
    words = said(shelf, 1, 50.0, "定金能不能退，我要去住建局举报你们")
    voice = outburst(50.0 + gap)
    orders = permutations([words, voice]) if gap < VISIBLE_AFTER else [(words, voice)]
    outcomes = [outcome(shelf, order) for order in orders]
    assert all(one == outcomes[0] for one in outcomes)
    assert any(prompt[1] == "calming" for prompt in outcomes[0])


def test_words_stand_behind_a_rise_once_they_count(shelf: Shelf) -> None:
    words = said(shelf, 1, 50.0, "我要去住建局举报你们")
    early = outcome(shelf, [words, outburst(51.0)])
    late = outcome(shelf, [words, outburst(52.0)])
    assert not any("举报" in "".join(prompt[4]) for prompt in early if prompt[1] == "calming")
    assert any("举报" in "".join(prompt[4]) for prompt in late if prompt[1] == "calming")


def test_staff_wording_gets_a_better_one_and_says_what_was_heard(shelf: Shelf) -> None:
    [prompt] = outcome(shelf, [said(shelf, 1, 20.0, "这个不能退，这是公司规定", Speaker.STAFF)])
    assert prompt[1] == "wording"
    assert "不能退" in prompt[4][0]


def test_the_session_has_its_share_and_no_more(shelf: Shelf) -> None:
    cap = Settings().prompts.session_cap
    assert len(outcome(shelf, [outburst(60.0 * number) for number in range(1, cap + 8)])) == cap


def test_feedback_from_before_a_restart_counts_again(shelf: Shelf) -> None:
    plain = PromptDesk(shelf, Settings(), {})
    told = PromptDesk(shelf, Settings(), {"v0": "unhelpful"})
    first, again = plain.for_voice(outburst(30.0)), told.for_voice(outburst(30.0))
    assert first is not None
    assert again is not None
    assert first.prompt == again.prompt
    assert told.feedback("v0", "helpful")
    assert not told.feedback("v7", "helpful")
