"""Complaints that say the same, whatever the words: character n-grams, weighted, and spherical k-means."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from scripts_library.syllables import hear

Floats = NDArray[np.float64]

GRAMS = (1, 2, 3)
"""Lengths of the character n-grams; two and three carry the meaning, one keeps short sentences apart from empty ones."""
MOST_CLUSTERS = 12
ROUNDS = 40
STARTS = 4
QUOTES = 3
FEWEST = 3
"""Texts that make a cluster."""


@dataclass(frozen=True, slots=True)
class Text:
    """One complaint: an utterance with the terms heard in it and what its conversation's cause seems to be."""

    id: str
    session_id: str
    text: str
    terms: tuple[str, ...] = ()
    cause: str = "unknown"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Complaints that belong together: their n-grams and terms that set them apart, their main cause, and the most typical of them."""

    size: int
    sessions: int
    label: str
    cause: str
    terms: tuple[str, ...]
    quotes: tuple[Text, ...]
    cohesion: float


def clusters(texts: Sequence[Text], *, seed: int = 0) -> list[Cluster]:
    """The texts in groups, the largest first; what is too small a group is left out. The same texts give the same groups."""
    plain = [hear(one.text).plain.replace("。", "") for one in texts]
    used = [place for place, one in enumerate(plain) if len(one) >= 2]
    if len(used) < FEWEST:
        return []
    matrix, grams = _vectors([plain[place] for place in used])
    count = int(min(MOST_CLUSTERS, max(1, round((len(used) / 4) ** 0.5))))
    groups, centres = _spherical(matrix, count, seed)
    found = [
        _cluster([texts[used[place]] for place in np.flatnonzero(groups == group)], matrix[np.flatnonzero(groups == group)], centre, grams)
        for group, centre in enumerate(centres)
        if int((groups == group).sum()) >= FEWEST
    ]
    return sorted(found, key=lambda one: (-one.size, one.label))


def _vectors(texts: Sequence[str]) -> tuple[csr_matrix, list[str]]:
    """Unit vectors of tf-idf (sublinear), (texts, n-grams), and what the columns are."""
    counts = [Counter(text[at : at + n] for n in GRAMS for at in range(len(text) - n + 1)) for text in texts]
    seen = Counter(gram for count in counts for gram in count)
    grams = sorted(gram for gram, times in seen.items() if times > 1 or len(texts) < 20)
    place = {gram: column for column, gram in enumerate(grams)}
    rows, columns, values = [], [], []
    for row, count in enumerate(counts):
        for gram, times in count.items():
            if gram in place:
                rows.append(row)
                columns.append(place[gram])
                values.append((1 + np.log(times)) * np.log((1 + len(texts)) / (1 + seen[gram])) * (0.3 if len(gram) == 1 else 1.0))
    matrix = csr_matrix((values, (rows, columns)), shape=(len(texts), max(len(grams), 1)))
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return csr_matrix(diags(1 / np.maximum(length, 1e-9)) @ matrix), grams


def _spherical(matrix: csr_matrix, count: int, seed: int) -> tuple[NDArray[np.int64], Floats]:
    """The best of a few starts: each text's group, and the groups' unit centres."""
    best: tuple[float, NDArray[np.int64], Floats] | None = None
    for start in range(STARTS):
        groups, centres, fit = _once(matrix, count, np.random.default_rng((seed, start)))
        if best is None or fit > best[0]:
            best = (fit, groups, centres)
    assert best is not None
    return best[1], best[2]


def _once(matrix: csr_matrix, count: int, source: np.random.Generator) -> tuple[NDArray[np.int64], Floats, float]:
    centres = _seeds(matrix, count, source)
    groups = np.full(matrix.shape[0], -1, np.int64)
    for _ in range(ROUNDS):
        likeness = np.asarray(matrix @ centres.T)
        moved = likeness.argmax(axis=1)
        if np.array_equal(moved, groups):
            break
        groups = moved
        member = csr_matrix((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(count, len(groups)))
        centres = np.asarray((member @ matrix).todense())
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    fit = float(np.asarray(matrix @ centres.T)[np.arange(len(groups)), groups].sum())
    return groups, centres, fit


def _seeds(matrix: csr_matrix, count: int, source: np.random.Generator) -> Floats:
    """Far from each other (k-means++ on 1 − cosine)."""
    chosen = [int(source.integers(matrix.shape[0]))]
    distance = np.ones(matrix.shape[0])
    for _ in range(count - 1):
        last = np.asarray((matrix @ matrix[chosen[-1]].T).todense()).ravel()
        distance = np.minimum(distance, np.clip(1 - last, 0, None))
        total = distance.sum()
        weights = distance / total if total > 1e-9 else np.full(len(distance), 1 / len(distance))
        chosen.append(int(source.choice(len(distance), p=weights)))
    return np.asarray(matrix[chosen].todense())


def _cluster(texts: Sequence[Text], matrix: csr_matrix, centre: Floats, grams: Sequence[str]) -> Cluster:
    likeness = np.asarray(matrix @ centre).ravel()
    terms = Counter(term for one in texts for term in one.terms)
    causes = Counter(one.cause for one in texts if one.cause != "unknown")
    return Cluster(
        size=len(texts),
        sessions=len({one.session_id for one in texts}),
        label=_label(centre, grams),
        cause=causes.most_common(1)[0][0] if causes else "unknown",
        terms=tuple(term for term, _ in sorted(terms.items(), key=lambda pair: (-pair[1], pair[0]))[:5]),
        quotes=_quotes(texts, likeness),
        cohesion=round(float(likeness.mean()), 3),
    )


def _label(centre: Floats, grams: Sequence[str]) -> str:
    """The heaviest n-grams of two or more characters that do not repeat each other."""
    said: list[str] = []
    for column in np.argsort(-centre, kind="stable"):
        gram = grams[column]
        if (
            len(gram) >= 2
            and centre[column] > 0
            and not any(gram in one or one in gram or gram[0] == one[-1] or gram[-1] == one[0] for one in said)
        ):
            said.append(gram)
        if len(said) == 3:
            break
    return "、".join(said)


def _quotes(texts: Sequence[Text], likeness: Floats) -> tuple[Text, ...]:
    """The most typical, each of another conversation and in other words."""
    taken: list[Text] = []
    spoken: defaultdict[str, bool] = defaultdict(bool)
    for place in np.argsort(-likeness, kind="stable"):
        one = texts[place]
        if len(taken) < QUOTES and not spoken[one.session_id] and one.text not in {other.text for other in taken}:
            taken.append(one)
            spoken[one.session_id] = True
    return tuple(taken)
