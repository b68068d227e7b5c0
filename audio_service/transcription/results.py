"""What a transcription is, and the small interface behind which the recogniser stays exchangeable."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]

MISHEARD_LOGPROB = -0.7
"""Mean log probability a token below which a text is told with a caveat: the recogniser would not bet on it."""


def may_be_misheard(avg_logprob: float) -> bool:
    """Whether a reader has to be told to listen for themselves."""
    return avg_logprob < MISHEARD_LOGPROB


class Dropped(StrEnum):
    """Why an utterance has no text. Everything but `decoder_failed` means that nobody said anything a recogniser can stand by."""

    TOO_SHORT = "too_short"
    SILENCE = "silence"
    NO_SPEECH = "no_speech"
    IMPLAUSIBLE = "implausible"
    HALLUCINATION = "hallucination"
    LOOP = "loop"
    DECODER_FAILED = "decoder_failed"


class Alternative(NamedTuple):
    """One hypothesis. `score` is its mean log probability a token; 0 is certain.

    `other`: it was heard on the other of two listenings, not on the one whose text is shown.
    """

    text: str
    score: float
    other: bool = False


class Rescored(NamedTuple):
    """Another reading of the same audio, and its log likelihood over that of the text: 0 is as likely, −3 twenty times less."""

    text: str
    gain: float


class Character(NamedTuple):
    """One character of the text and when it was said, in seconds from the utterance's first sample."""

    char: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Transcription:
    """Text of one utterance. `characters` covers `text` character by character (finals only); a dropped one has no text at all.

    `alternatives` begin with the text; those of the other listening, if there was one, come last, best first. `rescored` are the readings
    that were asked about. `twice`: another listening went into it, whatever came of that one; a third would hear the same.
    """

    text: str = ""
    alternatives: tuple[Alternative, ...] = ()
    characters: tuple[Character, ...] = ()
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 0.0
    dropped: Dropped | None = None
    rescored: tuple[Rescored, ...] = ()
    twice: bool = False

    def beside(self, other: Transcription) -> Transcription:
        """The same, with what the other of two listenings made of it; nothing if that was dropped."""
        others = tuple(heard._replace(other=True) for heard in other.alternatives)
        return replace(self, alternatives=self.alternatives + others, twice=True)

    @property
    def alone(self) -> Transcription:
        """The same as one listening came to it."""
        return replace(self, alternatives=tuple(heard for heard in self.alternatives if not heard.other), twice=False)


Propose = Callable[[Transcription], Sequence[str]]
"""Which other readings of the audio are to be rescored, given what was recognised. Called from the worker thread."""


class Transcriber(Protocol):
    """Turns the samples of one utterance (float32, 16 kHz, mono, −1 … 1) into text. Called from worker threads, several at once."""

    def final(self, samples: Samples, propose: Propose | None = None) -> Transcription: ...

    def partial(self, samples: Samples) -> Transcription: ...

    def doubts(self, heard: Transcription) -> bool:
        """Whether `again` may add to a final."""
        ...

    def again(self, samples: Samples) -> Generator[None, None, Transcription]:
        """Another way of listening to a whole utterance, in steps between which others may go first; returns what it came to."""
        ...
