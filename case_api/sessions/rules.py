"""Downsampling a track; which text is told with a caveat; what an event or a summary may say without the recording. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from audio_service.transcription.results import may_be_misheard

Column = NDArray[np.float32]
Fold = Literal["mean", "lowest", "highest"]
WORDS: Final = frozenset({"keywords", "term", "heard"})
"""Fields of events and summaries that hold what was said."""


def doubtful(avg_logprob: float | None, *, corrected: bool) -> bool:
    """Whether the recogniser would not bet on the text, and nobody has corrected it."""
    return not corrected and may_be_misheard(avg_logprob or 0.0)


def splice(chunks: Sequence[tuple[float, float, Mapping[str, Column]]], begin: float, end: float) -> tuple[float, float, dict[str, Column]]:
    """(start, step, columns) of the steps in [begin, end), from chunks of (start, step, columns) in order of time.

    Steps between chunks are NaN, so that time stays true where one is missing.
    """
    if not chunks:
        return begin, 0.0, {}
    step = chunks[0][1]
    first = max(math.ceil(begin / step - 1e-6), round(chunks[0][0] / step))
    last_start, _, last_columns = chunks[-1]
    stop = min(math.ceil(end / step - 1e-6), round(last_start / step) + len(next(iter(last_columns.values()))))
    columns = {name: np.full(max(stop - first, 0), np.nan, np.float32) for name in chunks[0][2]}
    for start, _, values in chunks:
        offset = round(start / step)
        for name, column in values.items():
            source = column[max(first - offset, 0) : max(stop - offset, 0)]
            at = max(offset - first, 0)
            columns[name][at : at + len(source)] = source
    return first * step, step, columns


def downsample(column: Column, factor: int, of: Fold = "mean") -> list[float | None]:
    """Mean, lowest or highest of `factor` values at a time, without NaN; None where all are NaN. The last group may be shorter."""
    padded = np.pad(column.astype(np.float64), (0, -len(column) % factor), constant_values=np.nan).reshape(-1, factor)
    known = np.isfinite(padded)
    counts = known.sum(axis=1)
    if of == "mean":
        folded = np.where(known, padded, 0.0).sum(axis=1) / np.maximum(counts, 1)
    elif of == "lowest":
        folded = np.where(known, padded, np.inf).min(axis=1)
    else:
        folded = np.where(known, padded, -np.inf).max(axis=1)
    shown = np.round(folded, 3).astype(object)  # a value at a time took seven times as long
    shown[counts == 0] = None
    return list(shown.tolist())


def without_words(told: Mapping[str, Any]) -> dict[str, Any]:
    """The data of an event, or a summary, without what was said."""
    return {name: value for name, value in told.items() if name not in WORDS}
