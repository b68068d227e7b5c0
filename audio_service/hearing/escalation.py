"""From the customer's passages and words to a level: thresholds, guards, hysteresis, cool-down.

Evidence is taken over the passage being spoken and over that passage pooled with those before it, so a strong outburst is seen within one
turn and a moderate one over two or three. Grave words lower what the voice has to show, glad ones raise it; words alone raise nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from audio_service.hearing.baseline import Baseline
from audio_service.hearing.cues import Passage, pooled
from audio_service.hearing.events import Calmed, Escalation
from audio_service.hearing.evidence import MIN_SECONDS, POOL_SECONDS, Evidence, Scales, settled
from audio_service.hearing.wording import Standing, Words
from audio_service.messages import Level
from models.settings_detection import DetectionSettings

MOVED_DB = 2.0
"""Loudness (dB) beyond what a raised voice explains at which the phone was surely moved."""
STEP_SECONDS = 6.0
"""Speech, of two passages or more, by which a change of loudness alone is believed to be the phone's."""
STEP_EFFORT = 1.0
"""Evidence without the level cue from which a change of loudness may be the customer's own."""
FIRST_SECONDS = 1.0
"""Speech of an utterance before it is looked at."""
POOL_AGE = 25.0
"""Seconds after which an earlier passage is no longer pooled."""
JUST_SAID = 6.0
"""Seconds back from the moment words count in which the voice may have shown what they confirm (an utterance, and the time text takes)."""
RUSHED = 6.8
"""Syllables a second, two deviations over how fast people speak Mandarin (5.2 ± .8)."""
TICK_SECONDS = 0.1
AFRESH = 0.5
"""Share of the cool-down that is left once the customer has calmed for RESTED: a new outburst is news."""
WORSE_AFTER = 1 / 3
"""Share of the cool-down after which `worse_by` is told: what the first prompt says has been read and tried by then."""
RESTED = 10.0
"""Seconds after the end of an outburst within which a raised voice is rather its rest than a new one."""
CLEARLY = 0.5
"""Share of `clear_at` under which a passage counts twice for the end of an outburst."""
CALM_SECONDS = 1.8
"""Speech without which nothing is called calm again."""
LOW_PASSAGES = 2
"""Calm passages that end an outburst at least: inside one, every tenth turn or so sounds calm."""


