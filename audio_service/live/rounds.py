"""What other processes write down about the conversations of this one: consents that are withdrawn, hints, and who listens in.

The process that holds a conversation reads it every half second, in one transaction. What was said until a withdrawal is seen and is still
on its way to the database is left out there (`ledger`), so that nothing depends on how soon this process looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final

import structlog

from audio_service.live.companions import Companions, News, read_news
from audio_service.live.session import LiveSession
from models.consents import withdrawn_among
from models.engine import Factory, reading

logger = structlog.get_logger()

LOOK_SECONDS: Final = 0.5


class Rounds:
    """`look` is one round; `run` goes on until cancelled. `end` ends a conversation of this process without finishing it."""

    def __init__(
        self, factory: Factory, sessions: Callable[[], Collection[LiveSession]], end: Callable[[LiveSession], Awaitable[None]]
    ) -> None:
        self._factory = factory
        self._sessions = sessions
        self._end = end
        self._companions = Companions(factory)
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """A phone is there again, or has shown something: look at once."""
        self._hurry.set()

    def shown(self, session: LiveSession, id_: str) -> None:
        """The phone says that a hint or a listener is on its screen."""
        if self._companions.shown(session, id_):
            self.hurry()

    async def run(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), LOOK_SECONDS)
            self._hurry.clear()
            try:
                await self.look()
            except Exception:
                logger.exception("rounds.failed")  # the next round tries again

    async def look(self) -> None:
        """End the conversations whose consent is gone, first of all; then send the phones what is new, and write down what they showed."""
        sessions, news = self._sessions(), News()
        recorded = {session.id: session for session in sessions if session.recording is not None}
        connected = {session.id: session for session in sessions if session.outlet is not None}
        if recorded or connected:
            async with reading(self._factory) as db:
                withdrawn = await withdrawn_among(db, recorded)
                news = await read_news(db, connected)
            for session_id in withdrawn:
                logger.info("session.consent_withdrawn", session=session_id)
                await self._end(recorded[session_id])
        await self._companions.serve(connected.values(), news)
