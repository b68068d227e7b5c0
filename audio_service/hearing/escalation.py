"""From the customer's passages to a level: fused evidence, guards, hysteresis, cool-down.

The evidence is a matched filter: each cue's deviation from this customer's own baseline in standard deviations, weighted by how much an
agitated voice moves it, scaled to unit variance. It is taken over the passage being spoken and over that passage pooled with the one or two
before it, so a strong outburst is seen within one turn and a moderate one over two or three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audio_service.hearing.baseline import Baseline, Vector
from audio_service.hearing.cues import Cues, Passage, pooled
from audio_service.hearing.events import Calmed, Escalation
from audio_service.messages import Level
from models.settings_detection import DetectionSettings

WEIGHTS: Vector = np.array([1.2, 1.2, 2.0, 0.4])
"""How far a raised voice moves rate, loudness, pitch and balance, in standard deviations of a 3 s passage."""
LIMIT_LOW, LIMIT_HIGH = -2.0, 4.0
"""One cue may not carry, or veto, the whole."""
UNEXPLAINED_DB, DB_PER_SEMITONE = 1.5, 4.0
"""A raised voice rises by about .4 st a dB. Loudness beyond what the pitch explains (at .25 st a dB) is the phone's doing."""
MOVED_EFFORT, MOVED_DB = 1.0, 2.0
"""Further evidence wanted of the other cues once this many dB are unexplained."""
AGREE = 0.7
"""Standard deviations that one of rate and loudness, and one of pitch and balance, have to show."""
FIRST_SECONDS = 1.0
"""Speech of an utterance before it is looked at."""
EARLY: Vector = np.array([0.05, 1.6, 0.7, 0.0])
"""Excess of an utterance's first second over its whole (declination), measured on calm real speech; falls off as one over the seconds."""
MIN_SECONDS = 1.8
"""Speech without which nothing is decided."""
POOL_SECONDS = 8.0
"""Speech that is pooled at most."""
POOL_AGE = 25.0
"""Seconds after which an earlier passage is no longer pooled."""
RUSHED = 6.8
"""Syllables a second, two deviations over how fast people speak Mandarin (5.2 ± .8)."""
TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Evidence:
    """Fused evidence, the same without loudness, loudness that no raised voice explains (dB), what agrees, and the change behind it all."""

    score: float
    effort: float
    unexplained: float
    agree: bool
    passage: Passage
    change: Vector


def weigh(passage: Passage, baseline: Baseline) -> Evidence | None:
    """A passage against the speaker's baseline → evidence in standard deviations; None while there is no baseline."""
    z = baseline.z(passage)
    if z is None or baseline.centre is None:
        return None
    change = np.array(passage.cues) - baseline.centre
    explained = UNEXPLAINED_DB + DB_PER_SEMITONE * max(change[2], 0.0)
    believed = explained / max(change[1], 1e-9)
    limited = np.clip(z, LIMIT_LOW, LIMIT_HIGH) * np.array([1.0, np.clip(believed, 0.0, 1.0), 1.0, 1.0])
    others = np.array([1.0, 0.0, 1.0, 1.0]) * WEIGHTS
    return Evidence(
        score=float(WEIGHTS @ limited / np.linalg.norm(WEIGHTS)),
        effort=float(others @ limited / np.linalg.norm(others)),
        unexplained=float(max(0.0, change[1] - explained)),
        agree=bool(max(z[0], z[1]) >= AGREE and max(z[2], z[3]) >= AGREE),
        passage=passage,
        change=change,
    )


def settled(passage: Passage) -> Passage:
    """A passage still being spoken as it will read once it is long: every utterance begins faster, louder and higher than it ends."""
    cues = np.array(passage.cues) - EARLY / max(passage.seconds, 1.0)
    return Passage(Cues(*(float(value) for value in cues)), passage.seconds, passage.syllables)


