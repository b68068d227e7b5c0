"""What managers add to the conversations of this process: hints for the phone, and who listens in.

Any process may have written the rows that say so; the one that holds the conversation reads them every half second. A hint is sent on every
line until the phone has shown it, so that neither a dead spot nor a restart loses one. Who listens in is told anew on every line too, and
counts as told only once this line's phone has said that it shows it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy import select, update

from audio_service.live.outlet import Outlet
from audio_service.live.session import LiveSession
from audio_service.messages import Hint, Listener, Listeners
from models.base import utc_now
from models.companions import SessionHint, SessionListener
from models.engine import Factory, reading, transaction
from models.people import Person

logger = structlog.get_logger()

LOOK_SECONDS: Final = 0.5


@dataclass(slots=True)
class _Line:
    """What was sent on one connection."""

    outlet: Outlet
    hints: set[str] = field(default_factory=set)
    listeners: list[Listener] = field(default_factory=list)


class Companions:
    """`look` is one round; `run` goes on until cancelled."""

    def __init__(self, factory: Factory, sessions: Callable[[], Iterable[LiveSession]]) -> None:
        self._factory = factory
        self._sessions = sessions
        self._lines: dict[str, _Line] = {}
        self._shown: set[tuple[str, str]] = set()
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """A phone is there again: look at once."""
        self._hurry.set()

    def shown(self, session: LiveSession, id_: str) -> None:
        """The phone says that a hint or a listener is on its screen. What is no such thing of this conversation changes nothing."""
        line = self._lines.get(session.id)
        if line is not None and (id_ in line.hints or any(one.id == id_ for one in line.listeners)):
            self._shown.add((session.id, id_))
            self.hurry()

    async def run(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), LOOK_SECONDS)
            self._hurry.clear()
            try:
                await self.look()
            except Exception:
                logger.exception("companions.failed")  # the next round tries again

    async def look(self) -> None:
        """Write down what was shown, and send what is new."""
        await self._note_shown()
        there = {session.id: session for session in self._sessions() if session.outlet is not None}
        self._lines = {id_: line for id_, line in self._lines.items() if id_ in there}
        if not there:
            return
        async with reading(self._factory) as db:
            hints = (await db.execute(_hints(there))).all()
            listening = (await db.execute(_listeners(there))).all()
        of_hints, of_listeners = _by_session(hints), _by_session(listening)
        for session in there.values():
            if session.outlet is not None:
                await self._serve(session, session.outlet, of_hints[session.id], of_listeners[session.id])

    async def _serve(self, session: LiveSession, outlet: Outlet, hints: list[Any], listening: list[Any]) -> None:
        line = self._lines.get(session.id)
        if line is None or line.outlet is not outlet:
            line = self._lines[session.id] = _Line(outlet)
            self._shown = {one for one in self._shown if one[0] != session.id}  # said by the line before
            await self._untell([row.id for row in listening if row.told_at is not None])
        people = [Listener(id=row.id, name=row.display_name) for row in listening]
        if people != line.listeners:
            line.listeners = people
            session.pass_on(Listeners(people=people))
        new = [row for row in hints if row.id not in line.hints]
        if new:
            at = round(session.seconds, 2)
            await self._note_sent([row.id for row in new if row.at is None], at)
            for row in new:
                line.hints.add(row.id)
                session.pass_on(Hint(id=row.id, at=at if row.at is None else row.at, text=row.text, by=row.display_name))

    async def _untell(self, ids: list[str]) -> None:
        """Another phone, or another page on it: whatever the one before showed, this one does not show it yet."""
        if ids:
            async with transaction(self._factory) as db:
                await db.execute(update(SessionListener).where(SessionListener.id.in_(ids)).values(told_at=None))

    async def _note_sent(self, ids: list[str], at: float) -> None:
        if ids:
            async with transaction(self._factory) as db:
                await db.execute(update(SessionHint).where(SessionHint.id.in_(ids)).values(at=at, sent_at=utc_now()))

    async def _note_shown(self) -> None:
        if not self._shown:
            return
        now, noted = utc_now(), set(self._shown)
        sessions, ids = {session for session, _ in noted}, {id_ for _, id_ in noted}
        async with transaction(self._factory) as db:
            for table, column in ((SessionHint, SessionHint.shown_at), (SessionListener, SessionListener.told_at)):
                mine = (table.session_id.in_(sessions), table.id.in_(ids), column.is_(None))
                await db.execute(update(table).where(*mine).values({column.key: now}))
        self._shown -= noted


def _hints(sessions: Iterable[str]) -> Any:
    columns = (SessionHint.id, SessionHint.session_id, SessionHint.text, SessionHint.at, Person.display_name)
    query = select(*columns).join(Person, Person.id == SessionHint.person_id)
    waiting = (SessionHint.session_id.in_(list(sessions)), SessionHint.shown_at.is_(None))
    return query.where(*waiting).order_by(SessionHint.created_at, SessionHint.id)


def _listeners(sessions: Iterable[str]) -> Any:
    columns = (SessionListener.id, SessionListener.session_id, SessionListener.told_at, Person.display_name)
    query = select(*columns).join(Person, Person.id == SessionListener.person_id)
    open_ = (SessionListener.session_id.in_(list(sessions)), SessionListener.ended_at.is_(None))
    return query.where(*open_).order_by(SessionListener.started_at, SessionListener.id)


def _by_session(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.session_id].append(row)
    return found
