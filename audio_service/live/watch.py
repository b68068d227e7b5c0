"""Watches what all conversations depend on and tells those it concerns, each at most once a minute."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterable

import structlog

from audio_service.live.ear import Ear
from audio_service.live.session import LiveSession
from audio_service.messages import WarningCode

logger = structlog.get_logger()

EVERY_SECONDS = 2.0
AGAIN_SECONDS = 60.0
LAG_SECONDS = 5.0
"""Text later than this is not live any more."""
LOW_FACTOR = 5
"""Times the reserve of free space below which a warning is worth giving."""


class Watch:
    """`look` is one round; `run` goes on until cancelled. `clock` is injectable for tests."""

    def __init__(self, ear: Ear, sessions: Callable[[], Iterable[LiveSession]], clock: Callable[[], float] = time.monotonic) -> None:
        self._ear = ear
        self._sessions = sessions
        self._clock = clock
        self._told: dict[tuple[str, WarningCode], float] = {}
        self._lost = ear.ledger.lost

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except Exception:
                logger.exception("watch.failed")

    async def look(self) -> None:
        """Find what is off and tell every running conversation that has not just been told."""
        codes = await self._troubles()
        now = self._clock()
        for session in self._sessions():
            for code in codes:
                last = self._told.get((session.id, code))
                if last is None or now - last >= AGAIN_SECONDS:
                    self._told[session.id, code] = now
                    session.interpreter.warn(code)
        running = {session.id for session in self._sessions()}
        self._told = {key: at for key, at in self._told.items() if key[0] in running}

    async def _troubles(self) -> list[WarningCode]:
        settings = self._ear.settings
        found = []
        if self._ear.scheduler.lag_s > LAG_SECONDS:
            found.append(WarningCode.FALLING_BEHIND)
        if self._ear.ledger.in_trouble:
            found.append(WarningCode.STORE_SLOW)
        if self._ear.ledger.lost > self._lost:
            found.append(WarningCode.ROWS_LOST)
        self._lost = self._ear.ledger.lost
        free = (await self._ear.run(shutil.disk_usage, settings.data_dir)).free
        if free < LOW_FACTOR * settings.stream.free_bytes_min:
            found.append(WarningCode.STORE_LOW)
        return found
