"""Voice activity as a stream: the Silero v6 network, 32 ms a frame, its memory carried from frame to frame.

Source: the ONNX file that faster-whisper ships. Its own wrapper takes whole recordings only; this one keeps the network's state (h, c)
and the 64 samples of context in front of each frame, so a stream gets what the whole recording would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audio_service.hearing.spectra import Floats, framed

if TYPE_CHECKING:
    from audio_service.hearing.networks import HearingModels

FRAME = 512
CONTEXT = 64


class VoiceActivity:
    """Voice probability of one stream. Holds the network's memory, not the network."""

    def __init__(self, models: HearingModels) -> None:
        self._models = models
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        # CONTEXT samples already used, then samples waiting for a full frame
        self._pending = np.zeros(CONTEXT, np.float32)

    def push(self, block: Floats) -> Floats:
        """(n,) samples → (m,) probabilities of the frames completed by them, 0 ≤ m ≤ n / 512 + 1."""
        pending = np.concatenate((self._pending, block))
        count = (len(pending) - CONTEXT) // FRAME
        if count == 0:
            self._pending = pending
            return np.zeros(0, np.float32)
        frames = framed(pending, FRAME + CONTEXT, FRAME)
        self._pending = pending[count * FRAME :]
        probabilities, self._h, self._c = self._models.voice(np.ascontiguousarray(frames), self._h, self._c)
        return probabilities