class EscalationDetector:
    """Level of one customer: hears the passage being spoken (`listen`, each tick), finished ones (`finish`) and words (`heed`)."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._set = settings
        self._scales = Scales(settings)
        self._words = Standing()
        self.baseline = Baseline()
        self.level = Level.PROVISIONAL
        self.evidence: Evidence | None = None
        self._seen_at = 0.0
        self._shown: deque[tuple[float, Evidence]] = deque(maxlen=round(JUST_SAID / TICK_SECONDS))
        # finished passages, newest last, with the time each ended: still evidence, not yet baseline
        self._recent: list[tuple[float, Passage]] = []
        self._over = 0.0
        self._under = 0.0
        self._low = 0
        # passages too short to be judged alone
        self._unjudged: list[Passage] = []
        self._raised = False
        # dB by which the phone lies nearer than at first
        self._nearer = 0.0
        self._prompted_at: float | None = None
        # how raised the voice was in the passage that prompted last, and whether it is still being spoken
        self._told = 0.0
        self._telling = False
        self._calmed_at: float | None = None

    @property
    def raising(self) -> bool:
        """Whether the voice is over the threshold, if not long enough yet."""
        return self._over > 0.0

    def listen(self, at: float, passage: Passage) -> list[Escalation]:
        """One tick of customer speech: the passage being spoken, up to `at`."""
        pools = self._pools(at, settled(passage)) if passage.seconds >= FIRST_SECONDS else []
        self.evidence = max(pools, key=lambda evidence: evidence.score, default=None)
        self._seen_at = at
        if self.evidence is None or not self._known:
            return []
        self._note(at, self.evidence)
        # what was shouted before begins no outburst anew while the customer speaks calmly
        goes_on = not self._raised or (passage.seconds >= MIN_SECONDS and pools[0].score >= self._set.clear_at)
        self._over = self._over + TICK_SECONDS if goes_on and self._strong(self.evidence, self._words.share(at)) else 0.0
        if 0.0 < self._over >= self._set.hold:
            return self._raise(at, self.evidence)
        if not self._raised:
            rising = self.evidence.score >= self._set.rising_at and self.evidence.agree >= self._set.agree_at
            self.level = Level.RISING if rising else self._rest
        return []

    def heed(self, at: float, words: Words) -> list[Escalation]:
        """The customer's words count from now on; they may confirm what the voice just showed."""
        self._words.say(words)
        while self._shown and at - self._shown[0][0] > JUST_SAID:
            self._shown.popleft()
        share = self._words.share(at)
        confirmed = [evidence for _, evidence in self._shown if self._strong(evidence, share)] if words.anger > 0 else []
        return self._raise(at, max(confirmed, key=lambda evidence: evidence.score)) if confirmed else []

    def finish(self, at: float, passage: Passage) -> list[Escalation | Calmed]:
        """A passage of the customer's is complete, and judged as a whole: short ones never get as far as to `hold`."""
        events: list[Escalation | Calmed] = [*self._judge_whole(at, passage)]
        self._telling = False
        events += self._judge_calm(at, passage) if self._raised else []
        self._recent.append((at, passage))
        self._follow_phone(at)
        # what is still pooled with the speech to come is learned later, or an outburst would teach the baseline its own beginning
        while self._recent and (not self._known or sum(earlier.seconds for _, earlier in self._recent[1:]) >= POOL_SECONDS):
            self._learn(self._recent.pop(0)[1])
        if self.level is Level.PROVISIONAL and self._known:
            self.level = self._rest
        return events

    def recall(self, passages: Sequence[Passage]) -> None:
        """Passages of a while ago turn out to have been this customer's."""
        for passage in passages:
            self._learn(passage)

    def wait(self, at: float) -> None:
        """Time passes without the customer: nobody is called agitated who has not been heard for long."""
        if self.level is Level.AGITATED and at - self._seen_at >= self._set.fade_after:
            self.level = Level.RISING

    def _strong(self, evidence: Evidence, words: float) -> bool:
        """Whether this is enough, with `words` (−1 to 1) for or against it.

        A nearer phone makes every cue but loudness less certain, so the more of it there seems to be, the more the others must show. Grave
        words are a second witness: the cues then need not agree among themselves.
        """
        needed = max(0.0, self._set.raise_at - words * self._set.words_weight)
        effort = needed / self._set.raise_at * self._set.effort_at
        effort += self._set.moved_effort * min(1.0, evidence.unexplained / MOVED_DB)
        return evidence.score >= needed and evidence.effort >= effort and (words > 0 or evidence.agree >= self._set.agree_at)

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
        evidence = self._scales.weigh(passage, self.baseline) if self._known else None
        if evidence is None or evidence.score < self._set.rising_at or evidence.effort < self._set.effort_at:
            self.baseline.learn(passage)

    def _follow_phone(self, at: float) -> None:
        """The phone was moved: what was heard before is taken as it would sound now, or every later passage would have half its evidence.

        Never below where it lay first: a customer who becomes quiet is no phone moved away, and their usual voice no outburst then.
        """
        if self._raised or not self._known or self._words.share(at) > 0:
            return
        newest: list[Passage] = []
        for _, passage in reversed(self._recent):
            newest.append(passage)
            if sum(part.seconds for part in newest) >= STEP_SECONDS:
                break
        whole = pooled(newest)
        evidence = self._scales.weigh(whole, self.baseline)
        if len(newest) < 2 or whole.seconds < STEP_SECONDS or evidence is None or evidence.effort >= STEP_EFFORT:
            return
        assert self.baseline.centre is not None  # there is evidence
        steps = [part.cues.loudness - float(self.baseline.centre[1]) for part in newest]
        step = max(float(np.median(steps)), -self._nearer)
        if min(steps) * max(steps) > 0 and abs(step) >= self._set.moved_step <= 2 * min(map(abs, steps)):
            self._nearer += step
            self.baseline.shift(step)

    def _pools(self, at: float, passage: Passage) -> list[Evidence]:
        earlier = [past for ended, past in reversed(self._recent) if at - ended <= POOL_AGE]
        return self._scales.pools(passage, earlier, self.baseline)

    def _note(self, at: float, evidence: Evidence) -> None:
        """What the voice shows now: words may confirm it, and what it showed when it last prompted is no news."""
        self._shown.append((at, evidence))
        if self._telling:
            self._told = max(self._told, evidence.size)

    def _judge_whole(self, at: float, passage: Passage) -> list[Escalation]:
        """A complete passage needs no discount for its beginning, and it lasted as long as it lasted."""
        pools = self._pools(at, passage) if self._known else []
        if not pools:
            return []
        self._note(at, max(pools, key=lambda evidence: evidence.score))
        if self._raised and pools[0].score < self._set.clear_at:
            return []
        strong = [evidence for evidence in pools if self._strong(evidence, self._words.share(at))]
        return self._raise(at, max(strong, key=lambda evidence: evidence.score)) if strong else []

    def _judge_calm(self, at: float, passage: Passage) -> list[Calmed]:
        """Several passages, each calm alone and calm together: one low turn inside an outburst ends nothing, old ones keep none alive."""
        self._unjudged.append(passage)
        whole = pooled(self._unjudged)
        alone = self._scales.weigh(whole, self.baseline)
        if alone is None or whole.seconds < CALM_SECONDS:
            return []
        self._unjudged.clear()
        if alone.score >= self._set.clear_at:
            self._under, self._low = 0.0, 0
            return []
        self._under += whole.seconds * (2.0 if alone.score < CLEARLY * self._set.clear_at else 1.0)
        self._low += 1
        if self._low < LOW_PASSAGES or self._under < self._set.clear_after or not self._calm_together(at, passage):
            return []
        self._raised, self._over, self._under, self._low, self.level = False, 0.0, 0.0, 0, self._rest
        self._calmed_at = at
        self._recent.clear()
        return [Calmed(at)]

    def _calm_together(self, at: float, passage: Passage) -> bool:
        """Whether the newest `clear_after` seconds, or all that is recent, are calm as one."""
        pools = self._pools(at, passage)
        newest = next((pool for pool in pools if pool.passage.seconds >= self._set.clear_after), pools[-1] if pools else None)
        return newest is None or newest.score < self._set.clear_at

    def _raise(self, at: float, evidence: Evidence) -> list[Escalation]:
        self._raised = True
        # with the words' help only is no more than rising
        level = Level.AGITATED if self._strong(evidence, 0.0) else Level.RISING
        self.level = level if self.level is not Level.AGITATED else self.level
        if self._prompted_at is not None and at - self._prompted_at < self._set.cooldown * self._cooled(at, evidence):
            return []
        self._prompted_at, self._told, self._telling, self._calmed_at = at, evidence.size, True, None
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

    def _cooled(self, at: float, evidence: Evidence) -> float:
        """Share of the cool-down that has to be over before the next prompt: less where it is news."""
        if self._calmed_at is not None:
            return AFRESH if at - self._calmed_at >= RESTED else 1.0
        return WORSE_AFTER if evidence.size >= self._told + self._set.worse_by and self._strong(evidence, 0.0) else 1.0
