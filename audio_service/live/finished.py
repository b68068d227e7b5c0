"""An utterance that is over, with its text."""

from __future__ import annotations

from dataclasses import dataclass

from audio_service.messages import Speaker
from audio_service.transcription.results import Transcription

VISIBLE_AFTER = 1.5
"""Seconds after an utterance's end from which its words count for later decisions: the same moment however fast decoding was."""


def name_of(ordinal: int) -> str:
    """The wire's name of an utterance."""
    return f"u{ordinal}"


@dataclass(frozen=True, slots=True)
class Finished:
    """One utterance with its text.

    `known`: the text came from the database, the audio is heard again. `skipped`: there was no time to decode it.
    """

    ordinal: int
    start: float
    end: float
    speaker: Speaker
    confidence: float
    transcription: Transcription
    known: bool = False
    skipped: bool = False

    @property
    def name(self) -> str:
        return name_of(self.ordinal)
