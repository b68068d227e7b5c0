"""Who holds the floor: who takes it from whom, how long nobody has it, how it is shared. Attributed utterances in, events out.

Voices are not separated, so only an interruption that changes who is heard shows: an utterance was cut where another voice took over, and
the sound did not drop there. Between turns it drops to the room even if the answer comes at once (docs/detection.md has the figures).
"""

from __future__ import annotations

from collections import deque

import numpy as np

from audio_service.hearing.events import Interrupted, LongSilence, VoiceEnd
from audio_service.hearing.spectra import Floats, db
from audio_service.messages import Speaker
from models.settings_detection import DetectionSettings

SHARE_SECONDS = 120.0
"""Talk of the last two minutes is what is shared."""
HELD = 1.0
"""Seconds somebody must have held the floor to be interrupted."""
TAKEN = 0.6
"""Seconds the other must then go on: shorter is a sign of listening (嗯, 对)."""
NO_DROP = 15.0
"""Drop of the sound (dB) at a change of speakers under which both were speaking: half of the overlaps lie under it, and nine of ten changes
without one over 18."""
LEAST_FRAMES = 150
_SMOOTH = 5


def drop(power: Floats) -> float:
    """(n,) power of 10 ms frames around a change of speakers → by how many dB its quietest 50 ms lie under the talk around it.

    Infinite where half a second and more is missing: then nobody is said to have interrupted.
    """
    if len(power) < LEAST_FRAMES:
        return float("inf")
    smooth = db(np.convolve(power, np.full(_SMOOTH, 1 / _SMOOTH, np.float32), mode="valid"))
    return float(np.percentile(smooth, 75) - np.min(smooth[len(smooth) // 4 : -(len(smooth) // 4)]))


class Floor:
    """One conversation's floor. Times are seconds of audio."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._silence = settings.silence_long
        self._last: VoiceEnd | None = None
        # the drop (dB) at which the utterance that is open was cut from the one before
        self._cut: float | None = None
        self._quiet_since = 0.0
        self._told = False
        self._talk: deque[VoiceEnd] = deque()

    def cut(self, drop_db: float) -> None:
        """The open utterance is cut at a change of speakers, where the sound drops by so much."""
        self._cut = drop_db

    def spoken(self, now: VoiceEnd) -> list[Interrupted]:
        """An utterance is over."""
        before, self._last = self._last, now
        cut, self._cut = self._cut, None
        self._talk.append(now)
        while self._talk[0].end < now.end - SHARE_SECONDS:
            self._talk.popleft()
        if before is None or cut is None or cut > NO_DROP or {before.speaker, now.speaker} != {Speaker.STAFF, Speaker.CUSTOMER}:
            return []
        long_enough = before.end - before.start >= HELD and now.end - now.start >= TAKEN
        return [Interrupted(now.start, now.speaker)] if long_enough else []

    def tick(self, at: float, speaking: bool) -> list[LongSilence]:
        """100 ms have passed. A silence is told once, when it has become long."""
        if speaking:
            self._quiet_since, self._told = at, False
        if self._told or self._last is None or at - self._quiet_since < self._silence:
            return []
        self._told = True
        return [LongSilence(self._quiet_since, at)]

    @property
    def customer_share(self) -> float | None:
        """The customer's share of the talk of the last two minutes, 0 to 1, of what is attributed; None before anything is."""
        seconds = {speaker: sum(one.end - one.start for one in self._talk if one.speaker is speaker) for speaker in Speaker}
        known = seconds[Speaker.STAFF] + seconds[Speaker.CUSTOMER]
        return seconds[Speaker.CUSTOMER] / known if known else None
