"""How often one address or one link may ask: sliding windows, in memory. Pure but for what it remembers.

Each process counts for itself; what must never be exceeded (codes, attempts, submissions) is counted in the database.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

KEYS_MAX: Final = 20_000
"""Windows that are remembered; beyond that the one that was longest idle is forgotten."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `most` within `length`."""

    name: str
    most: int
    length: timedelta


# A whole sales office may stand behind one address.
ADDRESS: Final = Window("address", 240, timedelta(minutes=1))
LINK: Final = Window("link", 60, timedelta(minutes=1))
UNKNOWN: Final = Window("unknown", 20, timedelta(minutes=10))
"""Tokens that lead nowhere, from one address. They cannot be guessed (256 bits); whoever tries is seen in the log."""


class Limits:
    """Remembers who asked when."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    def wait(self, window: Window, key: str, now: datetime) -> timedelta | None:
        """Count one request; if there were too many, how long until one is taken again (this one is not counted then)."""
        place = (window.name, key)
        times = self._seen.setdefault(place, deque())
        self._seen.move_to_end(place)
        while len(self._seen) > KEYS_MAX:
            self._seen.popitem(last=False)
        while times and times[0] <= now - window.length:
            times.popleft()
        if len(times) >= window.most:
            return times[0] + window.length - now
        times.append(now)
        return None
