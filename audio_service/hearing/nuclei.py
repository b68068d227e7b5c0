"""Syllable nuclei a frame: a small convolutional network over log-mel frames whose outputs sum to the number of syllables.

Peak picking on the envelope (Mermelstein; de Jong & Wempe) was tried first: behind a metre of room it loses the syllables of fast speech
(docs/detection.md has the comparison). The network sees 40 log-mel bands less their average over ±0.2 s (so neither gain nor microphone
colour matter), the frame's level under the loudest of the last second, and voicing; two layers of 9-frame kernels; softplus. 10 000 weights
in nuclei.npz, made by nuclei_training.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Self

import numpy as np
from numpy.typing import NDArray

from audio_service.hearing.spectra import Floats, framed

KERNEL = 9
AVERAGE = 20
"""Frames on either side over which a band's average is taken."""
PAST = 100
"""Frames back over which the loudest frame is looked for (and AVERAGE frames ahead)."""
SPEECH_BANDS = slice(5, 28)
"""Mel bands of about 300–3300 Hz."""
LAYERS = ("first", "first_bias", "second", "second_bias", "last", "last_bias")


def inputs(mel: Floats, strength: Floats) -> Floats:
    """(PAST + n + AVERAGE, 40) log10-mel frames, (n,) voicing of the middle ones → (n, 42) network inputs."""
    count = len(strength)
    level = 10.0 * mel
    total = np.zeros((len(level) - PAST + AVERAGE + 1, level.shape[1]), level.dtype)
    np.cumsum(level[PAST - AVERAGE :], axis=0, out=total[1:])
    width = 2 * AVERAGE + 1
    average = (total[width:] - total[:-width]) / width
    bands = np.clip(level[PAST : PAST + count] - average, -15.0, 15.0) / 6.0
    loudness = 10.0 * np.log10(np.sum(10.0 ** mel[:, SPEECH_BANDS], axis=1))
    loudest = framed(loudness, PAST + AVERAGE + 1, 1).max(axis=1)
    under = np.clip(loudness[PAST : PAST + count] - loudest, -30.0, 0.0) / 15.0 + 1.0
    return np.concatenate((bands, under[:, np.newaxis], 2.0 * strength[:, np.newaxis] - 1.0), axis=1).astype(np.float32)


def unfold(frames: Floats) -> Floats:
    """(…, n, channels) → (…, n − 8, channels · 9): every frame with its neighbours."""
    windows = np.lib.stride_tricks.sliding_window_view(frames, KERNEL, axis=-2)
    return np.ascontiguousarray(windows).reshape(*windows.shape[:-2], -1)


@dataclass(frozen=True)
class NucleusNetwork:
    """Weights of the two layers and the output."""

    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats
    last: Floats
    last_bias: Floats

    @classmethod
    def load(cls) -> Self:
        """The weights shipped with the package."""
        with resources.as_file(resources.files("audio_service.hearing").joinpath("nuclei.npz")) as file, np.load(file) as stored:
            return cls(**{name: stored[name] for name in LAYERS})

    def __call__(self, frames: Floats) -> Floats:
        """(n + 16, 42) inputs → (n,) syllables a frame."""
        hidden = np.tanh(unfold(frames) @ self.first + self.first_bias)
        hidden = np.tanh(unfold(hidden) @ self.second + self.second_bias)
        outputs: NDArray[np.float32] = np.logaddexp(np.float32(0.0), (hidden @ self.last + self.last_bias)[..., 0])
        return outputs
