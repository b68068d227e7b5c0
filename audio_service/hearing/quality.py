"""Warnings about the signal itself: clipping, too quiet, nothing heard, one voice only, a microphone that rides the gain."""

from __future__ import annotations

import numpy as np

from audio_service.hearing.events import SignalWarning
from audio_service.hearing.spectra import Floats
from audio_service.messages import Speaker, WarningCode
from models.settings_detection import DetectionSettings

CLIPPED = 0.985
CLIPPED_SAMPLES = 20
"""Samples of a tick at full scale that make it a clipped one."""
CLIPPED_TICKS = 5
QUIET_DB = -50.0
"""Loudness of speech under which the phone is too far away (75th percentile over an utterance)."""
ALONE_SECONDS = 45.0
"""Speech of a conversation by which two people should have been heard."""
ALONE_SHARE = 0.1
"""Share of it that is the customer's, under which they have not been: one voice is taken for the other, or is nobody's."""
REPEAT = 120.0
"""Seconds before the same warning is given again."""


class SignalQuality:
    """Counts what goes wrong; each warning is given at most once every REPEAT seconds."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._set = settings
        self._clipped = 0
        self._last_speech = 0.0
        self._talk = 0.0
        self._customers = 0.0
        self._given: dict[WarningCode, float] = {}

    def push(self, at: float, block: Floats, speaking: bool) -> list[SignalWarning]:
        """One tick ending at `at`."""
        if speaking:
            self._last_speech = at
        clipped = int(np.sum(np.abs(block) >= CLIPPED)) >= CLIPPED_SAMPLES
        self._clipped = min(2 * CLIPPED_TICKS, self._clipped + 1) if clipped else max(0, self._clipped - 1)
        if self._clipped >= CLIPPED_TICKS:
            return self._give(WarningCode.CLIPPING, at)
        if at - self._last_speech >= self._set.silence_warning:
            return self._give(WarningCode.NO_SPEECH, at)
        return []

    def utterance(self, at: float, loudness: float) -> list[SignalWarning]:
        """An utterance ended whose speech had this loudness (dB)."""
        return self._give(WarningCode.TOO_QUIET, at) if loudness < QUIET_DB else []

    def voices(self, at: float, speaker: Speaker, seconds: float, told_apart: bool) -> list[SignalWarning]:
        """An utterance with so many seconds of speech ended; `told_apart`: whether two voices of the session are known by now."""
        self._talk += seconds
        self._customers += seconds if speaker is Speaker.CUSTOMER else 0.0
        alone = not told_apart and self._talk >= ALONE_SECONDS and self._customers < ALONE_SHARE * self._talk
        return self._give(WarningCode.ONE_VOICE, at) if alone else []

    def once(self, code: WarningCode, at: float) -> list[SignalWarning]:
        """A warning that another part found."""
        return self._give(code, at)

    def _give(self, code: WarningCode, at: float) -> list[SignalWarning]:
        if at - self._given.get(code, -REPEAT) < REPEAT:
            return []
        self._given[code] = at
        return [SignalWarning(code, at)]
