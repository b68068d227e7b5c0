"""Syllables of a stream: the nucleus network run over every tick, its answer final 0.28 s after the sound."""

from __future__ import annotations

import numpy as np

from audio_service.hearing import nuclei
from audio_service.hearing.embedding import BANDS
from audio_service.hearing.nuclei import NucleusNetwork
from audio_service.hearing.spectra import FRAMES_PER_TICK, Floats

_REACH = nuclei.KERNEL - 1
"""Frames that two layers of kernels reach to either side."""
LOOKAHEAD = nuclei.AVERAGE + _REACH
"""Frames after a sound before its syllables are known."""


class Syllables:
    """Keeps as many frames as the network needs to answer for one tick."""

    def __init__(self, network: NucleusNetwork) -> None:
        self._network = network
        answered = FRAMES_PER_TICK + 2 * _REACH
        self._mel = np.full((nuclei.PAST + answered + nuclei.AVERAGE, BANDS), -10.0, np.float32)
        self._strength = np.zeros(answered + nuclei.AVERAGE, np.float32)

    def push(self, mel: Floats, strength: Floats) -> Floats:
        """(10, 40) log-mel frames, (10,) voicing → (10,) syllables of the frames LOOKAHEAD earlier."""
        self._mel = np.concatenate((self._mel[FRAMES_PER_TICK:], mel))
        self._strength = np.concatenate((self._strength[FRAMES_PER_TICK:], strength))
        return self._network(nuclei.inputs(self._mel, self._strength[: -nuclei.AVERAGE]))
