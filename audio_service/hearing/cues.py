"""The four cues of a passage of speech: how fast, how loud, how high, how bright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio_service.hearing.loudness import OFFSET_DB
from audio_service.hearing.spectra import Floats, db, upper_quartile
from audio_service.hearing.syllables import LOOKAHEAD
from audio_service.hearing.track import FRAME_RATE

Bools = NDArray[np.bool_]

SPEECH = 0.5
VOICED = 0.6
OCTAVE_GUARD = 9.0
"""Semitones from the median beyond which an F0 value is taken for an octave error."""
BRIDGE = 30
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
    """Cues of one stretch of speech, the seconds of speech behind them, and all syllables heard in it."""

    cues: Cues
    seconds: float
    syllables: float


def measure(rows: Floats, unknown: int = LOOKAHEAD) -> Passage | None:
    """Track rows (n, 7) of one speaker → the passage's cues, or None when there is too little voice to measure.

    The syllables of the last `unknown` rows are not known yet. The rate leaves out what the voice network took for pauses; the count does
    not: in noise that network drops frames inside words, and the syllable network is silent in real pauses anyway.

    Loudness is the 75th percentile of the speech frames (pauses and weak finals do not count), pitch the 75th percentile of F0 (the high
    tone targets move most when a voice is raised, and depend least on which tones the words have), balance the ratio of the frames'
    summed energies (loud vowels weigh most, so the room's noise least).
    """
    speech = rows[:, 0] >= SPEECH
    voiced = rows[speech & (rows[:, 3] >= VOICED), 2]
    if len(voiced) < MIN_VOICED:
        return None
    centre = np.median(voiced)
    pitch = upper_quartile(voiced[np.abs(voiced - centre) <= OCTAVE_GUARD])
    talk = bridged(speech)[: len(rows) - unknown]
    syllables, seconds = float(np.sum(rows[: len(talk), 6][talk])), float(np.sum(talk)) / FRAME_RATE
    energy = rows[speech]
    return Passage(
        Cues(
            rate=float(np.log(max(syllables, 1.0) / max(seconds, 0.1))),
            loudness=upper_quartile(db(energy[:, 1])) + OFFSET_DB,
            pitch=pitch,
            balance=float(db(float(np.sum(energy[:, 5]))) - db(float(np.sum(energy[:, 4])))),
        ),
        seconds=float(np.sum(speech)) / FRAME_RATE,
        syllables=float(np.sum(rows[: len(rows) - unknown, 6])),
    )


def bridged(speech: Bools) -> Bools:
    """(n,) whether frames are speech → the same with gaps of up to BRIDGE frames counted as speech.

    The voice network drops frames inside words when it is noisy; syllables over what is left would look like haste.
    """
    at = np.flatnonzero(speech)
    gaps = np.diff(at)
    filled = speech.copy()
    for index in np.flatnonzero((gaps > 1) & (gaps <= BRIDGE + 1)):
        filled[at[index] : at[index + 1]] = True
    return filled


def pooled(passages: list[Passage]) -> Passage:
    """Several passages as one, weighted by their seconds of speech."""
    seconds = np.array([passage.seconds for passage in passages])
    mean = np.average(np.array([passage.cues for passage in passages]), axis=0, weights=seconds)
    return Passage(Cues(*(float(value) for value in mean)), float(np.sum(seconds)), sum(passage.syllables for passage in passages))
