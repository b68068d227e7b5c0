"""When each character was said: the aligner's path through tokens and encoder steps → one entry a character of the text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from audio_service.transcription.results import Character

# The path gives silence in front of a token to that token; no syllable is longer than this
LONGEST_SECONDS = 0.5


def token_spans(path: Sequence[tuple[int, int]], tokens: int, seconds_per_step: float, end: float) -> list[tuple[float, float]]:
    """Start and end of every token, in seconds, from the (token, encoder step) path of a dynamic time warp.

    A token ends where the next one starts and lasts LONGEST_SECONDS at most; times never run backwards and never pass `end`.
    """
    starts = [end] * (tokens + 1)
    for token, step in reversed(path):
        if token <= tokens:
            starts[token] = min(step * seconds_per_step, end)
    for token in range(tokens - 1, -1, -1):
        starts[token] = min(starts[token], starts[token + 1])
    return [(max(start, stop - LONGEST_SECONDS), stop) for start, stop in pairwise(starts)]


def spread(pieces: Sequence[tuple[str, int]], spans: Sequence[tuple[float, float]]) -> tuple[Character, ...]:
    """Every character of the (text, number of tokens) pieces; characters of one piece share its time evenly."""
    found: list[Character] = []
    first = 0
    for text, count in pieces:
        start, end = spans[first][0], spans[first + count - 1][1]
        step = (end - start) / len(text)
        found += [Character(char, start + i * step, start + (i + 1) * step) for i, char in enumerate(text)]
        first += count
    return tuple(found)
