"""Short-time spectra shared by every estimator: one FFT per 10 ms feeds syllables, pitch and spectral balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio_service.messages import SAMPLE_RATE

Floats = NDArray[np.float32]

TICK = SAMPLE_RATE // 10
"""Samples in one tick (100 ms)."""
HOP = SAMPLE_RATE // 100
"""Samples between frames (10 ms)."""
FRAMES_PER_TICK = TICK // HOP
WINDOW = 640
"""Samples in one analysis window (40 ms: three periods of a 75 Hz voice)."""
FFT = 1024

BIN_HZ = SAMPLE_RATE / FFT
FREQUENCIES: Floats = (np.arange(FFT // 2 + 1) * BIN_HZ).astype(np.float32)


def db(power: NDArray[np.float32] | NDArray[np.float64] | float) -> Floats:
    """Ten times the decimal logarithm, with digital silence held at −120 dB."""
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-12)), dtype=np.float32)


def band(low_hz: float, high_hz: float) -> slice:
    """FFT bins from `low_hz` up to and without `high_hz`."""
    return slice(int(np.ceil(low_hz / BIN_HZ)), int(np.ceil(high_hz / BIN_HZ)))


def framed(samples: Floats, size: int, hop: int) -> Floats:
    """(n,) contiguous samples → (m, size) overlapping frames, `hop` apart. A view, at a quarter of the cost of numpy's own."""
    step = samples.itemsize
    return np.ndarray(((len(samples) - size) // hop + 1, size), samples.dtype, samples, 0, (hop * step, step))


def upper_quartile(values: Floats) -> float:
    """75th percentile of (n,) values, n > 0, linear between two of them; bit for bit `numpy.percentile`, at less cost."""
    place = (len(values) - 1) * 0.75
    low = int(place)
    share = place - low
    ordered = np.partition(values, (low, min(low + 1, len(values) - 1)))
    below, above = ordered[low], ordered[min(low + 1, len(values) - 1)]
    return float(below + (above - below) * share if share < 0.5 else above - (above - below) * (1.0 - share))


@dataclass
class Spectra:
    """Power spectra of one sample stream, ten frames a tick, the overlap between ticks carried."""

    _carry: Floats
    _window: Floats

    @classmethod
    def start(cls) -> Spectra:
        window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
        # scaled so that the bins of a frame sum to its mean square
        return cls(np.zeros(WINDOW - HOP, np.float32), window * np.float32(np.sqrt(2.0 / (FFT * float(np.sum(window**2))))))

    def push(self, block: Floats) -> Floats:
        """(1600,) samples → (10, 513) power spectra, the last frame ending with the block."""
        joined = np.concatenate((self._carry, block))
        self._carry = joined[TICK:]
        spectrum = np.fft.rfft(framed(joined, WINDOW, HOP) * self._window, FFT)
        return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)
