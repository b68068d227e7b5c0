"""Consents to a recording that were withdrawn while conversations run.

Any process may have written that down; the one that holds the conversation looks every half second and ends it. What was said until then
and is still on its way to the database is left out there (`ledger`), so that nothing depends on how soon this process looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import structlog

from audio_service.live.session import LiveSession
from models.consents import withdrawn_among
from models.engine import Factory, reading

logger = structlog.get_logger()

LOOK_SECONDS: Final = 0.5


class Withdrawals:
    """`look` is one round; `run` goes on until cancelled. `end` ends a conversation of this process without finishing it."""

    def __init__(
        self, factory: Factory, sessions: Callable[[], Iterable[LiveSession]], end: Callable[[LiveSession], Awaitable[None]]
    ) -> None:
        self._factory = factory
        self._sessions = sessions
        self._end = end

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:
                logger.exception("withdrawals.failed")  # the next round tries again

    async def look(self) -> None:
        """End the recorded conversations of this process whose consent is gone."""
        there = {session.id: session for session in self._sessions() if session.recording is not None}
        if not there:
            return
        async with reading(self._factory) as db:
            gone = await withdrawn_among(db, there)
        for session_id in gone:
            logger.info("session.consent_withdrawn", session=session_id)
            await self._end(there[session_id])
