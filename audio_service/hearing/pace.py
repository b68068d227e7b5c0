"""The staff member's own pace against their own: the one thing about them that is told, to them alone, and only if they asked for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from audio_service.hearing.baseline import Baseline
from audio_service.hearing.cues import Passage, pooled
from audio_service.hearing.events import StaffHurried

KNOWN_SECONDS = 20.0
"""Their speech without which nothing is said of their pace."""
POOL_SECONDS = 8.0
"""Speech that is looked at together: a fast half sentence is no haste."""
HURRIED = 2.5
"""Standard deviations over their own pace."""
FASTER = 0.12
"""And by this share at least, which a listener would notice."""
AGAIN = 90.0
"""Seconds between two nudges."""


class StaffPace:
    """Hears the passages attributed to staff. All enrolled voices at a table count as one."""

    def __init__(self) -> None:
        self._baseline = Baseline()
        self._recent: deque[Passage] = deque()
        self._told_at: float | None = None

    def finish(self, at: float, passages: Iterable[Passage]) -> list[StaffHurried]:
        """Passages of an utterance that ended at `at` (s). What is fast itself does not teach what is usual."""
        events: list[StaffHurried] = []
        for passage in passages:
            self._recent.append(passage)
            while sum(one.seconds for one in self._recent) - self._recent[0].seconds >= POOL_SECONDS:
                usual = self._recent.popleft()
                if not self._hurried(usual):
                    self._baseline.learn(usual)
            events += self._judge(at)
        return events

    def _judge(self, at: float) -> list[StaffHurried]:
        lately = pooled(list(self._recent))
        centre = self._baseline.centre
        if centre is None or lately.seconds < POOL_SECONDS or not self._hurried(lately):
            return []
        if self._told_at is not None and at - self._told_at < AGAIN:
            return []
        self._told_at = at
        return [StaffHurried(at, float(np.expm1(lately.cues.rate - centre[0])))]

    def _hurried(self, passage: Passage) -> bool:
        if self._baseline.seconds < KNOWN_SECONDS or self._baseline.centre is None:
            return False
        z = self._baseline.z(passage)
        return z is not None and bool(z[0] >= HURRIED) and float(np.expm1(passage.cues.rate - self._baseline.centre[0])) >= FASTER
