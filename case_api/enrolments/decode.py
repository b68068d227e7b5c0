"""An uploaded recording as samples."""

from __future__ import annotations

import io

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from audio_service.messages import SAMPLE_RATE
from case_api.problems import Problem, ProblemCode

MIN_SECONDS = 3.0
MAX_SECONDS = 60.0


def decode(data: bytes) -> NDArray[np.float32]:
    """(n,) float32 at 16 kHz mono, from WAV, FLAC, WebM, M4A …

    Raises Problem: audio_undecodable, audio_length. Decoding stops above MAX_SECONDS: a small file can claim to be days long.
    """
    blocks: list[NDArray[np.float32]] = []
    samples = 0
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    try:
        with av.open(io.BytesIO(data), mode="r", metadata_errors="ignore") as container:
            for frame in container.decode(audio=0):
                for block in resampler.resample(frame):
                    blocks.append(block.to_ndarray()[0])
                    samples += block.samples
                if samples > MAX_SECONDS * SAMPLE_RATE:
                    break
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Problem(ProblemCode.AUDIO_UNDECODABLE) from error
    if not MIN_SECONDS * SAMPLE_RATE <= samples <= MAX_SECONDS * SAMPLE_RATE:
        length, least, most = samples / SAMPLE_RATE, f"{MIN_SECONDS:.0f}", f"{MAX_SECONDS:.0f}"
        raise Problem(ProblemCode.AUDIO_LENGTH, f"{length:.1f} 秒，需要 {least} 至 {most} 秒 / {length:.1f} s, {least} to {most} s wanted")
    joined = np.concatenate(blocks)
    if not np.isfinite(joined).all():
        raise Problem(ProblemCode.AUDIO_UNDECODABLE)
    return joined
