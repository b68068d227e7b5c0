"""A sound file as the samples a phone would send."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from audio_service.messages import SAMPLE_RATE


class UnreadableAudioError(ValueError):
    """The file holds no audio that can be decoded."""


def read_audio(path: Path) -> NDArray[np.int16]:
    """Any sound or video file → (n,) int16, 16 kHz, mono. Raises FileNotFoundError, UnreadableAudioError."""
    if not path.is_file():
        raise FileNotFoundError(path)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    blocks: list[NDArray[np.int16]] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                blocks += [out.to_ndarray()[0] for out in resampler.resample(frame)]
            blocks += [out.to_ndarray()[0] for out in resampler.resample(None)]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise UnreadableAudioError(f"{path}: {error}") from error
    if not blocks:
        raise UnreadableAudioError(f"{path}: no audio")
    return np.concatenate(blocks)
