"""Two people who sound alike: all utterances parted in two at once, where taking them one by one makes one voice of both.

Utterances that come one by one join the voice they resemble (`speaker.JOIN`), and two people whose voices lie nearer to each other than
that become one, halfway between them. Looked at together they lie in two heaps: spherical two-means (Dhillon & Modha 2001), begun from the
utterances most and least like the enrolment. One person's utterances can always be parted, too; such halves lie near each other, are about
equally like the enrolment, or one of them is a stray sentence.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from audio_service.hearing.enrolment import unit
from audio_service.hearing.spectra import Floats

KEPT = 160
"""Utterances that are looked at, newest: about ten minutes of both."""
FEWEST = 4
"""Utterances without which nothing is parted."""
ROUNDS = 20
LIKELIER = 0.03
"""Difference of the halves' cosines to the enrolment, or it is not known whose is whose."""
APART, APART_BY_CHANCE = 0.2, 1.2
"""Distance of the halves (one less the cosine between them, and the difference of their cosines to the enrolment) from which they are two
voices, and what chance adds to it, over the windows of the smaller half. Two who sound alike: .15–.25 and .05–.18; one: .03–.12, 0–.1."""
SMALLEST = 0.2
"""Share of the windows that the smaller half has at least."""
SMALLEST_WINDOWS = 6


@dataclass(frozen=True)
class Parted:
    """Centres (256,) at length one of the half more and the half less like the enrolment, and the cosine halfway between the two."""

    likelier: Floats
    other: Floats
    middle: float


class Halves:
    """The utterances of one session, as far as they tell two voices apart."""

    def __init__(self) -> None:
        self._said: deque[tuple[Floats, int, float]] = deque(maxlen=KEPT)

    def learn(self, total: Floats, windows: int, likeness: float) -> None:
        """An utterance: (256,) sum of its window vectors, how many they are, and their mean cosine to the enrolment."""
        self._said.append((unit(total), windows, likeness))

    def part(self) -> Parted | None:
        """The two voices, or None where there seems to be one."""
        if len(self._said) < FEWEST:
            return None
        directions = np.stack([said[0] for said in self._said])
        windows, likeness = (np.array([said[place] for said in self._said], np.float32) for place in (1, 2))
        found = _two_means(directions, windows, directions[[int(np.argmax(likeness)), int(np.argmin(likeness))]])
        if found is None:
            return None
        other, centres = found
        smaller = float(min(np.sum(windows[~other]), np.sum(windows[other])))
        if smaller < max(SMALLEST_WINDOWS, SMALLEST * float(np.sum(windows))):
            return None
        first, second = (float(np.average(likeness[half], weights=windows[half])) for half in (~other, other))
        distance = 1.0 - float(centres[0] @ centres[1]) + first - second
        if first - second < LIKELIER or distance < APART + APART_BY_CHANCE / smaller:
            return None
        return Parted(centres[0], centres[1], (first + second) / 2)


def _two_means(directions: Floats, weights: Floats, centres: Floats) -> tuple[np.ndarray, Floats] | None:
    """(n, 256) directions, (n,) weights, (2, 256) centres to begin with → (n,) whether each is nearer to the second, and the centres."""
    second = np.zeros(len(directions), np.bool_)
    for _ in range(ROUNDS):
        before, second = second, directions @ centres[1] > directions @ centres[0]
        if second.all() or not second.any():
            return None
        if np.array_equal(before, second):
            break
        weighted = directions * weights[:, np.newaxis]
        centres = unit(np.stack([np.sum(weighted[~second], axis=0), np.sum(weighted[second], axis=0)]))
    return second, centres
