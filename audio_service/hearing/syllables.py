"""Syllable nuclei: peaks of the 300–3300 Hz envelope, heard as a stream.

Source: Mermelstein (1975) and de Jong & Wempe (2009), with a floor that follows the room instead of a fixed one. A peak counts when it
stands out by PROMINENCE_DB on both sides, comes MIN_DISTANCE frames after the last, is voiced, and lies above both the room's noise
and the quiet tail of this speaker's syllables. A peak is final LOOKAHEAD frames after it was heard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from audio_service.hearing.spectra import FRAMES_PER_TICK, Floats, band, db

BAND = band(300, 3300)
PROMINENCE_DB = 1.5
MIN_DISTANCE = 6
VOICED = 0.45
RANGE_DB = 18.0
"""A nucleus lies at most this far under the loudest syllables of the last two seconds."""
ABOVE_NOISE_DB = 4.0
LOOKAHEAD = 20
"""Frames (0.2 s) after a peak before it counts."""
SMOOTHING: Floats = (np.hanning(7)[1:-1] / np.hanning(7)[1:-1].sum()).astype(np.float32)
_MEMORY = 200
_CONTEXT = 60


class Syllables:
    """Counts nuclei of one stream; keeps two seconds of envelope and a slow noise floor."""

    def __init__(self) -> None:
        self._envelope = np.full(_MEMORY, -120.0, np.float32)
        self._voiced = np.zeros(_MEMORY, np.float32)
        self._noise = -120.0

    def push(self, power: Floats, strength: Floats, silence: bool) -> NDArray[np.bool_]:
        """(10, 513) spectra, (10,) voicing, whether the block holds no speech → (10,) nuclei of the frames LOOKAHEAD earlier."""
        level = db(power[:, BAND].sum(axis=1))
        self._envelope = np.concatenate((self._envelope[FRAMES_PER_TICK:], level))
        self._voiced = np.concatenate((self._voiced[FRAMES_PER_TICK:], strength))
        if silence:
            floor = float(np.mean(level))
            self._noise = floor if self._noise <= -120.0 else self._noise + 0.1 * (floor - self._noise)
        smooth = np.convolve(self._envelope, SMOOTHING, mode="same")
        # the last frames lack their right neighbours; they are far from final anyway
        first, last = _MEMORY - LOOKAHEAD - FRAMES_PER_TICK, _MEMORY - LOOKAHEAD
        peaks, _ = find_peaks(smooth[first - _CONTEXT : _MEMORY - 2], prominence=PROMINENCE_DB, distance=MIN_DISTANCE)
        peaks += first - _CONTEXT
        peaks = peaks[(peaks >= first) & (peaks < last)]
        loudest = float(np.percentile(smooth[:-2], 95))
        enough = (smooth[peaks] > max(loudest - RANGE_DB, self._noise + ABOVE_NOISE_DB)) & (self._voiced[peaks] > VOICED)
        nuclei = np.zeros(FRAMES_PER_TICK, np.bool_)
        nuclei[peaks[enough] - first] = True
        return nuclei
