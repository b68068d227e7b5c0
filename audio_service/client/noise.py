"""Sound in which nobody speaks: what must never become a word, a keyword or a prompt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from audio_service.messages import SAMPLE_RATE

Samples = NDArray[np.int16]


def office(seconds: float, seed: int = 1) -> Samples:
    """Air conditioning, keyboard clicks, a chair and door slams: broadband noise around −50 dB with transients up to −15 dB."""
    rng = np.random.default_rng(seed)
    count = int(seconds * SAMPLE_RATE)
    hum = sosfilt(butter(2, 400, "low", fs=SAMPLE_RATE, output="sos"), rng.normal(0, 0.02, count))
    sound = hum + 0.003 * np.sin(2 * np.pi * 50 * np.arange(count) / SAMPLE_RATE) + rng.normal(0, 0.0015, count)
    for rate, level, decay in ((3.0, 0.05, 0.004), (0.05, 0.2, 0.08), (0.02, 0.4, 0.15)):
        for start in rng.integers(0, count, int(rate * seconds)):
            length = min(int(6 * decay * SAMPLE_RATE), count - start)
            burst = rng.normal(0, level * rng.uniform(0.3, 1), length) * np.exp(-np.arange(length) / (decay * SAMPLE_RATE))
            sound[start : start + length] += burst
    return _pcm(sound)


def music(seconds: float, seed: int = 2) -> Samples:
    """Chords, a melody and a beat, as from a lobby's loudspeaker: harmonics, vibrato and rhythm, but no voice."""
    rng = np.random.default_rng(seed)
    count = int(seconds * SAMPLE_RATE)
    sound = np.zeros(count)
    beat = int(0.5 * SAMPLE_RATE)
    scale = 220 * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
    for index, start in enumerate(range(0, count, beat)):
        length = min(beat, count - start)
        time = np.arange(length) / SAMPLE_RATE
        envelope = np.exp(-2.5 * time)
        tone = rng.choice(scale)
        vibrato = 2 * np.pi * tone * time + 0.3 * np.sin(2 * np.pi * 5 * time)
        for harmonic, level in ((1, 0.12), (2, 0.06), (3, 0.04), (4, 0.02)):
            sound[start : start + length] += level * envelope * np.sin(harmonic * vibrato)
        for part in scale[[0, 2, 3]] / 2:
            sound[start : start + length] += 0.05 * np.sin(2 * np.pi * part * time)
        if index % 2 == 0:
            sound[start : start + length] += 0.15 * rng.normal(0, 1, length) * np.exp(-40 * time)
    return _pcm(np.asarray(lfilter([1.0], [1.0, -0.3], sound)))


def silence(seconds: float, seed: int = 3) -> Samples:
    """A quiet room at night: −70 dB of hiss."""
    return _pcm(np.random.default_rng(seed).normal(0, 0.0003, int(seconds * SAMPLE_RATE)))


KINDS = {"office": office, "music": music, "silence": silence}


def _pcm(sound: NDArray[np.float64]) -> Samples:
    return (np.clip(sound, -0.99, 0.99) * 32767).astype(np.int16)
