"""Which prompts a conversation gets may not depend on how fast its words were decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any, NamedTuple

import pytest

from audio_service.hearing import Escalation
from audio_service.live.finished import VISIBLE_AFTER, Finished
from audio_service.live.prompting import PromptDesk, Raised
from audio_service.live.shelf import Shelf
from audio_service.live.words import HeardWords, find, read
from audio_service.messages import Level, PromptKind, Speaker
from audio_service.transcription.results import Transcription
from models.settings import Settings
from scripts_library.learned import Plan, Worth
from scripts_library.records import Moment


def said(shelf: Shelf, ordinal: int, end: float, text: str, speaker: Speaker = Speaker.CUSTOMER) -> tuple[Finished, Any]:
    done = Finished(ordinal, end - 2, end, speaker, 0.9, Transcription(text=text))
    return done, read(done, find(shelf.tools, done.transcription))


def outburst(at: float) -> Escalation:
    return Escalation(at=at, level=Level.RISING, strength=3.0, rate_change=0.2, loudness_change=5, pitch_change=3, balance_change=2)


class Added(NamedTuple):
    """An utterance with what a second listening to it added."""

    done: Finished
    heard: HeardWords


def put(desk: PromptDesk, event: Any) -> Raised | None:
    if isinstance(event, Escalation):
        return desk.for_voice(event)
    return desk.added(*event) if isinstance(event, Added) else desk.for_words(*event)


def outcome(shelf: Shelf, events: Sequence[Any], plan: Plan | None = None) -> list[tuple[Any, ...]]:
    desk = PromptDesk(shelf, Settings(), {}, plan)
    raised = [put(desk, event) for event in events]
    told = [(one.prompt, one.withheld_at is not None) for one in raised if one is not None]
    return sorted((prompt.id, prompt.kind, prompt.at, prompt.script_id, tuple(prompt.reasons), held) for prompt, held in told)


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


def test_text_that_came_too_late_counts_again_from_when_it_came(shelf: Shelf) -> None:
    done, heard = said(shelf, 1, 50.0, "定金能不能退，我要去住建局举报你们")
    late = replace(done, late=58.05), heard
    assert outcome(shelf, [outburst(55.0), late, outburst(103.0)]) == outcome(shelf, [late, outburst(55.0), outburst(103.0)])
    assert outcome(shelf, [outburst(55.0), (done, heard)]) != outcome(shelf, [(done, heard), outburst(55.0)])


@pytest.mark.parametrize(("at", "told"), [(52.0, False), (53.4, False), (53.6, True), (60.0, True)])
def test_what_a_second_listening_added_stands_behind_a_rise_once_it_counts_and_asks_for_no_words_itself(
    shelf: Shelf, at: float, told: bool
) -> None:
    desk = PromptDesk(shelf, Settings(), {})
    done, heard = said(shelf, 1, 50.0, "我要去住建局举报你们")
    desk.added(replace(done, again=53.5), heard)
    raised = desk.for_voice(outburst(at))
    assert raised is not None
    assert raised.prompt.id == "v0", "the first prompt there is"
    assert ("举报" in "".join(raised.prompt.reasons)) is told


def test_whether_a_second_listening_or_the_next_text_comes_first_changes_nothing(shelf: Shelf) -> None:
    first, next_one = said(shelf, 1, 50.0, "定金能不能退"), said(shelf, 2, 53.0, "贷款批不下来，我要见你们经理")
    done, heard = said(shelf, 1, 50.0, "我要去住建局举报你们")
    added = Added(replace(done, again=53.5), heard)
    one, other = (outcome(shelf, [first, *order, outburst(55.0)]) for order in ([added, next_one], [next_one, added]))
    assert one == other
    assert [prompt[1] for prompt in one] == ["calming", "guidance"]


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("level", [Level.RISING, Level.AGITATED])
def test_a_raised_voice_is_answered_whatever_was_spoken_of(shelf: Shelf, moment: Moment, level: Level) -> None:
    desk = PromptDesk(shelf, Settings(), {})
    done, heard = said(shelf, 1, 40.0, "定金能退多少")
    hits = [replace(hit, moment=moment) for hit in heard.hits]
    desk.for_words(done, replace(heard, hits=tuple(hits)))
    raised = desk.for_voice(replace(outburst(45.0), level=level))
    assert raised is not None
    assert raised.prompt.kind == "calming"


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


def learning(session_id: str, shelf: Shelf) -> Plan:
    """A conversation that learns: a fifth withheld, every script believed to be worth something of its own."""
    scripts = sorted(shelf.tools.library.scripts)
    return Plan(session_id, 2000, "v", {script: Worth((n % 7 - 3) / 5, 0.3, 40) for n, script in enumerate(scripts)})


@pytest.mark.parametrize("session_id", ["a", "b", "c", "d", "e", "f"])
def test_learning_changes_nothing_of_that(shelf: Shelf, session_id: str) -> None:
    plan = learning(session_id, shelf)
    words = [said(shelf, 1, 50.0, "定金能不能退"), said(shelf, 2, 110.0, "我要退房"), said(shelf, 3, 170.0, "我要去住建局举报你们")]
    first = outcome(shelf, [*words[:2], outburst(110.8), words[2]], plan)
    assert first == outcome(shelf, [words[0], outburst(110.8), *words[1:]], plan)
    assert first == outcome(shelf, [*words[:2], outburst(110.8), words[2]], plan)


def withholding(*prompts: str) -> Plan:
    """A conversation that withholds these prompts, and of its first ones no other."""
    names = {f"{lane}{n}" for lane in "vw" for n in range(4)}
    plans = (Plan(f"s{n}", 2000) for n in range(20_000))
    return next(plan for plan in plans if {name for name in names if plan.withholds(name, urgent=False)} == set(prompts))


def test_a_withheld_prompt_is_not_shown_again_at_once_and_does_not_stand_in_the_way_of_an_urgent_one(shelf: Shelf) -> None:
    plan = withholding("w0")
    desk = PromptDesk(shelf, Settings(), {}, plan)
    desk.level_is(1.0, Level.CALM)
    held = desk.for_words(*said(shelf, 1, 50.0, "定金能不能退"))
    assert held is not None
    assert held.withheld_at is Level.CALM
    assert not desk.feedback(held.prompt.id, "used")
    assert desk.for_words(*said(shelf, 2, 60.0, "定金到底能不能退")) is None
    desk.level_is(62.0, Level.AGITATED)
    urgent = desk.for_words(*said(shelf, 3, 63.0, "定金到底能不能退"))
    assert urgent is not None
    assert urgent.withheld_at is None


def test_a_second_outburst_is_a_repeated_one_also_when_the_prompt_of_the_first_was_withheld(shelf: Shelf) -> None:
    desk = PromptDesk(shelf, Settings(), {}, withholding("v0", "v1"))
    first, second = desk.for_voice(outburst(50.0)), desk.for_voice(outburst(110.0))
    assert first is not None
    assert second is not None
    assert (first.prompt.situation, first.withheld_at) == (Moment.FIRST_OUTBURST, Level.RISING)
    assert (second.prompt.situation, second.withheld_at) == (Moment.REPEATED_OUTBURST, None)


@pytest.mark.parametrize(("end", "held"), [(60.0, None), (130.0, None), (160.0, Level.CALM)])
def test_nothing_is_withheld_for_a_while_after_a_threat(shelf: Shelf, end: float, held: Level | None) -> None:
    desk = PromptDesk(shelf, Settings(), {}, withholding("w0", "w1", "v0"))
    desk.level_is(1.0, Level.CALM)
    threat = desk.for_words(*said(shelf, 1, 50.0, "我要去住建局举报你们"))
    assert threat is not None
    assert threat.withheld_at is None
    wording = desk.for_words(*said(shelf, 2, end, "这个不能退，这是公司规定", Speaker.STAFF))
    assert wording is not None
    assert (wording.prompt.kind, wording.withheld_at) == ("wording", held)
    voice = desk.for_voice(outburst(end + 5))
    assert voice is not None
    assert (voice.withheld_at is None) == (held is None)


def test_a_prompt_that_the_lot_spared_says_that_it_was_in_it_and_an_urgent_one_that_it_was_not(shelf: Shelf) -> None:
    desk = PromptDesk(shelf, Settings(), {}, withholding())
    desk.level_is(1.0, Level.CALM)
    spared = desk.for_words(*said(shelf, 1, 50.0, "定金能不能退"))
    urgent = desk.for_voice(replace(outburst(150.0), level=Level.AGITATED))
    assert spared is not None
    assert urgent is not None
    assert (spared.evidence["lot"], urgent.evidence.get("lot")) == (2000, None)


def test_what_learning_drew_is_written_beside_the_evidence(shelf: Shelf) -> None:
    raised = PromptDesk(shelf, Settings(), {}, replace(learning("x", shelf), holdout_bp=0)).for_words(*said(shelf, 1, 50.0, "定金能不能退"))
    assert raised is not None
    assert raised.evidence["ranking"]["version"] == "v"
    assert {"mean", "sd", "moments", "drawn", "points"} <= raised.evidence["ranking"].keys()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("你们再这样我就找记者", Moment.THREAT_MEDIA),
        ("那我就去投诉", Moment.THREAT_COMPLAINT),
        ("我请律师来谈", Moment.THREAT_LAWYER),
        ("我们业主群里都在说这个", Moment.THREAT_GROUP),
        ("叫你们经理过来", Moment.DEMAND_SUPERIOR),
    ],
)
def test_a_threat_in_a_calm_voice_is_answered_with_guidance_and_in_a_raised_one_by_the_voice(
    shelf: Shelf, text: str, moment: Moment
) -> None:
    desk = PromptDesk(shelf, Settings(), {})
    desk.level_is(5.0, Level.CALM)
    calm = desk.for_words(*said(shelf, 0, 12.0, text))
    assert calm is not None
    assert (calm.prompt.kind, calm.prompt.situation) == (PromptKind.GUIDANCE, moment)
    assert desk.for_words(*said(shelf, 1, 20.0, "那我就去投诉，我还要找律师")) is None, "not one after the other"

    raised = PromptDesk(shelf, Settings(), {})
    raised.level_is(5.0, Level.AGITATED)
    assert raised.for_words(*said(shelf, 0, 12.0, text)) is None
    answer = raised.for_voice(outburst(14.0))
    assert answer is not None
    assert (answer.prompt.kind, answer.prompt.situation) == (PromptKind.CALMING, moment)
