"""The embedding windows of the open utterance, and the change of speaker inside it."""

from __future__ import annotations

import numpy as np

from audio_service.hearing.embedding import BANDS, WINDOW_FRAMES
from audio_service.hearing.networks import HearingModels
from audio_service.hearing.speaker import Heard, Voices
from audio_service.hearing.spectra import Floats
from audio_service.hearing.track import FRAME_RATE

STRIDE = 50
"""Frames between windows (0.5 s)."""
SURE = 1.4
"""Log-odds (posterior .8) that two windows on either side of a change have to show."""
_KEEP = 160


class UtteranceWindows:
    """The stream's last log-mel frames and the speaker windows of the utterance that is open."""

    def __init__(self, models: HearingModels, voices: Voices) -> None:
        self._models = models
        self._voices = voices
        self._frames = np.zeros((_KEEP, BANDS), np.float32)
        self._end = 0
        self._next: int | None = None
        self.heard = Heard()

    def open(self, at: float) -> None:
        """An utterance starts at `at`."""
        self.heard = Heard()
        self._next = round(at * FRAME_RATE) + WINDOW_FRAMES

    def push(self, mel: Floats, speaking: bool) -> None:
        """(10, 40) log-mel frames; runs a window when one is due and somebody speaks."""
        self._frames = np.concatenate((self._frames[len(mel) :], mel))
        self._end += len(mel)
        if self._next is not None and speaking and self._end >= self._next:
            self._next = self._end + STRIDE
            self._hear(self._frames[-WINDOW_FRAMES:])

    def close(self, start: float, end: float) -> Heard:
        """The utterance [start, end] is over → what was heard. A short one is heard once, its frames repeated to fill a window."""
        if not self.heard.vectors:
            first, last = round(start * FRAME_RATE) - self._end, round(end * FRAME_RATE) - self._end
            frames = self._frames[first : last or None][-WINDOW_FRAMES:]
            if len(frames):
                self._hear(np.resize(frames, (WINDOW_FRAMES, BANDS)))
        self._next = None
        return self.heard

    def change(self) -> tuple[float, float] | None:
        """Times between which the speaker changed: the two newest windows are surely one side's, one shortly before surely the other's."""
        ends, vectors = self.heard.ends, self.heard.vectors
        if len(ends) < 3:
            return None
        odds = self._voices.log_odds(np.stack(vectors[-4:]))
        side = float(np.sign(odds[-1]))
        if np.any(side * odds[-2:] < SURE):
            return None
        for back in range(3, len(odds) + 1):
            if side * odds[-back] <= -SURE:
                return ends[-back] - 0.5, ends[-2] - 0.2
        return None

    def _hear(self, frames: Floats) -> None:
        self.heard.ends.append(self._end / FRAME_RATE)
        self.heard.vectors.append(self._models.embed(frames[np.newaxis])[0])
