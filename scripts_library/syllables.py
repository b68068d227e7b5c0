"""Text as Mandarin syllables, and how easily one syllable is taken for another.

A syllable is an initial, a final and a tone. The distance of two syllables is the sum of three small tables, so that the cost of
any of the 400 × 400 pairs is known without listing them. The tables follow articulation (place and manner of the initial; glide, vowel
and ending of the final), with the confusions of southern accents made cheap: n/l, z/zh, c/ch, s/sh, r/l, f/h, in/ing, en/eng, üan/ian.
docs/library.md gives the figures and where they come from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

from scripts_library.checks import HANZI

DIGITS = str.maketrans("0123456789幺", "零一二三四五六七八九一")
# A word does not go on across the end of a sentence; commas and blanks fall anywhere in recognised text.
STOPS = frozenset("。！？!?;；…\n")

Floats = NDArray[np.float32]
Ints = NDArray[np.int16]


_RUNS = re.compile(rf"{HANZI.pattern}+|(?:(?!{HANZI.pattern}).)+", re.DOTALL)


class Syllable(NamedTuple):
    initial: int
    final: int
    tone: int


NO_SYLLABLE = Syllable(-1, -1, -1)

INITIALS = ("", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s")

# glide, vowel, ending. "I" is the vowel of si and shi, "E" that of ye and yan.
FINALS: dict[str, tuple[str, str, str]] = {
    "a": ("", "a", ""), "ai": ("", "a", "i"), "ao": ("", "a", "u"), "an": ("", "a", "n"), "ang": ("", "a", "ng"),
    "e": ("", "e", ""), "ei": ("", "e", "i"), "en": ("", "e", "n"), "eng": ("", "e", "ng"), "er": ("", "e", "r"),
    "o": ("", "o", ""), "ou": ("", "o", "u"), "ong": ("", "u", "ng"), "I": ("", "I", ""),
    "i": ("", "i", ""), "ia": ("i", "a", ""), "ie": ("i", "E", ""), "iao": ("i", "a", "u"), "iou": ("i", "o", "u"),
    "ian": ("i", "E", "n"), "in": ("", "i", "n"), "iang": ("i", "a", "ng"), "ing": ("", "i", "ng"), "iong": ("i", "u", "ng"),
    "u": ("", "u", ""), "ua": ("u", "a", ""), "uo": ("u", "o", ""), "uai": ("u", "a", "i"), "uei": ("u", "e", "i"),
    "uan": ("u", "a", "n"), "uen": ("u", "e", "n"), "uang": ("u", "a", "ng"), "ueng": ("u", "e", "ng"),
    "v": ("", "v", ""), "ve": ("v", "E", ""), "van": ("v", "E", "n"), "vn": ("", "v", "n"),
}  # fmt: skip

_SPELLED = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve"}
_FULL = {
    "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iou", "yan": "ian", "yin": "in", "yang": "iang", "ying": "ing",
    "yong": "iong", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn", "yo": "ou", "wu": "u", "wa": "ua",
    "wo": "uo", "wai": "uai", "wei": "uei", "wan": "uan", "wen": "uen", "wang": "uang", "weng": "ueng",
    "m": "en", "n": "en", "ng": "eng", "hm": "en", "hng": "eng",
}  # fmt: skip
_FRONTED = {"u": "v", "ue": "ve", "uan": "van", "un": "vn"}  # ju, que, xuan, yun are said with ü
_FINAL_IDS = {name: index for index, name in enumerate(FINALS)}
_SPELLING = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs])?([a-zêü]+)")


@lru_cache(maxsize=4096)
def parse(spelling: str) -> Syllable | None:
    """`ding4` → its parts; None for what is no Mandarin syllable."""
    tone = int(spelling[-1]) if spelling[-1:].isdigit() else 5
    letters = spelling.rstrip("012345").replace("ü", "v")
    if letters in _FULL:
        return Syllable(0, _FINAL_IDS[_FULL[letters]], tone)
    found = _SPELLING.fullmatch(letters)
    if found is None:
        return None
    initial, final = found[1] or "", found[2]
    if initial in ("j", "q", "x"):
        final = _FRONTED.get(final, final)
    elif initial in ("z", "c", "s", "zh", "ch", "sh", "r") and final == "i":
        final = "I"
    final = _SPELLED.get(final, final)
    return Syllable(INITIALS.index(initial), _FINAL_IDS[final], tone) if final in _FINAL_IDS else None


# ---- distances ------------------------------------------------------------------------------------------------------

INITIAL_WEIGHT, FINAL_WEIGHT, TONE_WEIGHT = 0.42, 0.58, 0.05

_PLACE = {"lips": "b p m f", "ridge": "d t n l z c s", "curled": "zh ch sh r", "palate": "j q x", "back": "g k h"}
_MANNER = {
    "stop": "b d g",
    "puffed stop": "p t k",
    "affricate": "j zh z",
    "puffed affricate": "q ch c",
    "fricative": "f s sh x h",
    "nasal": "m n",
    "liquid": "l r",
}
_ACCENT = {"n l": 0.1, "z zh": 0.08, "c ch": 0.08, "s sh": 0.08, "r l": 0.25, "f h": 0.25}
_NEAR_MANNERS = {
    frozenset(pair)
    for pair in (
        ("stop", "puffed stop"),
        ("affricate", "puffed affricate"),
        ("puffed affricate", "fricative"),
        ("affricate", "fricative"),
        ("stop", "affricate"),
        ("puffed stop", "puffed affricate"),
        ("nasal", "liquid"),
    )
}
_VOWELS = {  # openness, backness
    "i": (0.0, 0.0), "I": (0.25, 0.45), "v": (0.05, 0.3), "u": (0.0, 1.0),
    "E": (0.6, 0.1), "e": (0.5, 0.6), "o": (0.5, 1.0), "a": (1.0, 0.5),
}  # fmt: skip
_ENDING = {"n ng": 0.12, "i ": 0.35, "u ": 0.35, "n ": 0.4, "ng ": 0.4, "r ": 0.3, "i n": 0.5, "u ng": 0.5}


def _class_of(sound: str, classes: dict[str, str]) -> str:
    return next(name for name, members in classes.items() if sound in members.split())


def _initial_distance(a: str, b: str) -> float:
    """0 (same) to 1 (nothing in common)."""
    if a == b:
        return 0.0
    for pair, cost in _ACCENT.items():
        if {a, b} == set(pair.split()):
            return cost
    if not a or not b:  # the onset was missed or made up; sonorants are missed most easily
        return 0.6 if _class_of(a or b, _MANNER) in ("nasal", "liquid") or (a or b) == "h" else 0.8
    same_place = _class_of(a, _PLACE) == _class_of(b, _PLACE)
    manners = frozenset((_class_of(a, _MANNER), _class_of(b, _MANNER)))
    near_manner = len(manners) == 1 or manners in _NEAR_MANNERS
    sibilant = all(_class_of(one, _MANNER) in ("affricate", "puffed affricate", "fricative") and one not in "fh" for one in (a, b))
    if len(manners) == 1:
        return 0.4 if sibilant or "nasal" in manners else 0.6
    if near_manner:
        return 0.4 if same_place else 0.7
    return 0.7 if same_place else 1.0


def _final_distance(a: str, b: str) -> float:
    """0 (same) to 1; vowels by height and backness, then glide and ending."""
    if a == b:
        return 0.0
    (glide_a, vowel_a, end_a), (glide_b, vowel_b, end_b) = FINALS[a], FINALS[b]
    (height_a, back_a), (height_b, back_b) = _VOWELS[vowel_a], _VOWELS[vowel_b]
    cost = 0.9 * float(np.hypot(height_a - height_b, 0.7 * (back_a - back_b)))
    if glide_a != glide_b and glide_a != vowel_b and glide_b != vowel_a:
        cost += 0.1 if {glide_a, glide_b} == {"i", "v"} else 0.3  # southern ü is often said without rounding the lips
    if end_a != end_b:
        cost += next((price for pair, price in _ENDING.items() if {end_a, end_b} == set(pair.split(" "))), 0.6)
    elif not cost:
        cost = 0.1
    return min(cost, 1.0)


def _table(names: tuple[str, ...], distance: Callable[[str, str], float], weight: float) -> Floats:
    return np.array([[weight * distance(a, b) for b in names] for a in names], dtype=np.float32)


INITIAL_COST: Floats = _table(INITIALS, _initial_distance, INITIAL_WEIGHT)
FINAL_COST: Floats = _table(tuple(FINALS), _final_distance, FINAL_WEIGHT)


def substitution(terms: Ints, heard: Ints) -> Floats:
    """Cost 0–1.05 of hearing each of `heard` (n × 3) for each of `terms` (m × 3): m × n. Whatever is no syllable costs 9."""
    cost = INITIAL_COST[terms[:, 0][:, None], heard[:, 0][None, :]] + FINAL_COST[terms[:, 1][:, None], heard[:, 1][None, :]]
    cost = cost + TONE_WEIGHT * (terms[:, 2][:, None] != heard[:, 2][None, :])
    return np.where(heard[:, 0][None, :] < 0, np.float32(9), cost).astype(np.float32)


# ---- text -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """A text as it sounds. `plain` is the text without blanks and commas, digits as Hanzi, lower case; `origin[i]` is the offset in
    the original text of `plain[i]`, with `origin[len(plain)]` its length. `syllables` has one row a character of `plain`;
    a row of −1 is something else than a syllable."""

    text: str
    plain: str
    origin: tuple[int, ...]
    syllables: Ints

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of `plain[start:end]`."""
        return self.origin[start], self.origin[end - 1] + 1


def plain_characters(text: str) -> list[tuple[str, int]]:
    """Characters that count, each with its offset; the end of a sentence stays as 「。」."""
    kept = []
    for offset, character in enumerate(text):
        if character in STOPS:
            kept.append(("。", offset))
            continue
        for one in unicodedata.normalize("NFKC", character).lower().translate(DIGITS):
            if one.isalnum():
                kept.append((one, offset))
    return kept


def _spell(plain: str) -> list[str]:
    """Pinyin with tone digits, one a character; what is not Hanzi spells as nothing."""
    spelled: list[str] = []
    for run in _RUNS.findall(plain):
        spelled += lazy_pinyin(run, style=Style.TONE3, neutral_tone_with_five=True) if HANZI.match(run) else [""] * len(run)
    return spelled


@lru_cache(maxsize=4096)  # more than a library has phrases: when a trainer's change is taken up, only what changed is spelt
def hear(text: str) -> Heard:
    kept = plain_characters(text)
    plain = "".join(character for character, _ in kept)
    rows = [parse(one) or NO_SYLLABLE for one in _spell(plain)]
    syllables = np.array(rows, dtype=np.int16).reshape(-1, 3)
    return Heard(text, plain, (*(offset for _, offset in kept), len(text)), syllables)
