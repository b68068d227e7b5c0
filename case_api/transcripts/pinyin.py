"""Words typed as pinyin: `tousu`, `tou su`, the initials `ts`, and mixtures. Pure; tones are not asked for.

A sound is a tuple of units, one a character: a syllable, or the letters that it begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from pypinyin import Style, lazy_pinyin
from pypinyin.seg.mmseg import seg

from models.readings import readings

Sound = tuple[str, ...]
MOST_WAYS: Final = 3
"""Ways to split one word that are looked for: `fangan` is 方案 and 翻杆."""
MOST_LETTERS: Final = 30
_TYPED: Final = re.compile(r"[a-z]+(?:['’][a-z]+)*")
_WITHOUT_DOTS: Final = {"lue": "lve", "nue": "nve"}
_MISREAD: Final[dict[str, list[tuple[str, ...]]]] = {"还款": [("huan",), ("kuan",)]}
"""Phrases that pypinyin's dictionary has wrong."""
_HANZI: Final = re.compile(r"[\u4e00-\u9fa5]+")


class Sought(NamedTuple):
    """What has to be in the sentence: each of `literal` as it is written, or any of `sounds`."""

    literal: tuple[str, ...]
    sounds: tuple[Sound, ...] = ()


def sought(words: Sequence[str]) -> tuple[Sought, ...]:
    """What is looked for. Single syllables that follow each other are one sound: `tou su`."""
    found: list[Sought] = []
    for single, group in groupby(words, key=_is_single):
        run = tuple(group)
        if single and len(run) > 1:
            found.append(Sought(run, (tuple(_WITHOUT_DOTS.get(one, one) for one in map(str.lower, run)),)))
        else:
            found += [Sought((word,), sounds(word)) for word in run]
    return tuple(found)


def _is_single(word: str) -> bool:
    typed = _WITHOUT_DOTS.get(word.lower(), word.lower())
    return typed in _syllables() or is_letter(typed)


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    every = {syllable for each in readings().values() for syllable in each}
    return frozenset({one for one in every if set(one) & set("aeiouv")} | _WITHOUT_DOTS.keys())


def is_letter(unit: str) -> bool:
    """Whether a unit is only what a syllable begins with."""
    return unit in ("zh", "ch", "sh") or (len(unit) == 1 and unit.isascii() and unit.isalpha())


@lru_cache(maxsize=256)
def sounds(word: str) -> tuple[Sound, ...]:
    """The ways to read what was typed: whole syllables where it can be split so, else with as few letters alone as possible."""
    typed = word.lower()
    if len(typed) > MOST_LETTERS or not _TYPED.fullmatch(typed):
        return ()
    ways: list[Sound] = [()]
    for part in re.split("['’]", typed):
        ways = [(*way, *more) for way in ways for more in _ways(part)][:MOST_WAYS]
    return tuple(tuple(_WITHOUT_DOTS.get(unit, unit) for unit in way) for way in ways if len(way) > 1 or not is_letter(way[0]))


def _ways(typed: str) -> list[Sound]:
    """The cheapest ways to split: (letters alone, units), lowest first."""
    best: list[list[tuple[int, int, Sound]]] = [[(0, 0, ())]]
    for end in range(1, len(typed) + 1):
        ways = [
            (letters + alone, units + 1, (*way, typed[begin:end]))
            for begin in range(max(0, end - 6), end)
            for alone in _costs(typed[begin:end])
            for letters, units, way in best[begin]
        ]
        best.append(sorted(ways)[: 2 * MOST_WAYS])
    # Alone, `sh` is no sound to look for; 售后 is.
    useful = [way for way in best[-1] if way[1] > 1 or not is_letter(way[2][0])]
    return [way for letters, _, way in useful if letters == useful[0][0]][:MOST_WAYS]


def _costs(unit: str) -> tuple[int, ...]:
    if unit in _syllables():
        return (0,)
    return (len(unit),) if is_letter(unit) else ()  # `sh` is as likely 时候 as 说


def tokens(sound: Sound) -> tuple[str, ...]:
    """What the index holds wherever this is said: syllables, and the first letters of neighbours (migration 0029)."""
    whole = [f"y0{unit}" for unit in sound if not is_letter(unit)]
    return tuple(dict.fromkeys([*whole, *(f"i0{one[0]}{next_[0]}" for one, next_ in pairwise(sound))]))


def heard(text: str, sound: Sound) -> Iterator[tuple[int, int]]:
    """Where it is said: (begin, end) of the characters. A character with several readings counts as its phrase is read, or as any."""
    known = readings()
    run: tuple[int, int, list[tuple[str, ...]]] = (0, 0, [])
    for begin in range(len(text) - len(sound) + 1):
        span = text[begin : begin + len(sound)]
        if not _said(sound, [known.get(char, ()) for char in span]):
            continue
        if any(len(known[char]) > 1 for char in span):
            if begin >= run[1]:
                run = _read(text, begin)
            if not _said(sound, run[2][begin - run[0] : begin - run[0] + len(sound)]):
                continue
        yield begin, begin + len(sound)


def _said(sound: Sound, read: Sequence[tuple[str, ...]]) -> bool:
    return all(any(_fits(unit, one) for one in each) for unit, each in zip(sound, read, strict=True))


def _fits(unit: str, syllable: str) -> bool:
    return syllable.startswith(unit) if is_letter(unit) else syllable == unit


def _read(text: str, at: int) -> tuple[int, int, list[tuple[str, ...]]]:
    """(begin, end, readings of each character) of the run of Chinese characters at a place."""
    begin, end = next(found.span() for found in _HANZI.finditer(text) if found.end() > at)
    read: list[tuple[str, ...]] = []
    for phrase in seg.cut(text[begin:end]):
        known = [readings().get(char, ()) for char in phrase]
        read += known if len(phrase) == 1 else _as_phrase(phrase, known)
    return begin, end, read


def _as_phrase(phrase: str, known: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    said: list[str] = lazy_pinyin(phrase, style=Style.NORMAL, v_to_u=False)
    return _MISREAD.get(phrase) or ([(one,) for one in said] if len(said) == len(known) else known)
