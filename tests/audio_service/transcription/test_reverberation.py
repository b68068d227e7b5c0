"""The room's tail comes off; what has none, or is too short to tell, stays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from audio_service.transcription.results import SAMPLE_RATE, Samples
from audio_service.transcription.reverberation import without_tail

Sentences = list[tuple[Samples, str]]
DECAY = 0.12
"""Seconds in which the room's answer falls to 1/e: a reverberation time of .8 s."""


def in_a_room(dry: Samples) -> Samples:
    random = np.random.default_rng(5)
    length = SAMPLE_RATE
    answer = 0.06 * random.normal(size=length) * np.exp(-np.arange(length) / (DECAY * SAMPLE_RATE))
    answer[0] = 1.0
    return fftconvolve(dry, answer)[: len(dry)].astype(np.float32)


def db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def test_what_comes_back_is_nearer_to_the_dry_voice(sentences: Sentences) -> None:
    for dry, _ in sentences:
        wet = in_a_room(dry)
        assert db(without_tail(wet) - dry) < db(wet - dry) - 1.0


def test_a_dry_voice_stays_what_it_was(sentences: Sentences) -> None:
    dry, _ = sentences[0]
    assert db(without_tail(dry) - dry) < db(dry) - 6.0


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(3 * SAMPLE_RATE), np.ones(400), np.sin(np.arange(4000))])
def test_nothing_and_too_little_stay(samples: Samples) -> None:
    short = samples.astype(np.float32)
    assert np.array_equal(without_tail(short), short)


@pytest.mark.parametrize("seconds", [0.5, 0.51, 1.003, 4.0])
def test_any_length_comes_back_as_finite_numbers(seconds: float) -> None:
    random = np.random.default_rng(1)
    sound = random.normal(0, 0.1, int(seconds * SAMPLE_RATE)).astype(np.float32)
    sound[: len(sound) // 3] = 0.0
    for samples in (sound, np.full_like(sound, 0.25), 1e-12 * sound):
        dry = without_tail(samples)
        assert dry.shape == samples.shape
        assert dry.dtype == np.float32
        assert np.isfinite(dry).all()
