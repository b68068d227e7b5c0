"""The last seconds of frame features, addressed by absolute frame number (10 ms); memory is bounded."""

from __future__ import annotations

import numpy as np

from audio_service.hearing.spectra import FRAMES_PER_TICK, HOP, Floats
from audio_service.messages import SAMPLE_RATE

FRAME_RATE = SAMPLE_RATE // HOP
COLUMNS = ("voice", "loudness", "pitch", "strength", "low", "high", "nuclei")


class Track:
    """(frames, 7) ring of features: voice probability, K-weighted power, F0 st, F0 strength, band powers, nuclei."""

    def __init__(self, seconds: float) -> None:
        self._keep = int(seconds * FRAME_RATE)
        self._data = np.zeros((2 * self._keep + FRAMES_PER_TICK, len(COLUMNS)), np.float32)
        self._used = 0
        self._first = 0

    @property
    def end(self) -> int:
        """Number of the next frame."""
        return self._first + self._used

    def push(self, rows: Floats) -> None:
        """Appends (10, 7) rows."""
        if self._used + len(rows) > len(self._data):
            drop = self._used - self._keep
            self._data[: self._keep] = self._data[drop : self._used]
            self._first += drop
            self._used = self._keep
        self._data[self._used : self._used + len(rows)] = rows
        self._used += len(rows)

    def mark(self, frame: int, nuclei: Floats) -> None:
        """Writes late nuclei for the frames starting at `frame`; those before the stream are ignored."""
        if frame >= self._first:
            self._data[frame - self._first : frame - self._first + len(nuclei), COLUMNS.index("nuclei")] = nuclei

    def span(self, start: float, end: float) -> Floats:
        """Rows between two times in seconds, as far as they are still kept."""
        first = max(0, round(start * FRAME_RATE) - self._first)
        return self._data[first : max(first, min(self._used, round(end * FRAME_RATE) - self._first))]
