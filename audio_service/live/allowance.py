"""How often a client may write something that costs a database row."""

from __future__ import annotations

import time
from collections.abc import Callable


class Allowance:
    """A bucket of `burst` that refills by `per_second`: a thumb is never refused, a program in a loop soon is."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._left = float(burst)
        self._at = clock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
