"""How well complaints of known meaning come out in groups, and how well plainer vectors would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, log

import numpy as np

from scripts_library.library import Library
from scripts_library.matcher import Matcher
from scripts_library.mining.clusters import Text, apart, in_full
from scripts_library.mining.meaning import Floats, encode, near_by_meaning, unit

GRAMS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Meant:
    """A sentence, what is meant by it, and the part of the file it stands in."""

    text: str
    meaning: str
    part: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Groups found against meanings given: adjusted Rand index (0 by chance, 1 alike) and V-measure (0 to 1)."""

    groups: int
    adjusted_rand: float
    v_measure: float


def read(lines: Iterable[str]) -> list[Meant]:
    """`meaning | sentence`, one a line; `#` begins a remark, `[…]` a part."""
    found: list[Meant] = []
    part = ""
    for line in map(str.strip, lines):
        if line.startswith("["):
            part = line.strip("[]")
        elif line and not line.startswith("#"):
            meaning, _, text = line.partition("|")
            found.append(Meant(text.strip(), meaning.strip(), part))
    return found


def check(sentences: Sequence[Meant], library: Library) -> dict[str, Agreement]:
    """By characters, by general vectors, as the product does it (all three told the number of meanings), and the latter left to itself."""
    texts, meanings = [one.text for one in sentences], [one.meaning for one in sentences]
    matcher = Matcher(library)
    said = [in_full(Text("", "", text, tuple(dict.fromkeys(hit.term for hit in matcher.match(text))))) for text in texts]
    by_meaning = near_by_meaning(said, library.forms)
    vectors = {"characters": _characters(texts), "encoder": encode(texts), "meaning": by_meaning}
    found = {name: agreement(apart(rows, len(set(meanings))).tolist(), meanings) for name, rows in vectors.items()}
    return found | {"meaning_own_number": agreement(apart(by_meaning).tolist(), meanings)}


def agreement(groups: Sequence[int], meanings: Sequence[str]) -> Agreement:
    """Hubert & Arabie 1985; Rosenberg & Hirschberg 2007."""
    both, by_group, by_meaning = Counter(zip(groups, meanings, strict=True)), Counter(groups), Counter(meanings)
    count = len(groups)
    together, first, second = (sum(comb(size, 2) for size in sizes.values()) for sizes in (both, by_group, by_meaning))
    chance = first * second / comb(count, 2)
    rand = (together - chance) / ((first + second) / 2 - chance)
    mutual = sum(size / count * log(size * count / (by_group[group] * by_meaning[meaning])) for (group, meaning), size in both.items())
    entropy = sum(-size / count * log(size / count) for sizes in (by_group, by_meaning) for size in sizes.values())
    return Agreement(len(by_group), round(rand, 3), round(2 * mutual / entropy, 3))


def _characters(texts: Sequence[str]) -> Floats:
    """Tf-idf of character n-grams, (texts, n-grams): what groups were made by until vectors of meaning were to be had."""
    counts = [Counter(text[at : at + n] for n in GRAMS for at in range(len(text) - n + 1)) for text in texts]
    seen = Counter(gram for count in counts for gram in count)
    grams = {gram: column for column, gram in enumerate(seen)}
    rows = np.zeros((len(texts), len(grams)))
    for row, count in zip(rows, counts, strict=True):
        for gram, times in count.items():
            row[grams[gram]] = (1 + log(times)) * log((1 + len(texts)) / (1 + seen[gram]))
    return unit(rows)
