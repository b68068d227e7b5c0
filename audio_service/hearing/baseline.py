"""What is normal for this speaker: robust centre and spread of the cues, shrunk towards what is normal for anybody."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from audio_service.hearing.cues import Passage

Vector = NDArray[np.float64]

PASSAGE_SECONDS = 3.0
"""Length of speech that the spreads refer to."""
POPULATION_SPREAD: Vector = np.array([0.11, 1.5, 1.1, 1.3])
"""Standard deviation of one speaker's 3 s passages: ln rate, dB, semitones, dB."""
PRIOR_DOF = 10.0
MEMORY = 40
"""Passages remembered (about two minutes of this speaker)."""
ANCHOR = 6
"""First passages, from which the centre may drift only so far."""
DRIFT: Vector = np.array([0.08, np.inf, 1.0, 1.0])
"""Largest drift from the anchor: a slow climb stays visible. Loudness may go anywhere: the phone may be moved."""
MIN_PASSAGES = 3


class Baseline:
    """Centre and spread of one speaker's calm passages."""

    def __init__(self) -> None:
        self._passages: deque[Vector] = deque(maxlen=MEMORY)
        self._anchor: list[Vector] = []
        self.seconds = 0.0
        self.centre: Vector | None = None
        self._spread = POPULATION_SPREAD

    def learn(self, passage: Passage) -> None:
        """Adds a calm passage."""
        cues = np.array(passage.cues)
        self._passages.append(cues)
        if len(self._anchor) < ANCHOR:
            self._anchor.append(cues)
        self.seconds += passage.seconds
        values = np.array(self._passages)
        anchor = np.median(np.array(self._anchor), axis=0)
        self.centre = np.clip(np.median(values, axis=0), anchor - DRIFT, anchor + DRIFT)
        deviation = 1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0)
        weight = len(values)
        self._spread = np.sqrt((PRIOR_DOF * POPULATION_SPREAD**2 + weight * deviation**2) / (PRIOR_DOF + weight))

    def z(self, passage: Passage) -> Vector | None:
        """Cues in standard deviations over the centre, the uncertainty of both counted; None before MIN_PASSAGES."""
        if self.centre is None or len(self._passages) < MIN_PASSAGES:
            return None
        uncertainty = PASSAGE_SECONDS / max(passage.seconds, 0.5) + 1.57 / len(self._passages)
        return np.asarray((np.array(passage.cues) - self.centre) / (self._spread * np.sqrt(uncertainty)))
