"""The whole ear on made-up voices: determinism and the shape of what it reports."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_service.hearing import Escalation, Hearing, HearingModels, Tick, VoiceEnd, VoiceStart, Words
from audio_service.hearing.escalation import EscalationDetector
from audio_service.hearing.evaluate import run
from audio_service.hearing.speaker import Voices
from audio_service.hearing.spectra import TICK, Floats
from audio_service.messages import SAMPLE_RATE
from models.settings_detection import DetectionSettings


@pytest.fixture(scope="module")
def models() -> HearingModels:
    return HearingModels.load()


def babble(seconds: float, seed: int) -> Floats:
    """A buzzing, syllable-modulated voice with pauses: enough for the voice network to open and close utterances."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(130 + 25 * np.sin(2 * np.pi * 0.7 * t)) / SAMPLE_RATE
    source = sum(np.sin(k * phase) / k * np.exp(-(((k * 130 - 600) / 900) ** 2)) for k in range(1, 30))
    talking = (np.sin(2 * np.pi * t / 3.1) > -0.4) * (0.55 + 0.45 * np.sin(2 * np.pi * 4.5 * t))
    return np.asarray(0.15 * source * talking + 0.001 * rng.standard_normal(len(t)), np.float32)


WORDED = DetectionSettings(baseline_seconds=4.0, raise_at=4.0, words_weight=5.0, effort_at=0.0, moved_effort=0.0, agree_at=-10.0)


@lru_cache(maxsize=1)
def raised_babble() -> Floats:
    """Thirty seconds; from the twentieth on a voice that is higher, faster and louder."""
    calm, raised = babble(20, seed=4), babble(8, seed=5)
    at = np.arange(0, len(raised), 1.12)
    return np.concatenate((calm, 1.6 * np.interp(at, np.arange(len(raised)), raised).astype(np.float32), babble(2.85, seed=6)))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(min_value=1, max_value=9 * SAMPLE_RATE), max_size=12))
def test_any_split_gives_the_same_events(models: HearingModels, cuts: list[int]) -> None:
    samples = babble(9.05, seed=1)
    whole = Hearing(models, DetectionSettings(), None)
    expected = whole.hear(samples) + whole.finish()
    pieces = Hearing(models, DetectionSettings(), None)
    got = [event for part in np.split(samples, sorted(cuts)) for event in pieces.hear(part)] + pieces.finish()
    assert got == expected
    assert any(isinstance(event, VoiceEnd) for event in got)


spoken = st.lists(
    st.builds(Words, st.integers(min_value=0, max_value=4), st.floats(min_value=0, max_value=30), st.floats(min_value=-1, max_value=1)),
    max_size=6,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=spoken, cuts=st.lists(st.integers(min_value=1, max_value=30 * SAMPLE_RATE), max_size=12), data=st.data())
def test_any_split_with_words_gives_the_same_events(
    models: HearingModels, words: list[Words], cuts: list[int], data: st.DataObject
) -> None:
    """Said at any moment before they count, in any order; heard again with all of them known gives the same once more."""
    samples = raised_babble()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Voices, "posterior", lambda *_: 0.95)
        heard, heed = [], EscalationDetector.heed

        def note(detector: EscalationDetector, at: float, said: Words) -> list[Escalation]:
            heard.append((at, said))
            return heed(detector, at, said)

        patch.setattr(EscalationDetector, "heed", note)
        again, first = run(models, WORDED, None, samples, words), heard.copy()
        heard.clear()
        ear, got, waiting = Hearing(models, WORDED, None), [], data.draw(st.permutations(words))
        for part in np.split(samples, sorted(cuts)):
            due = [one for one in waiting if one.at <= ear.reach(len(part)) or data.draw(st.booleans())]
            waiting = [one for one in waiting if one not in due]
            for one in due:
                ear.say(one)
            got += ear.hear(part)
        got += ear.finish()
    assert got == again
    assert sorted(heard, key=repr) == sorted(first, key=repr)
    if any(one.at > 8 and one.at < 30 and one.utterance == 0 for one in words):
        assert heard


@pytest.mark.parametrize("late", [14.3, 21.0, 24.7])
def test_words_that_came_late_count_again_from_where_they_counted(
    models: HearingModels, monkeypatch: pytest.MonkeyPatch, late: float
) -> None:
    monkeypatch.setattr(Voices, "posterior", lambda *_: 0.95)
    samples, cut = raised_babble(), int(late * SAMPLE_RATE)
    live = Hearing(models, WORDED, None)
    got = live.hear(samples[:cut])
    live.say(Words(2, 9.0, 1.0))
    got += live.hear(samples[cut:]) + live.finish()
    counted = Hearing(models, WORDED, None).reach(cut) + 0.05
    assert got == run(models, WORDED, None, samples, [Words(2, counted, 1.0)])


def test_words_wait_for_their_moment_and_for_a_customer(models: HearingModels, monkeypatch: pytest.MonkeyPatch) -> None:
    heeded: list[tuple[float, Words]] = []
    monkeypatch.setattr(EscalationDetector, "heed", lambda _, at, words: heeded.append((round(at, 3), words)) or [])
    ear = Hearing(models, DetectionSettings(), None)
    ear.say(Words(0, 6.05, 1.0))
    ear.hear(babble(9, seed=3))
    assert heeded == []  # without an enrolment a single voice is nobody's yet
    monkeypatch.setattr(Voices, "posterior", lambda *_: 0.95)
    for late in (False, True):
        ear = Hearing(models, DetectionSettings(), None)
        if not late:
            ear.say(Words(0, 6.05, 1.0))
        ear.hear(babble(7, seed=3))
        if late:
            ear.say(Words(0, 6.05, 1.0))
        ear.hear(babble(1, seed=3))
    assert heeded == [(6.1, Words(0, 6.05, 1.0)), (7.1, Words(0, 6.05, 1.0))]


def test_a_tick_every_100_ms_and_utterances_in_pairs(models: HearingModels) -> None:
    ear = Hearing(models, DetectionSettings(), None)
    events = ear.hear(babble(12, seed=2)) + ear.finish()
    ticks = [event for event in events if isinstance(event, Tick)]
    assert [round(tick.at * SAMPLE_RATE / TICK) for tick in ticks] == list(range(1, 121))
    starts = {event.utterance: event.at for event in events if isinstance(event, VoiceStart)}
    ends = [event for event in events if isinstance(event, VoiceEnd)]
    assert starts == {end.utterance: end.start for end in ends}
    assert all(end.start < end.end <= 12 for end in ends)


def test_samples_that_are_no_numbers_are_silence(models: HearingModels) -> None:
    ear = Hearing(models, DetectionSettings(), None)
    broken = np.full(SAMPLE_RATE, np.nan, np.float32)
    broken[::3] = np.inf
    events = ear.hear(broken) + ear.finish()
    assert len(events) == 10
    assert all(isinstance(event, Tick) and event.loudness_momentary < -100 for event in events)
