"""Sounds that nobody made with a mouth, straight to the decoder as if the voice gate had failed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from audio_service.transcription.results import SAMPLE_RATE, Samples
from audio_service.transcription.whisper import WhisperTranscriber


def white(random: np.random.Generator, n: int) -> np.ndarray:
    return random.normal(size=n)


def pink(random: np.random.Generator, n: int) -> np.ndarray:
    spectrum = np.fft.rfft(random.normal(size=n))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1), n)


def office(random: np.random.Generator, n: int) -> np.ndarray:
    """Air conditioning with keys and cups."""
    sound = pink(random, n)
    sound /= sound.std()
    for at in random.integers(0, n - 800, size=6 * n // SAMPLE_RATE):
        sound[at : at + 800] += 8 * random.normal(size=800) * np.exp(-np.arange(800) / 160)
    return sound


def music(random: np.random.Generator, n: int) -> np.ndarray:
    """Chords of decaying harmonics with a beat."""
    sound = np.zeros(n)
    beat = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    for at in range(0, n - len(beat), len(beat)):
        for semitone in random.choice([0, 2, 4, 7, 9, 12], 2, replace=False):
            pitch = 220 * 2 ** (semitone / 12)
            sound[at : at + len(beat)] += sum(np.sin(2 * np.pi * pitch * h * beat) / h for h in (1, 2, 3, 4)) * np.exp(-3 * beat)
    return sound


def telephone(random: np.random.Generator, n: int) -> np.ndarray:
    t = np.arange(n) / SAMPLE_RATE
    return np.sign(np.sin(2 * np.pi * 8 * t)) * (np.sin(2 * np.pi * 1000 * t) + np.sin(2 * np.pi * 1300 * t)) * (t % 3 < 1.2)


@pytest.mark.parametrize("level_db", [-50, -25])
@pytest.mark.parametrize("source", [white, pink, office, music, telephone])
def test_noise_gives_no_word(
    transcriber: WhisperTranscriber, source: Callable[[np.random.Generator, int], np.ndarray], level_db: float
) -> None:
    random = np.random.default_rng(11)
    sound = source(random, 4 * SAMPLE_RATE)
    samples: Samples = (sound / sound.std() * 10 ** (level_db / 20)).clip(-1, 1).astype(np.float32)
    final, partial = transcriber.final(samples), transcriber.partial(samples)
    assert (final.text, final.alternatives) == ("", ())
    assert final.dropped is not None
    assert partial.text == ""
