"""From the customer's passages to a level: fused evidence, guards, hysteresis, cool-down.

The evidence is a matched filter: each cue's deviation from this customer's own baseline in standard deviations, weighted by how much an
agitated voice moves it, scaled to unit variance. It is taken over the passage being spoken and over that passage pooled with the one or two
before it, so a strong outburst is seen within one turn and a moderate one over two or three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audio_service.hearing.baseline import Baseline, Vector
from audio_service.hearing.cues import Passage, pooled
from audio_service.hearing.events import Calmed, Escalation
from audio_service.messages import Level
from models.settings_detection import DetectionSettings

WEIGHTS: Vector = np.array([1.0, 1.5, 1.5, 0.8])
"""How far a raised voice moves rate, loudness, pitch and balance, in standard deviations of a 3 s passage."""
LIMIT_LOW, LIMIT_HIGH = -2.0, 4.0
"""One cue may not carry, or veto, the whole."""
AGREE = 0.7
"""Standard deviations that one of rate and loudness, and one of pitch and balance, have to show."""
MIN_SECONDS = 1.8
"""Speech without which nothing is decided."""
POOL_AGE = 25.0
"""Seconds after which an earlier passage is no longer pooled."""
TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Evidence:
    """Fused evidence, the same without loudness, and the passage and z behind it."""

    score: float
    effort: float
    agree: bool
    passage: Passage
    z: Vector


def weigh(passage: Passage, z: Vector) -> Evidence:
    """z of rate, loudness, pitch, balance → evidence in standard deviations."""
    limited = np.clip(z, LIMIT_LOW, LIMIT_HIGH)
    others = np.array([1.0, 0.0, 1.0, 1.0]) * WEIGHTS
    return Evidence(
        score=float(WEIGHTS @ limited / np.linalg.norm(WEIGHTS)),
        effort=float(others @ limited / np.linalg.norm(others)),
        agree=bool(max(z[0], z[1]) >= AGREE and max(z[2], z[3]) >= AGREE),
        passage=passage,
        z=z,
    )


class EscalationDetector:
    """Level of one customer. Fed with the passage being spoken (`listen`, each tick) and with finished ones (`finish`)."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._set = settings
        self.baseline = Baseline()
        self.level = Level.PROVISIONAL
        self.evidence: Evidence | None = None
        # finished passages, newest last, with the time each ended; they teach the baseline only once two newer ones are there
        self._recent: list[tuple[float, Passage]] = []
        self._over = 0.0
        self._under = 0.0
        self._raised = False
        self._prompted_at: float | None = None
        self._held_until = 0.0

    def hold_back(self, until: float) -> None:
        """The words lane heard praise or laughter: no escalation before `until`, whatever the voice does."""
        self._held_until = max(self._held_until, until)

    def listen(self, at: float, passage: Passage) -> list[Escalation | Calmed]:
        """One tick of customer speech: the passage being spoken, up to `at`."""
        self.evidence = self._strongest(at, passage)
        if self.evidence is None or self.baseline.seconds < self._set.baseline_seconds:
            return []
        events: list[Escalation | Calmed] = []
        if self._raised:
            events += self._watch_clearing(at, self.evidence)
        ready = self.evidence.score >= self._set.raise_at and self.evidence.effort >= self._set.effort_at and self.evidence.agree
        self._over = self._over + TICK_SECONDS if ready else 0.0
        if self._over >= self._set.hold and at >= self._held_until:
            events += self._raise(at, self.evidence)
        if not self._raised:
            self.level = Level.RISING if self.evidence.score >= self._set.rising_at and self.evidence.agree else Level.CALM
        return events

    def finish(self, at: float, passage: Passage) -> None:
        """A passage of the customer's is complete."""
        self._over = 0.0
        self._recent.append((at, passage))
        if len(self._recent) > 2:
            self._learn(self._recent.pop(0)[1])
        if self.level is Level.PROVISIONAL and not self._raised and self.baseline.seconds >= self._set.baseline_seconds:
            self.level = Level.CALM

    def _learn(self, passage: Passage) -> None:
        """The baseline is frozen while raised, and takes no passage that looks raised itself (a nearer phone does not)."""
        if self._raised:
            return
        z = self.baseline.z(passage)
        if z is not None:
            evidence = weigh(passage, z)
            if evidence.score >= self._set.rising_at and evidence.effort >= self._set.effort_at:
                return
        self.baseline.learn(passage)

    def _strongest(self, at: float, passage: Passage) -> Evidence | None:
        candidates: list[Evidence] = []
        pool = [passage]
        for ended, earlier in [(at, None), *reversed(self._recent)]:
            if at - ended > POOL_AGE:
                break
            if earlier is not None:
                pool.append(earlier)
            together = pooled(pool)
            z = self.baseline.z(together)
            if z is not None and together.seconds >= MIN_SECONDS:
                candidates.append(weigh(together, z))
        return max(candidates, key=lambda evidence: evidence.score, default=None)

    def _watch_clearing(self, at: float, evidence: Evidence) -> list[Escalation | Calmed]:
        self._under = self._under + TICK_SECONDS if evidence.score < self._set.clear_at else 0.0
        if self._under < self._set.clear_after:
            return []
        self._raised, self._under = False, 0.0
        self.level = Level.CALM
        return [Calmed(at)]

    def _raise(self, at: float, evidence: Evidence) -> list[Escalation | Calmed]:
        self._raised, self.level = True, Level.AGITATED
        if self._prompted_at is not None and at - self._prompted_at < self._set.cooldown:
            return []
        self._prompted_at = at
        assert self.baseline.centre is not None  # evidence exists only against a baseline
        change = np.array(evidence.passage.cues) - self.baseline.centre
        return [
            Escalation(
                at=at,
                level=self.level,
                strength=evidence.score,
                rate_change=float(np.expm1(change[0])),
                loudness_change=float(change[1]),
                pitch_change=float(change[2]),
                balance_change=float(change[3]),
            )
        ]
