"""What is normal for this speaker: robust centre and spread of the cues, shrunk towards what is normal for anybody."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audio_service.hearing.cues import Passage

Vector = NDArray[np.float64]

PASSAGE_SECONDS = 3.0
"""Length of speech that the spreads refer to; a passage of s seconds varies by √(3 / s) times as much."""
POPULATION_SPREAD: Vector = np.array([0.13, 1.5, 0.9, 2.0])
"""Standard deviation of one speaker's 3 s passages: ln rate, dB, semitones, dB (a real man's read sentences in a noisy room)."""
PRIOR_DOF = 16.0
"""A few calm minutes say little about how much a voice can vary: the population counts as much as sixteen passages."""
MEMORY = 40
"""Passages remembered (about two minutes of this speaker)."""
ANCHOR = 6
"""First passages, from which the centre may drift only so far."""
DRIFT: Vector = np.array([0.08, np.inf, 1.0, 1.0])
"""Largest drift from the anchor: a slow climb stays visible. Loudness may go anywhere: the phone may be moved."""
MIN_PASSAGES = 3


def weighted_median(values: Vector, weights: Vector) -> Vector:
    """(n, k) values, (n,) weights → (k,) medians."""
    order = np.argsort(values, axis=0)
    cumulative = np.cumsum(weights[order], axis=0)
    rows = np.argmax(cumulative >= 0.5 * cumulative[-1], axis=0)
    return np.asarray(np.take_along_axis(values, order, axis=0)[rows, np.arange(values.shape[1])])


class Baseline:
    """Centre and spread of one speaker's calm passages."""

    def __init__(self) -> None:
        self._passages: deque[Passage] = deque(maxlen=MEMORY)
        self._anchor: list[Passage] = []
        self.seconds = 0.0
        self.centre: Vector | None = None
        self._spread = POPULATION_SPREAD
        self._uncertainty = 1.0

    def learn(self, passage: Passage) -> None:
        """Adds a calm passage."""
        self._passages.append(passage)
        if len(self._anchor) < ANCHOR:
            self._anchor.append(passage)
        self.seconds += passage.seconds
        values, weights = _table(self._passages)
        anchor = weighted_median(*_table(self._anchor))
        median = weighted_median(values, weights)
        self.centre = np.clip(median, anchor - DRIFT, anchor + DRIFT)
        deviations = np.abs(values - median) * np.sqrt(weights / PASSAGE_SECONDS)[:, np.newaxis]
        spread = 1.4826 * weighted_median(deviations, weights)
        count = len(values)
        self._spread = np.sqrt((PRIOR_DOF * POPULATION_SPREAD**2 + count * spread**2) / (PRIOR_DOF + count))
        # a median is worth 64 % of a mean
        self._uncertainty = PASSAGE_SECONDS / (0.64 * float(np.sum(weights)))

    def shift(self, decibels: float) -> None:
        """What was heard so far, as it would have been with the phone where it is now."""
        self._passages = deque((_louder(passage, decibels) for passage in self._passages), MEMORY)
        self._anchor = [_louder(passage, decibels) for passage in self._anchor]
        if self.centre is not None:
            self.centre = self.centre + np.array([0.0, decibels, 0.0, 0.0])

    def z(self, passage: Passage) -> Vector | None:
        """Cues in standard deviations over the centre, the uncertainty of both counted; None before MIN_PASSAGES."""
        if self.centre is None or len(self._passages) < MIN_PASSAGES:
            return None
        return np.asarray((np.array(passage.cues) - self.centre) / (self._spread * self.scatter(passage)))

    def scatter(self, passage: Passage) -> float:
        """How much a calm passage of this length varies, as a multiple of the spread of one of PASSAGE_SECONDS."""
        return float(np.sqrt(PASSAGE_SECONDS / max(passage.seconds, 0.5) + self._uncertainty))


def _louder(passage: Passage, decibels: float) -> Passage:
    return replace(passage, cues=passage.cues._replace(loudness=passage.cues.loudness + decibels))


def _table(passages: deque[Passage] | list[Passage]) -> tuple[Vector, Vector]:
    return np.array([passage.cues for passage in passages]), np.array([passage.seconds for passage in passages])
