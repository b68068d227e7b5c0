"""When something that did not arrive is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=10)
FACTOR: Final = 3
LONGEST: Final = timedelta(hours=6)
SPREAD: Final = 0.25
"""Share by which a pause is shorter or longer, so that what failed together does not come back together."""


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after the attempt with this number (from 1); `jitter` is a random number of 0 ≤ x < 1."""
    steps = min(attempts - 1, 20)  # beyond it the longest pause is reached anyway
    longest: timedelta = min(FIRST * FACTOR**steps, LONGEST)
    return longest * (1 - SPREAD + 2 * SPREAD * jitter)
