"""What managers add to the conversations of this process: hints for the phone, and who listens in.

A hint is sent on every line until the phone has shown it, so that neither a dead spot nor a restart loses one. Who listens in is told anew
on every line too, and counts as told only once this line's phone has said that it shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.live.outlet import Outlet
from audio_service.live.session import LiveSession
from audio_service.messages import Hint, Listener, Listeners
from models.base import utc_now
from models.companions import SessionHint, SessionListener
from models.engine import Factory, transaction
from models.people import Person

Rows = defaultdict[str, list[Any]]
"""Rows of a query by conversation."""


@dataclass(frozen=True, slots=True)
class News:
    """What is written down for some conversations: hints that were not shown yet and listeners who have not stopped, oldest first."""

    hints: Rows = field(default_factory=lambda: defaultdict(list))
    listeners: Rows = field(default_factory=lambda: defaultdict(list))


async def read_news(db: AsyncSession, sessions: Collection[str]) -> News:
    """The news of these conversations."""
    if not sessions:
        return News()
    hints, listeners = await db.execute(_hints(sessions)), await db.execute(_listeners(sessions))
    return News(_by_session(hints), _by_session(listeners))


@dataclass(slots=True)
class _Line:
    """What was sent on one connection."""

    outlet: Outlet
    hints: set[str] = field(default_factory=set)
    listeners: list[Listener] = field(default_factory=list)


class Companions:
    """Keeps what was sent on the lines of this process and what their phones have shown."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._lines: dict[str, _Line] = {}
        self._shown: set[tuple[str, str]] = set()

    def shown(self, session: LiveSession, id_: str) -> bool:
        """The phone says that a hint or a listener is on its screen. What is no such thing of this conversation changes nothing: False."""
        line = self._lines.get(session.id)
        if line is None or not (id_ in line.hints or any(one.id == id_ for one in line.listeners)):
            return False
        self._shown.add((session.id, id_))
        return True

    async def serve(self, sessions: Collection[LiveSession], news: News) -> None:
        """Send what is new on the lines of these conversations, and write down what was shown."""
        running = {session.id for session in sessions}
        self._lines = {id_: line for id_, line in self._lines.items() if id_ in running}
        for session in sessions:
            if session.outlet is not None:
                await self._serve(session, session.outlet, news.hints[session.id], news.listeners[session.id])
        await self._note_shown()

    async def _serve(self, session: LiveSession, outlet: Outlet, hints: list[Any], listening: list[Any]) -> None:
        line = self._lines.get(session.id)
        if line is None or line.outlet is not outlet:
            line = self._lines[session.id] = _Line(outlet)
            self._shown -= {(session.id, row.id) for row in listening}  # said by the line before
            await self._untell([row.id for row in listening if row.told_at is not None])
        people = [Listener(id=row.id, name=row.display_name) for row in listening]
        if people != line.listeners:
            line.listeners = people
            session.pass_on(Listeners(people=people))
        new = [row for row in hints if row.id not in line.hints and (session.id, row.id) not in self._shown]
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


def _hints(sessions: Collection[str]) -> Any:
    columns = (SessionHint.id, SessionHint.session_id, SessionHint.text, SessionHint.at, Person.display_name)
    query = select(*columns).join(Person, Person.id == SessionHint.person_id)
    waiting = (SessionHint.session_id.in_(sessions), SessionHint.shown_at.is_(None))
    return query.where(*waiting).order_by(SessionHint.created_at, SessionHint.id)


def _listeners(sessions: Collection[str]) -> Any:
    columns = (SessionListener.id, SessionListener.session_id, SessionListener.told_at, Person.display_name)
    query = select(*columns).join(Person, Person.id == SessionListener.person_id)
    open_ = (SessionListener.session_id.in_(sessions), SessionListener.ended_at.is_(None))
    return query.where(*open_).order_by(SessionListener.started_at, SessionListener.id)


def _by_session(rows: Iterable[Any]) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows:
        found[row.session_id].append(row)
    return found
