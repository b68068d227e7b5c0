"""Finding where a set of phrases may have been said: weighted edit distance over syllables, all phrases and hypotheses at once.

A phrase is looked for anywhere in a text (free start and end). A bound that needs no alignment (each of a phrase's syllables against its
best match anywhere) drops nearly all phrases first, so that a lexicon of a thousand forms costs little more than one of fifty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts_library.syllables import NO_SYLLABLE, Floats, Heard, Ints, hear, substitution

Places = NDArray[np.intp]
Mask = NDArray[np.bool_]

DROP = 0.55  # a syllable of the phrase was not recognised at all
UNTHINKABLE = 9.0
INSERT = 0.35  # something was recognised between two of its syllables
ANOTHER = 0.5  # above this a syllable is simply another one
FUNCTION = frozenset("我你您他她它们的了是在要这那个给就都也还把被去来有跟和吗呢啊吧一得地着过")
NEGATION = frozenset("不没未别无")  # without these a phrase says the opposite: never dropped
FUNCTION_WEIGHT = 0.4  # words that stand in every sentence say little about this one
SHORTEST_DROP = 4  # of a shorter phrase nothing may be missing: 经理 is not 总经理


@dataclass(frozen=True, slots=True)
class Sound:
    """Phrase `form` may be in text `hypothesis` (both indices) at `plain[start:end]`; `cost` is the weighted mean of its syllables, 0–1."""

    form: int
    hypothesis: int
    start: int
    end: int
    cost: float


class SoundIndex:
    """Phrases by sound. `limits[i]` is the highest mean cost at which phrase i is reported; below 0 it is never looked for."""

    def __init__(self, phrases: Sequence[str], limits: Sequence[float]) -> None:
        heard = [hear(phrase) for phrase in phrases]
        usable = [
            limit >= 0 and len(one.plain) >= 2 and bool((one.syllables[:, 0] >= 0).all()) for one, limit in zip(heard, limits, strict=True)
        ]
        self._forms = np.flatnonzero(usable)
        self._lengths = np.array([len(heard[form].plain) for form in self._forms], dtype=np.intp)
        weights = [[weight_of(character) for character in heard[int(form)].plain] for form in self._forms]
        self._limits = np.array([limits[int(form)] for form in self._forms], dtype=np.float32)
        rows = [heard[form].syllables for form in self._forms]
        self._syllables, places = _unique(rows)
        longest = int(self._lengths.max(initial=0))
        # Past its end a phrase repeats one extra row that costs nothing, so that phrases of all lengths share one array.
        self._places = np.full((len(rows), longest), len(self._syllables), dtype=np.intp)
        self._weights = np.zeros((len(rows), longest), dtype=np.float32)
        for row, place in enumerate(places):
            self._places[row, : len(place)] = place
            self._weights[row, : len(place)] = weights[row]
        self._totals = self._weights.sum(axis=1)
        self._drops = np.full((len(rows), longest), UNTHINKABLE, dtype=np.float32)
        for row, form in enumerate(self._forms):
            plain = heard[int(form)].plain
            if len(plain) >= SHORTEST_DROP:
                self._drops[row, : len(plain)] = [UNTHINKABLE if one in NEGATION else DROP * weight_of(one) for one in plain]

    def search(self, texts: Sequence[Heard], beyond: float = 0.0) -> list[Sound]:
        """Where phrases may have been said, the best alignment a phrase and end; overlapping ones are not resolved.

        `beyond` is how far over its limit a phrase's cost may be.
        """
        if not len(self._forms) or not any(text.plain for text in texts):
            return []
        stop = np.array([NO_SYLLABLE], dtype=np.int16)
        heard: Ints = np.concatenate([part for text in texts for part in (text.syllables, stop)])
        different, column = np.unique(heard, axis=0, return_inverse=True)  # hypotheses of one utterance share most syllables
        cost = substitution(self._syllables, different)
        cost[(cost > ANOTHER) & (cost < 1)] = 1
        cost = np.vstack([cost, np.zeros(len(different), dtype=np.float32)])
        limits = self._limits + np.float32(beyond)
        likely = self._likely(cost, limits)
        if not len(likely):
            return []
        insert = np.where(heard[:, 0] < 0, UNTHINKABLE, INSERT).astype(np.float32)
        total, starts = _align(cost, column.ravel(), insert, self._places[likely], self._weights[likely], self._drops[likely])
        mean = (total / self._totals[likely][:, None]).astype(np.float32)
        good = _valleys(mean) & (mean <= limits[likely][:, None] + 1e-6)
        edges = np.cumsum([0, *(len(text.plain) + 1 for text in texts)])
        found = []
        for row, end in zip(*map(np.ndarray.tolist, np.nonzero(good)), strict=True):
            start = int(starts[row, end])
            text = int(np.searchsorted(edges, start, side="right")) - 1
            if end > start:
                edge = int(edges[text])
                found.append(Sound(int(self._forms[likely[row]]), text, start - edge, end - edge, float(mean[row, end])))
        return found

    def _likely(self, cost: Floats, limits: Floats) -> Places:
        """Phrases that may be within their limits, the longest first: each syllable against its best match anywhere."""
        best = np.minimum(cost.min(axis=1), DROP)
        likely = np.flatnonzero((best[self._places] * self._weights).sum(axis=1) <= limits * self._totals)
        return likely[np.argsort(-self._lengths[likely], kind="stable")]


def weight_of(character: str) -> float:
    return FUNCTION_WEIGHT if character in FUNCTION else 1.0


def _unique(rows: list[Ints]) -> tuple[Ints, list[list[int]]]:
    numbers: dict[tuple[int, ...], int] = {}
    places = [[numbers.setdefault(tuple(map(int, one)), len(numbers)) for one in row] for row in rows]
    return np.array(list(numbers), dtype=np.int16).reshape(-1, 3), places


def _align(cost: Floats, column: Places, insert: Floats, places: Places, weights: Floats, drops: Floats) -> tuple[Floats, Places]:
    """Edit distance of each phrase (longest first) against the best stretch ending at each position: totals, starts (phrases × n + 1)."""
    count, width = len(places), len(column)
    total = np.zeros((count, width + 1), dtype=np.float32)
    start = np.broadcast_to(np.arange(width + 1), total.shape).copy()
    lengths = (weights > 0).sum(axis=1)
    for index in range(int(lengths.max())):
        going = int(np.count_nonzero(lengths > index))  # longest first: the phrases that are over stand still below
        before, came = total[:going], start[:going]
        match = before[:, :-1] + cost[places[:going, index]].take(column, axis=1) * weights[:going, index, None]
        step = before + drops[:going, index, None]
        better = match < step[:, 1:]
        np.copyto(step[:, 1:], match, where=better)
        origin = came.copy()
        np.copyto(origin[:, 1:], came[:, :-1], where=better)
        if index:
            _insert(step, origin, insert, (index < lengths[:going] - 1)[:, None])
        total[:going], start[:going] = step, origin
    return total, start


def _insert(total: Floats, start: Places, insert: Floats, inside: Mask) -> None:
    """One extra syllable heard after this one; never after a phrase's last."""
    longer = total[:, :-1] + insert
    better = (longer < total[:, 1:]) & inside
    moved = start[:, :-1].copy()
    np.copyto(total[:, 1:], longer, where=better)
    np.copyto(start[:, 1:], moved, where=better)


def _valleys(mean: Floats) -> Mask:
    """Ends that are no worse than the end before and after: one alignment shows up at its best end only."""
    wall = np.full((len(mean), 1), np.inf, dtype=np.float32)
    before, after = np.hstack([wall, mean[:, :-1]]), np.hstack([mean[:, 1:], wall])
    valleys: Mask = (mean <= after) & (mean < before)
    return valleys
