"""Fundamental frequency by normalised autocorrelation, taken from the power spectrum that is computed anyway.

Source: Boersma (1993): the autocorrelation of the windowed signal divided by that of the window, one candidate a frame, a small
cost per octave so that a sub-harmonic never wins a tie. Frames are 40 ms, so voices down to 75 Hz hold three periods.
"""

from __future__ import annotations

import numpy as np

from audio_service.hearing.spectra import FFT, FREQUENCIES, WINDOW, Floats
from audio_service.messages import SAMPLE_RATE

LOWEST_HZ, HIGHEST_HZ = 70.0, 550.0
OCTAVE_COST = 0.02
REFERENCE_HZ = 100.0
"""Zero of the semitone scale."""

_LAGS = np.arange(int(SAMPLE_RATE / HIGHEST_HZ), int(SAMPLE_RATE / LOWEST_HZ) + 1)
# voicing is judged where voices carry their energy; rumble and hiss are left out
_PASS = ((FREQUENCIES >= 60) & (FREQUENCIES <= 1800)).astype(np.float32)
_hann = np.hanning(WINDOW + 1)[:-1]
_WINDOW_ACF = np.fft.irfft(np.abs(np.fft.rfft(_hann, 2 * FFT)) ** 2)[: _LAGS[-1] + 2]
_CORRECTION = (_WINDOW_ACF[0] / _WINDOW_ACF).astype(np.float32)
_COST = (OCTAVE_COST * np.log2(_LAGS / _LAGS[0])).astype(np.float32)


def pitch(power: Floats) -> tuple[Floats, Floats]:
    """(n, 513) power spectra → (n,) F0 in semitones over 100 Hz and (n,) strength 0–1 (normalised autocorrelation at that period)."""
    acf = np.fft.irfft(power * _PASS, FFT)[:, : _LAGS[-1] + 2]
    normalised = acf / (acf[:, :1] + 1e-12) * _CORRECTION
    inner = normalised[:, _LAGS]
    peak = (inner >= normalised[:, _LAGS - 1]) & (inner > normalised[:, _LAGS + 1])
    best = np.argmax(np.where(peak, inner - _COST, -1.0), axis=1)
    rows = np.arange(len(power))
    lag = _LAGS[best]
    left, centre, right = normalised[rows, lag - 1], normalised[rows, lag], normalised[rows, lag + 1]
    curvature = left - 2 * centre + right
    shift = np.where(curvature < -1e-9, 0.5 * (left - right) / np.minimum(curvature, -1e-9), 0.0)
    frequency = SAMPLE_RATE / (lag + np.clip(shift, -0.5, 0.5))
    strength = np.where(peak[rows, best], np.clip(centre, 0.0, 1.0), 0.0)
    return np.asarray(12 * np.log2(frequency / REFERENCE_HZ), np.float32), np.asarray(strength, np.float32)


def to_hz(semitones: float) -> float:
    """Semitones over 100 Hz → Hz."""
    return float(REFERENCE_HZ * 2 ** (semitones / 12))
