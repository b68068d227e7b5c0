"""Syllables a second of labelled turns: as their text says, and as the ear counted them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audio_service.evaluation.corpus import Turn
from audio_service.transcription.text import syllables

SHORTEST = 2.0
"""Seconds under which a turn says little about a pace."""


@dataclass(frozen=True, slots=True)
class Pace:
    """One turn's syllables a second over its whole length, pauses included on both sides."""

    labelled: float
    measured: float


def paces(turns: Sequence[Turn], finals: Iterable[Mapping[str, Any]]) -> list[Pace]:
    """The turns that are long enough and have a text. Of an utterance over several turns each gets its share of the syllables by time.

    Streams of versions that did not send `syllables` with their finals give none.
    """
    counted = [0.0] * len(turns)
    measured = False
    for final in finals:
        count = final.get("syllables")
        if count is None:
            continue
        measured = True
        spans = [max(0.0, min(turn.end, final["end"]) - max(turn.start, final["start"])) for turn in turns]
        together = sum(spans)
        for number, span in enumerate(spans):
            counted[number] += count * span / together if together else 0.0
    if not measured:
        return []
    return [
        Pace(syllables(turn.text) / turn.seconds, count / turn.seconds)
        for turn, count in zip(turns, counted, strict=True)
        if turn.seconds >= SHORTEST and syllables(turn.text)
    ]
