"""The embedding windows of the open utterance, and the change of speaker inside it."""

from __future__ import annotations

import numpy as np

from audio_service.hearing.embedding import BANDS, WINDOW_FRAMES
from audio_service.hearing.enrolment import unit
from audio_service.hearing.networks import HearingModels
from audio_service.hearing.speaker import Heard, Voices
from audio_service.hearing.spectra import Floats
from audio_service.hearing.track import FRAME_RATE

STRIDE = 50
"""Frames between windows (0.5 s)."""
SURE = 1.4
"""Log-odds (posterior .8) that two windows on either side of a change have to show."""
SURE_ALONE = 2.2
"""Log-odds (posterior .9) that the first window after a short pause has to show to be believed alone."""
UNLIKE = 0.58
"""Cosine of two windows to those before them under which another voice has begun: 1 % of a voice's own are lower, half of the others'."""
TOGETHER = 2
"""Windows that are run at once after an utterance's first: two take a third less time than one and one."""
_KEEP = 200
_NONE = (0, 0.0)
_LATEST = STRIDE + 20
"""Frames after which a window is run alone: its frames are not kept for ever."""


class UtteranceWindows:
    """The stream's last log-mel frames and the speaker windows of the utterance that is open."""

    def __init__(self, models: HearingModels, voices: Voices) -> None:
        self._models = models
        self._voices = voices
        self._frames = np.zeros((_KEEP, BANDS), np.float32)
        self._end = 0
        self._next: int | None = None
        # ends of windows that are due but not run yet
        self._due: list[int] = []
        # windows up to which a change was looked for: each is the newest once, though they come in twos
        self._compared = 0
        # the window that begins with the talk after a short pause: (its end, where the talk before stopped)
        self._fresh = _NONE
        self.heard = Heard()

    def open(self, at: float) -> None:
        """An utterance starts at `at`."""
        self.heard = Heard()
        self._compared = 0
        self._due.clear()
        self._fresh = _NONE
        self._next = round(at * FRAME_RATE) + WINDOW_FRAMES

    def resume(self, at: float, stopped: float) -> None:
        """The talk that stopped at `stopped` goes on at `at`, perhaps as somebody else's: a window is due that holds nothing of before."""
        self._fresh = (round(at * FRAME_RATE) + WINDOW_FRAMES, stopped)

    def push(self, mel: Floats, speaking: bool) -> None:
        """(10, 40) log-mel frames; a window is due every STRIDE while somebody speaks."""
        self._frames = np.concatenate((self._frames[len(mel) :], mel))
        self._end += len(mel)
        end, stopped = self._fresh
        fresh = self._end - len(mel) < end <= self._end
        if self._next is not None and speaking and (fresh or self._end >= self._next):
            self._next = self._end + STRIDE
            self._due.append(self._end)
            if fresh:
                self._fresh = (self._end, stopped)
        if self._due and (fresh or not self.heard.vectors or len(self._due) == TOGETHER or self._end - self._due[0] >= _LATEST):
            self.settle()

    def settle(self) -> None:
        """Runs what is due: the utterance is about to be cut, or is over."""
        if not self._due:
            return
        places = [len(self._frames) - (self._end - end) for end in self._due]
        self._hear(self._due, np.stack([self._frames[place - WINDOW_FRAMES : place] for place in places]))
        self._due.clear()

    def close(self, start: float, end: float) -> Heard:
        """The utterance [start, end] is over → what was heard. A short one is heard once, its frames repeated to fill a window."""
        self.settle()
        if not self.heard.vectors:
            first, last = round(start * FRAME_RATE) - self._end, round(end * FRAME_RATE) - self._end
            frames = self._frames[first : last or None][-WINDOW_FRAMES:]
            if len(frames):
                self._hear([self._end], np.resize(frames, (1, WINDOW_FRAMES, BANDS)))
        self._next = None
        return self.heard

    def change(self) -> tuple[float, float] | None:
        """Times between which the speaker changed: the two newest windows are surely one side's, one shortly before surely the other's.

        After a short pause one window is enough, and the pause is the place. Before the sides are known: the two newest windows are
        unlike the up to four before them.
        """
        while self._compared < len(self.heard.ends):
            self._compared += 1
            found = self._changed(self.heard.ends[: self._compared], self.heard.vectors[: self._compared])
            if found is not None:
                return found
        return None

    def _changed(self, ends: list[float], vectors: list[Floats]) -> tuple[float, float] | None:
        if len(ends) < 2:
            return None
        if not self._voices.told_apart:
            if len(ends) < 4:
                return None
            before, after = unit(np.sum(vectors[-6:-2], axis=0)), unit(np.sum(vectors[-2:], axis=0))
            return (ends[-3] - 0.4, ends[-2] - 0.2) if float(before @ after) < UNLIKE else None
        odds = self._voices.log_odds(np.stack(vectors[-4:]))
        side = float(np.sign(odds[-1]))
        end, stopped = self._fresh
        if round(ends[-1] * FRAME_RATE) == end and side * odds[-1] >= SURE_ALONE and side * odds[-2] <= -SURE:
            return stopped, stopped
        if np.any(side * odds[-2:] < SURE):
            return None
        for back in range(3, len(odds) + 1):
            if side * odds[-back] <= -SURE:
                return ends[-back] - 0.5, ends[-2] - 0.2
        return None

    def _hear(self, ends: list[int], windows: Floats) -> None:
        self.heard.ends += [end / FRAME_RATE for end in ends]
        self.heard.vectors += list(self._models.embed(windows))
