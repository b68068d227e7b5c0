"""How Chinese characters are read, without tones: one line a syllable, then the characters (`readings.txt`).

Taken from pypinyin's dictionaries once, and kept as a file, because an index that was built with them must go on fitting the questions
that are put to it. Of a character with several readings those are listed that its phrases use (at least one in fifty): 重 is `zhong` and
`chong`, 说 is `shuo` only.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def readings() -> dict[str, tuple[str, ...]]:
    """Syllables (`lv`, `nve` for ü) by character."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines():
        syllable, characters = line.split()
        for character in characters:
            found[character].append(syllable)
    return {character: tuple(syllables) for character, syllables in found.items()}
