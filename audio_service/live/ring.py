"""The newest seconds of a conversation, addressed by time since its first sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audio_service.intake.codecs import as_float
from audio_service.messages import SAMPLE_RATE


class AudioRing:
    """Keeps the last `seconds` of int16 audio in one fixed buffer."""

    def __init__(self, seconds: float) -> None:
        self._buffer = np.zeros(int(seconds * SAMPLE_RATE), np.int16)
        self.samples = 0
        """Samples taken in since the start of the conversation."""

    def extend(self, block: NDArray[np.int16]) -> None:
        """Append samples; the oldest fall out."""
        size = self._buffer.size
        tail = block[-size:]
        start = (self.samples + block.size - tail.size) % size
        first = min(tail.size, size - start)
        self._buffer[start : start + first] = tail[:first]
        self._buffer[: tail.size - first] = tail[first:]
        self.samples += block.size

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """Float samples in [-1, 1) from `start` to `end` seconds, as far as they are still held and already there."""
        low = max(int(start * SAMPLE_RATE), self.samples - self._buffer.size, 0)
        high = min(int(end * SAMPLE_RATE), self.samples)
        if high <= low:
            return np.empty(0, np.float32)
        index = np.arange(low, high) % self._buffer.size
        return as_float(self._buffer[index])
