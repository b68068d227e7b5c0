"""People who are known to be spoken of: as they are written, by their given name alone, and as the recogniser would mishear them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final

from pypinyin import Style, lazy_pinyin

from scripts_library.mining.people import COMPOUND, SURNAMES, TITLES
from scripts_library.mining.words import Segmenter
from scripts_library.syllables import parse

_SHAPE: Final = re.compile(rf"(?:{'|'.join(sorted(COMPOUND))}|[{''.join(sorted(SURNAMES))}])[\u4e00-\u9fff]{{1,2}}")
_ALIKE: Final = str.maketrans({"l": "n"})
Sound = tuple[str, ...]


class Known:
    """A set of names, however many: looking in a text costs what the text is long."""

    def __init__(self, names: Collection[str]) -> None:
        whole = {name.strip() for name in names if len(name.strip()) >= 2}
        shaped = {name for name in whole if _SHAPE.fullmatch(name) and name[1:] not in TITLES and name[2:] not in TITLES}
        self._written = whole | {name[-2:] for name in shaped if len(name) - (2 if name[:2] in COMPOUND else 1) == 2}
        self._lengths = sorted({len(name) for name in self._written})
        self._sounds = {_sound(name) for name in shaped}

    def spans(self, text: str, segmenter: Segmenter) -> Iterator[tuple[int, int]]:
        """Where they stand in a text."""
        for length in self._lengths:
            for start in range(len(text) - length + 1):
                if text[start : start + length] in self._written:
                    yield start, start + length
        if self._sounds:
            yield from self._alike(text, segmenter)

    def _alike(self, text: str, segmenter: Segmenter) -> Iterator[tuple[int, int]]:
        """What sounds like a name; of two syllables only where two words stand that are none together, for 理想 is not 李想."""
        heard, words = [_syllable(character) for character in text], None
        for length in (4, 3, 2):
            for start in range(len(text) - length + 1):
                if tuple(heard[start : start + length]) not in self._sounds:
                    continue
                if length == 2:
                    words = words if words is not None else _bounds(segmenter.plain(text))
                    if start not in words or start + 2 not in words or segmenter.knows(text[start : start + 2]):
                        continue
                yield start, start + length


def _bounds(words: Collection[str]) -> set[int]:
    places, place = {0}, 0
    for word in words:
        place += len(word)
        places.add(place)
    return places


def _sound(name: str) -> Sound:
    return tuple(_syllable(character) for character in name)


@lru_cache(maxsize=8192)
def _syllable(character: str) -> str:
    """How a character sounds to a recogniser that cannot tell zh from z, n from l, ing from in; itself where it is no syllable."""
    spelling = lazy_pinyin(character, style=Style.NORMAL)[0]
    if parse(spelling) is None or not "\u4e00" <= character <= "\u9fff":
        return character
    plain = spelling.replace("zh", "z").replace("ch", "c").replace("sh", "s")
    if plain.endswith(("ang", "eng", "ing")):
        plain = plain[:-1]
    return plain[:1].translate(_ALIKE) + plain[1:]
