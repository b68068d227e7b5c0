"""The four cues of a passage of speech: how fast, how loud, how high, how bright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from audio_service.hearing.loudness import OFFSET_DB
from audio_service.hearing.spectra import Floats, db
from audio_service.hearing.syllables import LOOKAHEAD
from audio_service.hearing.track import FRAME_RATE

SPEECH = 0.5
VOICED = 0.6
OCTAVE_GUARD = 9.0
"""Semitones from the median beyond which an F0 value is taken for an octave error."""
MIN_VOICED = 20
"""Voiced frames (0.2 s) without which a passage has no pitch."""


class Cues(NamedTuple):
    """Natural logarithm of syllables per second, dB, semitones over 100 Hz, dB. The order is that of every vector of cues."""

    rate: float
    loudness: float
    pitch: float
    balance: float


@dataclass(frozen=True)
class Passage:
    """Cues of one stretch of speech and the seconds of speech behind them."""

    cues: Cues
    seconds: float
    syllables: float


def measure(rows: Floats) -> Passage | None:
    """Track rows (n, 7) of one speaker → the passage's cues, or None when there is too little voice to measure.

    Loudness is the 75th percentile of the speech frames (pauses and weak finals do not count), pitch the 75th percentile of F0 (the high
    tone targets move most when a voice is raised, and depend least on which tones the words have), balance the ratio of the frames'
    summed energies (loud vowels weigh most, so the room's noise least).
    """
    speech = rows[:, 0] >= SPEECH
    voiced = rows[speech & (rows[:, 3] >= VOICED), 2]
    if len(voiced) < MIN_VOICED:
        return None
    centre = np.median(voiced)
    pitch = np.percentile(voiced[np.abs(voiced - centre) <= OCTAVE_GUARD], 75)
    counted = speech[: len(rows) - LOOKAHEAD]
    syllables, seconds = float(np.sum(rows[: len(counted), 6])), float(np.sum(counted)) / FRAME_RATE
    energy = rows[speech]
    return Passage(
        Cues(
            rate=float(np.log(max(syllables, 1.0) / max(seconds, 0.1))),
            loudness=float(np.percentile(db(energy[:, 1]), 75)) + OFFSET_DB,
            pitch=float(pitch),
            balance=float(db(float(np.sum(energy[:, 5]))) - db(float(np.sum(energy[:, 4])))),
        ),
        seconds=float(np.sum(speech)) / FRAME_RATE,
        syllables=syllables,
    )


def pooled(passages: list[Passage]) -> Passage:
    """Several passages as one, weighted by their seconds of speech."""
    seconds = np.array([passage.seconds for passage in passages])
    mean = np.average(np.array([passage.cues for passage in passages]), axis=0, weights=seconds)
    return Passage(Cues(*(float(value) for value in mean)), float(np.sum(seconds)), sum(passage.syllables for passage in passages))
