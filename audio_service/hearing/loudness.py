"""Loudness after ITU-R BS.1770: K-weighted mean square, in LUFS-like dB re full scale.

The standard gives the two filters at 48 kHz; here both are derived for 16 kHz from their analogue parameters (shelf +4 dB at 1682 Hz,
Q 0.707; high-pass 38 Hz, Q 0.5), which gives the standard's own coefficients at 48 kHz.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from audio_service.hearing.spectra import FRAMES_PER_TICK, Floats, db
from audio_service.messages import SAMPLE_RATE

OFFSET_DB = -0.691
"""BS.1770's constant: a 997 Hz full-scale sine in one channel reads −3.01."""


def k_weighting(rate: float) -> NDArray[np.float64]:
    """Second-order sections (2, 6) of the K-weighting filter at `rate` Hz."""
    k = np.tan(np.pi * 1681.974450955533 / rate)
    q, v_high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    v_band = v_high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        (v_high + v_band * k / q + k * k) / a0,
        2 * (k * k - v_high) / a0,
        (v_high - v_band * k / q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / q + k * k) / a0,
    ]
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, high_pass])


class Loudness:
    """K-weighted power in 10 ms steps; the filter's state is carried."""

    def __init__(self) -> None:
        self._sections = k_weighting(SAMPLE_RATE)
        self._state = np.zeros((len(self._sections), 2))

    def push(self, block: Floats) -> Floats:
        """(1600,) samples → (10,) K-weighted mean squares of 10 ms each."""
        weighted, self._state = sosfilt(self._sections, block, zi=self._state)
        return np.asarray(np.mean(weighted.reshape(FRAMES_PER_TICK, -1) ** 2, axis=1), dtype=np.float32)


def loudness_db(powers: Floats) -> float:
    """(n,) K-weighted mean squares → one loudness in dB (momentary over 0.4 s, short-term over 3 s)."""
    return float(db(float(np.mean(powers, dtype=np.float64)))) + OFFSET_DB
