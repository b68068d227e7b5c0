"""From a recorded conversation to the draft of its labels: what the service heard, for a person to correct.

Nothing of the customer goes along but voice and words: no name, no case, no staff account. Whatever was spoken aloud is in the audio and in
the text, names included; who labels decides whether it may stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio_service.evaluation.corpus import DRAFT, TOUCH, Conversation, Turn


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance of a stored session, with the terms that were noted in it."""

    speaker: str
    start: float
    end: float
    text: str
    keywords: tuple[str, ...] = ()


def draft(name: str, seconds: float, heard: Sequence[Heard]) -> Conversation:
    """Labels of the recording `name` with `onset`, `offset` and `staff_voice` left open; its kind says that a person has to look.

    An utterance that was cut in two at its weakest point becomes two turns; where they overlap the later one gives way.
    """
    turns: list[Turn] = []
    for one in sorted(heard, key=lambda heard: (heard.start, heard.end)):
        same = [turn.end for turn in turns if turn.role == one.speaker]
        start = max(one.start, *same, 0.0) if same else max(one.start, 0.0)
        end = min(one.end, seconds)
        if end - start <= TOUCH:
            continue
        turns.append(
            Turn.model_validate(
                {"role": one.speaker, "start": round(start, 3), "end": round(end, 3), "text": one.text, "keywords": list(one.keywords)}
            )
        )
    return Conversation(id=name, kind=DRAFT, seconds=round(seconds, 3), turns=turns)
