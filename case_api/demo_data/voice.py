"""How the made-up customers' voices went: up and down by themselves, calmer after words that work and not after others. Pure.

The effects are known because they are made up, so that whoever looks can see whether they are found: with their intervals, and "not enough
yet" where a script was shown too rarely. Only the months that a page looks at by itself are measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.prosody import CHUNK_SECONDS

Floats = NDArray[np.float64]
MEASURED: Final = timedelta(days=120)
STEP: Final = 0.5
EFFECTS: Final = {
    "opening-tea": -0.4,
    "first-understand": -0.7,
    "first-one-by-one": -0.45,
    "first-sorry-feel": 0.9,
    "again-facts": -0.1,
    "again-choice": -0.6,
    "complaint-record": -0.5,
}
"""Standard deviations of state, 30 s later; of all others none."""
FIRST: Final = (("first-understand", 5), ("first-one-by-one", 4), ("first-sorry-feel", 4), ("first-water", 1))
COMPLAINED: Final = (("complaint-record", 3), ("complaint-listen", 2))
AGAIN: Final = (("again-choice", 4), ("again-facts", 4), ("again-pause", 1))
TURN: Final = (9.0, 5.0)
"""Seconds that customer and staff speak in turn."""
RAISED: Final = 1.1
"""Standard deviations above calm at which words come up."""
APART: Final = 150.0
OPENED: Final = 110.0
"""Seconds after which words of greeting do nothing any more."""
MOST: Final = 3
SWINGS: Final[dict[str, tuple[float, ...]]] = {"agitated": (1.0,), "rising": (0.3, 0.2, 0.15, 0.1), "calm": (0.15, 0.08, 0.04)}
"""How much of the state a voice lets be heard, by the level that was reached: the first that the ear calls so, if it is asked."""
LOUD, RATE, PITCH = (-38.0, 2.6), (4.3, 0.45), (205.0, 22.0)
"""dB, syllables a second, Hz of a customer without any state, and for each deviation of it."""
Chunks = list[tuple[float, dict[str, Floats]]]
USUAL, SPREAD, LASTS = 0.5, 0.9, 40.0
"""A voice goes up and down around its usual state, by this much, and forgets within this many seconds."""


def went(seconds: float, seed: int) -> Floats:
    """The customer's state, `STEP` s apart, as it is when nobody does anything about it."""
    chance = np.random.default_rng(seed)
    keep = math.exp(-STEP / LASTS)
    steps = chance.normal(0, SPREAD * math.sqrt(1 - keep**2), int(seconds / STEP))
    level = float(chance.normal(0, SPREAD))
    values = np.empty(len(steps))
    for place, step in enumerate(steps):
        level = keep * level + float(step)
        values[place] = USUAL + level
    return values


def raised(state: Floats) -> list[float]:
    """Seconds at which words come up: the voice is raised, and the last words are a while ago."""
    found: list[float] = []
    for place in np.flatnonzero(state > RAISED):
        at = float(place) * STEP
        if len(found) < MOST and at > (found[-1] + APART if found else OPENED):
            found.append(at)
    return found


def measured(state: Floats, shown: Sequence[tuple[float, str]], seed: int, swing: float) -> Chunks:
    """(start, columns) of each chunk of the track, with what the scripts that were `shown` (at, id) did, of a voice that swings so much."""
    chance = np.random.default_rng(seed)
    at: Floats = np.arange(len(state), dtype=np.float64) * STEP
    score = state.copy()
    for when, script in shown:
        score += EFFECTS.get(script, 0.0) * _after(at - when)
    customer = (at % sum(TURN)) < TURN[0]
    for when, _ in shown:  # it is the customer who speaks before a prompt
        customer |= (at > when - TURN[0]) & (at < when)
    heard = USUAL + swing * (score - USUAL)
    loud = np.where(customer, LOUD[0] + LOUD[1] * heard, -41.0) + chance.normal(0, 0.8, len(at))
    columns = {
        "customer": np.where(customer, 0.9, 0.1),
        "score": np.where(customer, score, np.nan),
        "rate": np.where(customer, RATE[0] + RATE[1] * heard + chance.normal(0, 0.25, len(at)), 4.0),
        "loudness_short_term": loud,
        "loudness_momentary": loud + chance.normal(0, 1.5, len(at)),
        "pitch": np.where(customer, PITCH[0] + PITCH[1] * heard + chance.normal(0, 6, len(at)), 165 + chance.normal(0, 5, len(at))),
    }
    steps = round(CHUNK_SECONDS / STEP)
    return [(first * STEP, {name: column[first : first + steps] for name, column in columns.items()}) for first in range(0, len(at), steps)]


def whole(chunks: Chunks) -> dict[str, Floats]:
    """The columns of a track in one piece."""
    return {name: np.concatenate([columns[name] for _, columns in chunks]) for name in chunks[0][1]}


def _after(since: Floats) -> Floats:
    """What words do: all of it after half a minute, half of it lost after three."""
    held = np.maximum(since, 0)
    return np.where(since > 0, (1 - np.exp(-held / 10.0)) * np.exp(-held / 250.0), 0.0)
