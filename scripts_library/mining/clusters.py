"""Complaints that mean the same, in groups: vectors of their meaning, Ward's method, as many groups as stand apart best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from scripts_library.checks import hanzi
from scripts_library.mining.meaning import Floats, near_by_meaning
from scripts_library.mining.phrases import FUNCTION_WORDS, log_odds
from scripts_library.mining.words import Segmenter

Ints = NDArray[np.int64]
Likeness = Literal["meaning", "cause"]

MOST_CLUSTERS = 16
FINEST = 40
"""Groups that may be asked for."""
QUOTES = 8
FEWEST = 3
"""Texts that make a cluster."""
LABEL_WORDS = 3
MIXED = 0.3
"""Silhouette below which a group holds several meanings, none of them by more than half, three times of four (docs/mining.md)."""


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
    """Complaints that belong together: the words and terms that set them apart, their main cause, and the most typical of them.

    `alike` is how much nearer they are to each other than to the nearest other group, from −1 to 1 (the simplified silhouette).
    """

    size: int
    sessions: int
    label: str
    cause: str
    terms: tuple[str, ...]
    quotes: tuple[Text, ...]
    alike: float


def clusters(
    texts: Sequence[Text], forms: tuple[tuple[str, str], ...], by: Likeness = "meaning", count: int | None = None
) -> list[Cluster]:
    """The texts in groups, the largest first; what is too small a group is left out. The same texts give the same groups.

    `forms` are terms and aliases of the lexicon, each with its category. By meaning there are `count` groups, or as many as stand apart
    best; by cause one of each cause.
    """
    used = [one for one in texts if hanzi(one.text) >= 2]
    if len(used) < FEWEST:
        return []
    # what is said again and again in the same words is one point: else every such sentence would be a group of its own
    distinct, which = np.unique([in_full(one) for one in used], return_inverse=True)
    points = near_by_meaning(distinct.tolist(), forms)
    vectors = points[which]
    groups = _by_cause(used) if by == "cause" else apart(points, count)[which]
    alike = _silhouettes(vectors, groups)
    said = _words([one.text for one in used], [form for form, _ in forms])
    found = [
        _cluster([used[place] for place in members], vectors[members], _label(said, members), float(alike[members].mean()))
        for members in (np.flatnonzero(groups == group) for group in range(groups.max() + 1))
        if len(members) >= FEWEST
    ]
    return sorted(found, key=lambda one: (-one.size, one.label))


def in_full(one: Text) -> str:
    """The sentence with the names of its terms: in recognised text a term may stand as something that only sounds like it."""
    return "，".join((one.text, *one.terms))


def apart(vectors: Floats, count: int | None = None) -> Ints:
    """Each vector's group, counted from 0: `count` groups, or as many as stand apart best (the simplified silhouette is largest)."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    tree = linkage(vectors, "ward")
    if count is not None:
        return _cut(tree, min(count, len(vectors)))
    most = min(MOST_CLUSTERS, max(2, len(vectors) // FEWEST))
    cuts = [np.zeros(len(vectors), np.int64), *(_cut(tree, number) for number in range(2, most + 1))]
    return max(cuts, key=lambda groups: _standing_apart(vectors, groups))


def _by_cause(texts: Sequence[Text]) -> Ints:
    groups: Ints = np.unique([one.cause for one in texts], return_inverse=True)[1]
    return groups


def _cut(tree: Floats, count: int) -> Ints:
    groups: Ints = np.unique(fcluster(tree, count, "maxclust"), return_inverse=True)[1]
    return groups


def _standing_apart(vectors: Floats, groups: Ints) -> float:
    """The mean silhouette. A vector in too small a group counts 0: it would be left out."""
    told = np.bincount(groups)[groups] >= FEWEST
    return float(np.mean(told * _silhouettes(vectors, groups)))


def _silhouettes(vectors: Floats, groups: Ints) -> Floats:
    """How much nearer each vector is to its own group's centre than to the next, from −1 to 1, (n,); 0 where there is a single group."""
    if not groups.any():
        return np.zeros(len(vectors))
    centres = np.stack([vectors[groups == group].mean(axis=0) for group in range(groups.max() + 1)])
    distances = np.sqrt(np.clip(1 + (centres**2).sum(axis=1) - 2 * vectors @ centres.T, 0, None))  # the vectors' length is one
    rows = np.arange(len(vectors))
    own = distances[rows, groups]
    distances[rows, groups] = np.inf
    other = distances.min(axis=1)
    silhouettes: Floats = (other - own) / np.maximum(np.maximum(own, other), 1e-9)
    return silhouettes


def _cluster(texts: Sequence[Text], vectors: Floats, label: str, alike: float) -> Cluster:
    terms = Counter(term for one in texts for term in one.terms)
    causes = Counter(one.cause for one in texts if one.cause != "unknown")
    return Cluster(
        size=len(texts),
        sessions=len({one.session_id for one in texts}),
        label=label,
        cause=causes.most_common(1)[0][0] if causes else "unknown",
        terms=tuple(term for term, _ in sorted(terms.items(), key=lambda pair: (-pair[1], pair[0]))[:5]),
        quotes=_quotes(texts, vectors @ vectors.mean(axis=0)),
        alike=round(alike, 3),
    )


def _words(texts: Sequence[str], forms: Sequence[str]) -> list[frozenset[str]]:
    """The words of each text that say something."""
    segmenter = Segmenter(words=forms)
    return [frozenset(word for word in segmenter.cut(text) if hanzi(word) >= 2 and word not in FUNCTION_WORDS) for text in texts]


def _label(said: Sequence[frozenset[str]], members: Ints) -> str:
    """The words that the group holds more surely than the others do."""
    everywhere, here = (Counter(word for words in part for word in words) for part in (said, [said[place] for place in members]))
    words = sorted(here)
    inside = np.array([here[word] for word in words], np.int64)
    outside = np.array([everywhere[word] for word in words], np.int64) - inside
    scores = log_odds(inside, outside, len(members), len(said) - len(members)) if len(members) < len(said) else inside
    ranked = sorted(zip(-scores, words, strict=True))
    return "、".join(word for _, word in ranked[:LABEL_WORDS])


def _quotes(texts: Sequence[Text], likeness: Floats) -> tuple[Text, ...]:
    """The most typical, each of another conversation and in other words."""
    taken: list[Text] = []
    for place in np.argsort(-likeness, kind="stable"):
        one = texts[place]
        if len(taken) < QUOTES and all(one.session_id != other.session_id and one.text != other.text for other in taken):
            taken.append(one)
    return tuple(taken)
