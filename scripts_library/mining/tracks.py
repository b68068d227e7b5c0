"""What the customer's voice did before and after a moment. Pure: arrays in, measurements out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HORIZONS = (15, 30, 60)
"""Seconds after a prompt at which the customer is looked at again."""
COLUMNS = ("customer", "score", "rate", "loudness_short_term")
MEASURES = ("score", "rate", "loudness")
"""State (standard deviations above this customer's calm), syllables a second, dB."""
BEFORE_SECONDS = 8.0
AROUND_SECONDS = 6.0
"""A horizon is the mean over this long on either side: one syllable is no measurement."""
CUSTOMER_SURE = 0.5
FEWEST_STEPS = 5
"""Tenths of a second of the customer's speech without which nothing was measured."""
APART_SECONDS = 20.0
RAISED, HIGH = 1.0, 2.2
AFTER_PROMPT_SECONDS = 75.0


@dataclass(frozen=True, slots=True)
class Track:
    """A conversation's measurements from its start, `step` s apart; NaN where there was nothing to measure. Each (n,)."""

    step: float
    customer: Floats
    score: Floats
    rate: Floats
    loudness: Floats

    @classmethod
    def of(cls, step: float, columns: Mapping[str, NDArray[np.float32]]) -> Track:
        """From the columns that the ear stores (`audio_service.hearing.ROW`)."""
        return cls(step, *(np.asarray(columns[name], np.float64) for name in COLUMNS))

    def means(self, begin: float, end: float) -> Floats:
        """Mean score, rate and loudness of the customer's own speech in [begin, end) s, (3,); NaN where too little was said."""
        span = slice(max(0, round(begin / self.step)), max(0, round(end / self.step)))
        speaks = np.nan_to_num(self.customer[span]) >= CUSTOMER_SURE
        return np.array([_mean(column[span][speaks]) for column in (self.score, self.rate, self.loudness)])


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) >= FEWEST_STEPS else float("nan")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment and what followed. `before` (5,): the measures, the score's change over the last seconds, minutes into the conversation.

    `after[h]` (3,) is the change of each measure h seconds later. `script_id` is what was shown or, at a withheld prompt, not shown; empty
    where no prompt was called for. `fresh`: no other prompt came lately, so that what follows is this one's doing. `lot`: of 10 000 prompts
    like this so many were withheld by lot; 0 where it was shown in any case.
    """

    session_id: str
    staff_id: str
    band: str
    situation: str
    script_id: str
    shown: bool
    before: Floats
    after: Mapping[int, Floats]
    fresh: bool = True
    lot: int = 0


def measure(
    track: Track,
    at: float,
    session_id: str,
    staff_id: str,
    situation: str = "",
    script_id: str = "",
    shown: bool = False,
    fresh: bool = True,
    lot: int = 0,
) -> Moment:
    """The moment at `at` s of a conversation."""
    now = track.means(at - BEFORE_SECONDS, at)
    rising = now[0] - track.means(at - 2.5 * BEFORE_SECONDS, at - BEFORE_SECONDS)[0]
    before = np.array([*now, np.nan_to_num(rising), at / 60.0])
    after = {horizon: track.means(at + horizon - AROUND_SECONDS, at + horizon + AROUND_SECONDS) - now for horizon in HORIZONS}
    return Moment(session_id, staff_id, band(float(now[0])), situation, script_id, shown, before, after, fresh, lot)


def band(score: float) -> str:
    """How far up the customer's state is: only moments of one band are compared."""
    return "high" if score >= HIGH else "raised" if score >= RAISED else "low"


def unprompted(track: Track, prompts: Sequence[float]) -> list[float]:
    """Moments (s) to compare with: the customer speaks, no prompt came lately, and they are apart. `prompts` includes withheld ones.

    A prompt that comes *after* such a moment does not rule it out: whoever then goes up is prompted, and without them only those would be
    left who calmed down by themselves.
    """
    last = len(track.score) * track.step - max(HORIZONS)
    apart = map(float, np.arange(2 * BEFORE_SECONDS, last, APART_SECONDS))
    return [at for at in apart if is_fresh(at, prompts) and np.isfinite(track.means(at - BEFORE_SECONDS, at)[0])]


def is_fresh(at: float, prompts: Sequence[float]) -> bool:
    """Whether none of the `prompts` (s) came so shortly before `at` that it may still work."""
    return not any(at - AFTER_PROMPT_SECONDS < said < at for said in prompts)
