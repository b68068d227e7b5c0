"""The event loop's pulse: how late it wakes. More than 50 ms means that something blocks it, which is a bug."""

from __future__ import annotations

import asyncio
import time

import structlog
from prometheus_client import Gauge, Histogram

logger = structlog.get_logger()

BEAT_SECONDS = 0.02
TOO_LATE = 0.05

LAG = Histogram("calmdesk_loop_lag_seconds", "How late the event loop woke", buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0))
WORST = Gauge("calmdesk_loop_lag_worst_seconds", "The latest the event loop ever woke since serving began")


class Pulse:
    """Beats until cancelled; `worst` is the largest lag so far, in seconds."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def run(self) -> None:
        while True:
            asleep = time.perf_counter()
            await asyncio.sleep(BEAT_SECONDS)
            lag = time.perf_counter() - asleep - BEAT_SECONDS
            LAG.observe(lag)
            if lag > self.worst:
                self.worst = lag
                WORST.set(lag)
            if lag > TOO_LATE:
                logger.debug("loop.late", seconds=round(lag, 3))
