"""What the customer's words say for and against anger, as far as the voice needs to know.

Words count from a moment that depends on the audio alone (`Words.at`), so that it does not matter how fast they were decoded.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LASTING = 20.0
"""Seconds over which what was said loses its weight for the speech that follows."""


@dataclass(frozen=True, slots=True)
class Words:
    """An utterance's words: `at` is the audio time (s) from which they count, `anger` from −1 (praise, laughter) to 1 (threats)."""

    utterance: int
    at: float
    anger: float


class Standing:
    """The customer's words of the last seconds."""

    def __init__(self) -> None:
        self._said: deque[Words] = deque()

    def say(self, words: Words) -> None:
        """From now on these count."""
        self._said.append(words)

    def share(self, at: float) -> float:
        """−1 to 1: the strongest word for anger less the strongest against it, each worth less the longer it was said ago."""
        while self._said and at - self._said[0].at >= LASTING:
            self._said.popleft()
        left = [words.anger * (1.0 - (at - words.at) / LASTING) for words in self._said]
        return max([0.0, *left]) + min([0.0, *left])
