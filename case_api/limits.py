"""How often one address or one link may ask, and how often a sign-in may fail: sliding windows, in memory.

Each process counts for itself; what must never be exceeded (codes, attempts, submissions) is counted in the database.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from case_api.problems import Problem, ProblemCode

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
SIGN_IN: Final = Window("sign_in", 60, timedelta(minutes=10))
"""Sign-ins that failed, from one address. Each costs a hash of 64 MiB, and a few tries at everybody's account lock none of them."""


def line_of(address: str) -> str:
    """What is counted as one address: of IPv6 the /64, since whoever has one address there has all of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


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

    def demand(self, window: Window, key: str, now: datetime) -> None:
        """Count a request. Raises Problem: too_many_requests."""
        wait = self.wait(window, key, now)
        if wait is not None:
            raise Problem(ProblemCode.TOO_MANY_REQUESTS, headers={"Retry-After": str(max(1, math.ceil(wait / timedelta(seconds=1))))})

    def take_back(self, window: Window, key: str) -> None:
        """The newest request that was counted is not to count."""
        if times := self._seen.get((window.name, key)):
            times.pop()
