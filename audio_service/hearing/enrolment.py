"""A staff member's voice as unit vectors. Only staff enrol, with separate consent; customers' vectors never leave the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio_service.hearing import vad
from audio_service.hearing.embedding import WINDOW_FRAMES, MelFrames
from audio_service.hearing.networks import HearingModels
from audio_service.hearing.spectra import HOP, Floats
from audio_service.messages import SAMPLE_RATE

MIN_SPEECH = 5.0
"""Seconds of speech a recording needs."""
_STRIDE = 40


class EnrolmentTooShortError(ValueError):
    """A recording holds less than MIN_SPEECH seconds of speech."""


def unit(vector: Floats) -> Floats:
    """The vector (or each row) at length one."""
    return np.asarray(vector / (np.linalg.norm(vector, axis=-1, keepdims=True) + 1e-12), np.float32)


@dataclass(frozen=True)
class Enrolment:
    """(k, 256) unit vectors, one a recording: the everyday voice first, then raised ones."""

    vectors: Floats

    @classmethod
    def from_recordings(cls, models: HearingModels, recordings: Sequence[Floats]) -> Enrolment:
        """16 kHz mono float32 recordings (everyday voice first, then a raised one if there is one) → the enrolment.

        Raises EnrolmentTooShortError when a recording holds too little speech.
        """
        return cls(np.stack([_centroid(models, np.asarray(samples, np.float32)) for samples in recordings]))


def _centroid(models: HearingModels, samples: Floats) -> Floats:
    whole = samples[: len(samples) // HOP * HOP]
    probabilities = vad.VoiceActivity(models).push(whole)
    speech = np.repeat(probabilities > 0.5, vad.FRAME)
    if float(np.sum(speech)) < MIN_SPEECH * SAMPLE_RATE:
        raise EnrolmentTooShortError(f"{float(np.sum(speech)) / SAMPLE_RATE:.1f} s of speech, {MIN_SPEECH:.0f} s needed")
    mel = MelFrames().push(whole)
    starts = [s for s in range(0, len(mel) - WINDOW_FRAMES + 1, _STRIDE) if np.mean(speech[s * HOP : (s + WINDOW_FRAMES) * HOP]) > 0.6]
    return unit(np.mean([models.embed(mel[np.newaxis, s : s + WINDOW_FRAMES])[0] for s in starts], axis=0))
