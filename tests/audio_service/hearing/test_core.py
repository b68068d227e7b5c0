"""The whole ear on made-up voices: determinism and the shape of what it reports."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_service.hearing import Hearing, HearingModels, Tick, VoiceEnd, VoiceStart
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
