"""Where utterances begin, pause and end: voice probabilities in, boundaries out.

Turn gaps in real talk are 0.2–0.4 s, so the silence that ends an utterance shrinks once it is long enough to stand on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from audio_service.hearing import vad
from audio_service.messages import SAMPLE_RATE
from models.settings_detection import DetectionSettings

FRAME_SECONDS = vad.FRAME / SAMPLE_RATE
ONSET_FRAMES = 3
"""Frames above `speech_on` that open an utterance (96 ms): a click is shorter."""
TAIL = 0.1
"""Seconds kept after the last voiced frame."""
SPLIT_SEARCH = 4.0
"""Seconds before the maximum length in which the weakest point is looked for."""


class Edge(Enum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    LENGTH = "length"


@dataclass(frozen=True)
class Boundary:
    """START: the first sample kept. PAUSE, END: where speech stopped. RESUME: where it goes on after a PAUSE.

    LENGTH: where an overlong utterance is cut.
    """

    edge: Edge
    at: float


class Endpointer:
    """State machine over 32 ms frames. Times are seconds of the stream."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._set = settings
        self._frames = 0
        self._run = 0
        self._start: float | None = None
        self._speech_end = 0.0
        self._last_end = 0.0
        self._paused = False
        # (voice probability, frame end) of the open utterance's last SPLIT_SEARCH seconds
        self._recent: list[tuple[float, float]] = []

    @property
    def now(self) -> float:
        """End of the last frame seen."""
        return self._frames * FRAME_SECONDS

    @property
    def open(self) -> bool:
        """Whether an utterance is open."""
        return self._start is not None

    def push(self, probability: float) -> list[Boundary]:
        """One frame's voice probability → the boundaries it reveals, in order."""
        self._frames += 1
        if self._start is None:
            return self._closed(probability)
        return self._opened(probability, self._start)

    def restart(self, at: float) -> None:
        """The open utterance was cut at `at` (speaker change): what follows counts as a new one."""
        self._start = at
        self._last_end = at
        self._recent = [frame for frame in self._recent if frame[1] > at]

    def finish(self) -> list[Boundary]:
        """The stream is over: ends the open utterance, if any."""
        return [] if self._start is None else [self._end()]

    def _closed(self, probability: float) -> list[Boundary]:
        self._run = self._run + 1 if probability >= self._set.speech_on else 0
        if self._run < ONSET_FRAMES:
            return []
        self._start = max(self._last_end, self.now - self._run * FRAME_SECONDS - self._set.pre_roll, 0.0)
        self._speech_end, self._paused, self._run = self.now, False, 0
        self._recent = []
        return [Boundary(Edge.START, self._start)]

    def _opened(self, probability: float, start: float) -> list[Boundary]:
        self._recent.append((probability, self.now))
        if self._recent[0][1] < self.now - SPLIT_SEARCH:
            del self._recent[0]
        if probability >= self._set.speech_off:
            resumed = [Boundary(Edge.RESUME, self.now - FRAME_SECONDS)] if self._paused else []
            self._speech_end, self._paused = self.now, False
            return [*resumed, self._cut()] if self.now - start >= self._set.utterance_max else resumed
        silence = self.now - self._speech_end
        if silence >= (self._set.hangover_long if self._speech_end - start >= self._set.long_utterance else self._set.hangover):
            return [self._end()]
        if silence >= self._set.pause and not self._paused:
            self._paused = True
            return [Boundary(Edge.PAUSE, self._speech_end + TAIL)]
        return []

    def _end(self) -> Boundary:
        self._start = None
        self._last_end = min(self._speech_end + TAIL, self.now)
        return Boundary(Edge.END, self._last_end)

    def _cut(self) -> Boundary:
        weakest = min(range(len(self._recent)), key=lambda i: sum(p for p, _ in self._recent[max(0, i - 1) : i + 2]))
        at = self._recent[weakest][1] - FRAME_SECONDS / 2
        self.restart(at)
        return Boundary(Edge.LENGTH, at)
