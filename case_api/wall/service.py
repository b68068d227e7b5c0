"""What runs now, for whoever oversees its site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.companions.schemas import hint_out, listener_out
from case_api.security import Principal
from case_api.sessions.rules import doubtful
from case_api.sessions.service import kept, session_out
from case_api.wall import repository
from case_api.wall.schemas import NewestOut, RunningOut, Wall

MOST: Final = 24
TERMS: Final = 6
SILENCE_SECONDS: Final = 5.0
"""Sound after the last state from which on nobody speaks: states come once a second while somebody does, and none in a silence."""


async def wall(db: AsyncSession, principal: Principal) -> Wall:
    """Every conversation that goes on. A correction shows at the next look: what is shown is read anew, and nothing else is read."""
    rows = await repository.running(db, principal, MOST)
    every, heard = [row.Session.id for row in rows], [row.Session.id for row in rows if kept(row)]
    states = {state.session_id: state for state in await repository.states(db, heard)}
    said = _by_session(await repository.said(db, heard))
    prompts = {prompt.session_id: prompt.text for prompt in await repository.prompts(db, heard)}
    terms = _by_session(await repository.terms(db, heard))
    hints = _by_session(await repository.hints(db, every))
    listeners = _by_session(await repository.listeners(db, every), of=lambda row: row.SessionListener.session_id)

    def running(row: Any) -> RunningOut:
        session = row.Session
        state, sentences = states.get(session.id), [_newest(one) for one in reversed(said[session.id])]
        quiet: Any = "provisional" if kept(row) else session.peak_level
        shown = session_out(row).model_dump()
        shown["seconds"] = max([session.seconds, *([state.at] if state else []), *(one.end for one in sentences)])
        silent = state is not None and shown["seconds"] - state.at >= SILENCE_SECONDS
        return RunningOut(
            **shown,
            notice_version=row.Consent.notice_version,
            level=quiet if state is None else state.level,
            speaker=None if state is None or silent else state.speaker,
            said=sentences,
            prompt=prompts.get(session.id),
            terms=list(dict.fromkeys(hit.term for hit in terms[session.id]))[:TERMS],
            hints=[hint_out(one, one.display_name, session.status) for one in reversed(hints[session.id])],
            listeners=[listener_out(one, name) for one, name in listeners[session.id]],
        )

    return Wall(items=[running(row) for row in rows])


def _newest(said: Any) -> NewestOut:
    own = {name: getattr(said, name) for name in ("id", "speaker", "start", "end", "text", "corrected")}
    return NewestOut(doubtful=doubtful(said.avg_logprob, corrected=said.corrected), **own)


def _by_session(rows: Iterable[Any], of: Callable[[Any], str] = lambda row: row.session_id) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[of(row)].append(row)
    return found
