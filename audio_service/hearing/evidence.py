"""How strongly a passage speaks for a raised voice, against this speaker's own calm: a matched filter over the four cues.

Each cue's deviation from the baseline in standard deviations, weighted by how much an agitated voice moves it, scaled to unit variance.
Loudness is believed only as far as pitch explains it: a phone moved nearer is louder and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audio_service.hearing.baseline import Baseline, Vector
from audio_service.hearing.cues import Cues, Passage, pooled
from models.settings_detection import DetectionSettings

LIMIT_LOW = -2.0
LIMIT_HIGH: Vector = np.array([2.0, 4.0, 4.0, 2.0])
"""One cue may not carry, or veto, the whole. Haste and brightness beyond what raised voices show (×1.26, +2.6 dB: 1.8 and 1.3 deviations)
are syllables miscounted in a short passage, and noise."""
DB_PER_SEMITONE = 3.0
"""A raised voice rises by about .4 st a dB. Loudness beyond what the pitch explains (at .33 st a dB) is the phone's doing."""
EARLY: Vector = np.array([0.05, 1.6, 0.7, 0.0])
"""Excess of an utterance's first second over its whole (declination), measured on calm real speech; falls off as one over the seconds."""
MIN_SECONDS = 1.3
"""Speech without which nothing is decided; how little it is counts in the deviations."""
POOL_SECONDS = 8.0
"""Speech that is pooled at most."""


@dataclass(frozen=True)
class Evidence:
    """Fused evidence, the same without loudness, loudness that no raised voice explains (dB), what agrees, and the change behind it all.

    `agree` is what the second strongest of the four cues shows: a phone that rides the gain leaves pitch and balance, a voice that hardly
    rises leaves rate and loudness. `size` is the score as if the passage had 3 s: how raised the voice is, not how sure that is. All but
    `unexplained` and `change` are in standard deviations.
    """

    score: float
    size: float
    effort: float
    unexplained: float
    agree: float
    passage: Passage
    change: Vector


class Scales:
    """Weighs passages as a site's settings say."""

    def __init__(self, settings: DetectionSettings) -> None:
        weights = np.array([settings.weight_rate, settings.weight_loudness, settings.weight_pitch, settings.weight_balance])
        others = weights * np.array([1.0, 0.0, 1.0, 1.0])
        self._all: Vector = weights / np.linalg.norm(weights)
        self._others: Vector = others / max(float(np.linalg.norm(others)), 1e-9)
        self._unexplained = settings.unexplained_db

    def weigh(self, passage: Passage, baseline: Baseline) -> Evidence | None:
        """A passage against the speaker's baseline; None while there is no baseline."""
        z = baseline.z(passage)
        if z is None or baseline.centre is None:
            return None
        change = np.array(passage.cues) - baseline.centre
        explained = self._unexplained + DB_PER_SEMITONE * max(change[2], 0.0)
        believed = explained / max(change[1], 1e-9)
        limited = np.clip(z, LIMIT_LOW, LIMIT_HIGH) * np.array([1.0, np.clip(believed, 0.0, 1.0), 1.0, 1.0])
        score = float(self._all @ limited)
        return Evidence(
            score=score,
            size=score * baseline.scatter(passage),
            effort=float(self._others @ limited),
            unexplained=float(max(0.0, change[1] - explained)),
            agree=float(np.partition(z, -2)[-2]),
            passage=passage,
            change=change,
        )

    def pools(self, passage: Passage, earlier: list[Passage], baseline: Baseline) -> list[Evidence]:
        """Evidence of the newest passage, alone and pooled with ever more of those before it (`earlier`, newest first)."""
        found: list[Evidence] = []
        pool: list[Passage] = []
        for part in [passage, *earlier]:
            pool.append(part)
            together = pooled(pool)
            if together.seconds >= MIN_SECONDS and (evidence := self.weigh(together, baseline)) is not None:
                found.append(evidence)
            if together.seconds >= POOL_SECONDS:
                break
        return found


def settled(passage: Passage) -> Passage:
    """A passage still being spoken as it will read once it is long: every utterance begins faster, louder and higher than it ends."""
    cues = np.array(passage.cues) - EARLY / max(passage.seconds, 1.0)
    return Passage(Cues(*(float(value) for value in cues)), passage.seconds, passage.syllables)
