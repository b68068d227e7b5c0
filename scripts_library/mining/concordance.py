"""Keyword in context: what stood around a term, and where to listen to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

REACH = 30
"""Characters shown on either side."""
LEAD_SECONDS = 2.0
"""Playback begins a little earlier, so that the sentence is heard from its beginning."""


@dataclass(frozen=True, slots=True)
class Context:
    """The words around a term. `before + heard + after` is a part of the text as it was written."""

    before: str
    heard: str
    after: str


def context(text: str, heard: str, start: float, end: float, characters: Sequence[Sequence[object]], at: float) -> Context:
    """The term in its utterance (audio seconds `start` to `end`). Of several places the one whose time is nearest to `at` is taken.

    `characters` are the text's [character, start, end] in seconds of the utterance; empty where they are not known.
    """
    places = [index for index in range(len(text)) if text.startswith(heard, index)] if heard else []
    if not places:
        return Context(text[: 2 * REACH], "", "")
    place = min(places, key=lambda index: abs(_time(index, len(text), start, end, characters) - at))
    stop = place + len(heard)
    return Context(text[max(0, place - REACH) : place], heard, text[stop : stop + REACH])


def _time(index: int, length: int, start: float, end: float, characters: Sequence[Sequence[object]]) -> float:
    if index < len(characters):
        return start + float(str(characters[index][1]))
    return start + (end - start) * index / max(length, 1)


def playback(at: float, end: float) -> tuple[float, float]:
    """From where to where (s) to play so that the term is heard in its sentence."""
    return round(max(0.0, at - LEAD_SECONDS), 1), round(end + LEAD_SECONDS, 1)
