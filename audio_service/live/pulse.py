"""The event loop's pulse: how late it wakes, and why. More than 50 ms late for a reason of our own is a bug."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client import Counter, Gauge, Histogram

logger = structlog.get_logger()

BEAT_SECONDS = 0.02
TOO_LATE = 0.05
CAUSES = ("work", "machine", "lock")
"""The loop's own work, no core to run on (other processes), waiting for the interpreter lock or for the disk on the loop's own thread."""

LAG = Histogram("calmdesk_loop_lag_seconds", "How late the event loop woke", buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0))
LATE = Counter("calmdesk_loop_late_total", "Wakes more than 50 ms late by what took most of the time", ["cause"])
WORST = Gauge("calmdesk_loop_lag_worst_seconds", "The latest the event loop ever woke since serving began")


class Pulse:
    """Beats until cancelled; `worst` is the largest lag so far, in seconds."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def run(self) -> None:
        for cause in CAUSES:
            LATE.labels(cause)
        with _run_queue() as queued:
            while True:
                asleep, worked, waited = time.perf_counter(), time.thread_time(), queued.seconds()
                await asyncio.sleep(BEAT_SECONDS)
                lag = time.perf_counter() - asleep - BEAT_SECONDS
                LAG.observe(lag)
                if lag > self.worst:
                    self.worst = lag
                    WORST.set(lag)
                if lag > TOO_LATE:
                    cause = cause_of(lag, time.thread_time() - worked, queued.seconds() - waited)
                    LATE.labels(cause).inc()
                    logger.debug("loop.late", seconds=round(lag, 3), cause=cause)


def cause_of(lag: float, worked: float, waited: float) -> str:
    """What took most of a late beat: seconds the loop's thread ran, seconds it was ready but had no core, and the rest."""
    shares = dict(zip(CAUSES, (worked, waited, lag - worked - waited), strict=True))
    return max(shares, key=lambda cause: shares[cause])


class _RunQueue:
    """Time this thread was ready to run but had no core (Linux; elsewhere 0)."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def seconds(self) -> float:
        return int(os.pread(self._descriptor, 64, 0).split()[1]) / 1e9 if self._descriptor is not None else 0.0


@contextmanager
def _run_queue() -> Iterator[_RunQueue]:
    try:
        descriptor = os.open(Path("/proc/thread-self/schedstat"), os.O_RDONLY)
    except OSError:
        yield _RunQueue(None)
        return
    try:
        yield _RunQueue(descriptor)
    finally:
        os.close(descriptor)
