"""An utterance that is over, with its text."""

from __future__ import annotations

from dataclasses import dataclass

from audio_service.messages import Speaker
from audio_service.transcription.results import Transcription

VISIBLE_AFTER = 1.5
"""Seconds after an utterance's end from which its words count for later decisions: the same moment however fast decoding was."""

AGAIN_AFTER = 3.5
"""The same for what a second listening adds, which is begun once the text was told and nothing else waits."""


def name_of(ordinal: int) -> str:
    """The wire's name of an utterance."""
    return f"u{ordinal}"


@dataclass(frozen=True, slots=True)
class Finished:
    """One utterance with its text.

    `known`: the text came from the database, the audio is heard again. `skipped`: there was no time to decode it. `late`: the audio time
    (s) from which text counts that was not there in time; it is stored with the text, so that it counts from there when heard again.
    `again`: the audio time from which counts what a second listening added, if there was one; its hypotheses are among the alternatives.
    """

    ordinal: int
    start: float
    end: float
    speaker: Speaker
    confidence: float
    transcription: Transcription
    known: bool = False
    skipped: bool = False
    late: float | None = None
    again: float | None = None

    @property
    def name(self) -> str:
        return name_of(self.ordinal)

    @property
    def visible(self) -> float:
        """Audio time (s) from which the words count for later decisions."""
        return self.end + VISIBLE_AFTER if self.late is None else self.late
