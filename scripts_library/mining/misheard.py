"""How the recogniser spells a phrase when it does not understand it: from its own other hypotheses, and by sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

from scripts_library.sounds import SoundIndex
from scripts_library.syllables import hear

CLOSE = 0.18
"""Mean cost a syllable up to which another text counts as the same sound (docs/library.md)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A text that stood where the phrase was probably said. `source`: another hypothesis of the same audio had it, or it sounds alike."""

    text: str
    times: int
    source: Literal["hypotheses", "sound"]


def variants(phrase: str, heard: Iterable[tuple[str, Sequence[str]]], *, most: int = 8) -> list[Variant]:
    """What stands for `phrase` in texts, each with its other hypotheses; the most frequent first."""
    plain = hear(phrase).plain
    index = SoundIndex([plain], [CLOSE])
    agreed: Counter[str] = Counter()
    alike: Counter[str] = Counter()
    for text, others in heard:
        top = hear(text)
        if plain in top.plain or not top.plain:
            continue
        if any(plain in hear(other).plain for other in others):
            agreed[_instead(plain, top.plain, next(hear(other).plain for other in others if plain in hear(other).plain))] += 1
        else:
            alike.update(top.plain[sound.start : sound.end] for sound in index.search([top]))
    found = [Variant(one, times, "hypotheses") for one, times in agreed.items() if _plausible(one, plain)]
    found += [Variant(one, times, "sound") for one, times in alike.items() if _plausible(one, plain) and one not in agreed]
    return sorted(found, key=lambda one: (-one.times, one.source, one.text))[:most]


def _plausible(text: str, plain: str) -> bool:
    return text != plain and 2 <= len(text) <= len(plain) + 1


def _instead(phrase: str, top: str, other: str) -> str:
    """What the first hypothesis has where another one has the phrase."""
    start = other.find(phrase)
    place = [0] * (len(other) + 1)
    for block in Levenshtein.opcodes(other, top):
        width, room = block.src_end - block.src_start, block.dest_end - block.dest_start
        for step in range(width + 1):
            place[block.src_start + step] = block.dest_start + min(room, round(step * room / width) if width else 0)
    place[len(other)] = len(top)
    return top[place[start] : place[start + len(phrase)]]
