"""Takes the room's tail off a phone that lies a metre away: weighted prediction error, one microphone.

What a band holds now is predicted, linearly, from what it held 24 ms and more ago, and the prediction is taken off: speech cannot be
predicted over that time, its reverberation can. Weighted by the speech's own power, found by iterating. Source: Nakatani et al., "Speech
Dereverberation Based on Variance-Normalized Delayed Linear Prediction", 2010. What it gains is in docs/transcription.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import istft, stft

from audio_service.transcription.results import SAMPLE_RATE, Samples

WINDOW = 512
HOP = 128
DELAY = 3
"""Hops (24 ms) that stay as they are: the sound itself and its first reflections, which belong to the syllable."""
TAPS = 10
"""Hops (80 ms) that are predicted from. More gains nothing on utterances of a few seconds: there is too little to learn them from."""
ITERATIONS = 3
SHORTEST_SECONDS = 0.5
"""Less than this teaches the predictor nothing but the speech itself."""
_FLOOR = 1e-10
_DIAGONAL = 1e-6

Spectrum = NDArray[np.complex64]


def without_tail(samples: Samples) -> Samples:
    """(n,) float32 at 16 kHz → (n,) of the same, less reverberant. About 15 ms of processor time a second of audio; silence stays."""
    if len(samples) < SHORTEST_SECONDS * SAMPLE_RATE or not samples.any():
        return samples
    _, _, bands = stft(samples, SAMPLE_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP)
    _, dry = istft(_predicted_off(bands.astype(np.complex64)), SAMPLE_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP)
    return np.ascontiguousarray(dry[: len(samples)], np.float32)


def _predicted_off(heard: Spectrum) -> Spectrum:
    """(bands, frames) → (bands, frames)."""
    past = _past(heard)
    dry = heard
    quietest = _FLOOR * float(np.max(np.abs(heard)) ** 2)
    for _ in range(ITERATIONS):
        weighted = past / np.maximum(np.abs(dry) ** 2, quietest)[:, None, :]
        correlation = weighted @ past.conj().transpose(0, 2, 1)
        mean = np.trace(correlation, axis1=1, axis2=2).real[:, None, None] / TAPS
        correlation += (_DIAGONAL * mean + np.finfo(np.float32).tiny) * np.eye(TAPS, dtype=np.float32)
        filters = np.linalg.solve(correlation, weighted @ heard.conj()[:, :, None])
        dry = heard - (filters.conj().transpose(0, 2, 1) @ past)[:, 0]
    return dry


def _past(heard: Spectrum) -> Spectrum:
    """(bands, taps, frames): what each band held DELAY and more hops ago; nothing before the beginning."""
    bands, frames = heard.shape
    past = np.zeros((bands, TAPS, frames), np.complex64)
    for tap in range(min(TAPS, frames - DELAY)):
        past[:, tap, DELAY + tap :] = heard[:, : frames - DELAY - tap]
    return past