class EscalationDetector:
    """Level of one customer. Fed with the passage being spoken (`listen`, each tick) and with finished ones (`finish`)."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._set = settings
        self.baseline = Baseline()
        self.level = Level.PROVISIONAL
        self.evidence: Evidence | None = None
        # finished passages, newest last, with the time each ended: still evidence, not yet baseline
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
        pools = self._pools(at, settled(passage)) if passage.seconds >= FIRST_SECONDS else []
        self.evidence = max(pools, key=lambda evidence: evidence.score, default=None)
        if self.evidence is None or not self._known:
            return []
        ready = self._strong(self.evidence)
        self._over = self._over + TICK_SECONDS if ready else 0.0
        if self._over >= self._set.hold and at >= self._held_until:
            return self._raise(at, self.evidence)
        if self._raised:
            return self._watch_clearing(at, pools[0])
        self.level = Level.RISING if self.evidence.score >= self._set.rising_at and self.evidence.agree else self._rest
        return []

    def finish(self, at: float, passage: Passage) -> None:
        """A passage of the customer's is complete."""
        self._recent.append((at, passage))
        # what is still pooled with the speech to come is learned later, or an outburst would teach the baseline its own beginning
        while self._recent and (not self._known or sum(earlier.seconds for _, earlier in self._recent[1:]) >= POOL_SECONDS):
            self._learn(self._recent.pop(0)[1])
        if self.level is Level.PROVISIONAL and self._known:
            self.level = self._rest

    def _strong(self, evidence: Evidence) -> bool:
        """A nearer phone makes every cue but loudness less certain, so the more of it there seems to be, the more the others must show."""
        effort = self._set.effort_at + MOVED_EFFORT * min(1.0, evidence.unexplained / MOVED_DB)
        return evidence.score >= self._set.raise_at and evidence.effort >= effort and evidence.agree

    @property
    def _rest(self) -> Level:
        """Calm, unless this customer has been rushing from the first word: then there is no calm to compare with, and none is claimed."""
        centre = self.baseline.centre
        return Level.PROVISIONAL if centre is not None and float(np.exp(centre[0])) >= RUSHED else Level.CALM

    @property
    def _known(self) -> bool:
        return self.baseline.seconds >= self._set.baseline_seconds

    def _learn(self, passage: Passage) -> None:
        """The baseline is frozen while raised, and takes no passage that looks raised itself (a nearer phone does not)."""
        if self._raised:
            return
        evidence = weigh(passage, self.baseline) if self._known else None
        if evidence is None or evidence.score < self._set.rising_at or evidence.effort < self._set.effort_at:
            self.baseline.learn(passage)

    def _pools(self, at: float, passage: Passage) -> list[Evidence]:
        """Evidence of the passage being spoken, alone and pooled with ever more of those before it."""
        found: list[Evidence] = []
        pool = [passage]
        for earlier in [None, *(past for ended, past in reversed(self._recent) if at - ended <= POOL_AGE)]:
            if earlier is not None:
                pool.append(earlier)
            together = pooled(pool)
            if together.seconds >= MIN_SECONDS and (evidence := weigh(together, self.baseline)) is not None:
                found.append(evidence)
            if together.seconds >= POOL_SECONDS:
                break
        return found

    def _watch_clearing(self, at: float, evidence: Evidence) -> list[Escalation | Calmed]:
        """`evidence` is the newest: earlier passages of the outburst itself must not keep it alive."""
        self._under = self._under + TICK_SECONDS if evidence.score < self._set.clear_at else 0.0
        if self._under < self._set.clear_after:
            return []
        self._raised, self._under, self.level = False, 0.0, self._rest
        self._recent.clear()
        return [Calmed(at)]

    def _raise(self, at: float, evidence: Evidence) -> list[Escalation | Calmed]:
        self._raised, self.level = True, Level.AGITATED
        if self._prompted_at is not None and at - self._prompted_at < self._set.cooldown:
            return []
        self._prompted_at = at
        return [
            Escalation(
                at=at,
                level=self.level,
                strength=evidence.score,
                rate_change=float(np.expm1(evidence.change[0])),
                loudness_change=float(evidence.change[1]),
                pitch_change=float(evidence.change[2]),
                balance_change=float(evidence.change[3]),
            )
        ]
