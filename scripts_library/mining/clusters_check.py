"""How well complaints of known meaning come out in groups, and how well plainer vectors would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, v_measure_score

from scripts_library.library import Library
from scripts_library.matcher import Matcher
from scripts_library.mining.clusters import Text, apart, in_full
from scripts_library.mining.meaning import Floats, encode, near_by_meaning


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
    found = {name: _agreement(apart(rows, len(set(meanings))).tolist(), meanings) for name, rows in vectors.items()}
    return found | {"meaning_own_number": _agreement(apart(by_meaning).tolist(), meanings)}


def _agreement(groups: Sequence[int], meanings: Sequence[str]) -> Agreement:
    rand, v = adjusted_rand_score(meanings, groups), v_measure_score(meanings, groups)
    return Agreement(len(set(groups)), round(float(rand), 3), round(float(v), 3))


def _characters(texts: Sequence[str]) -> Floats:
    """Tf-idf of character n-grams, (texts, n-grams): what groups were made by until vectors of meaning were to be had."""
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    return np.asarray(grams.fit_transform(texts).toarray(), np.float64)
