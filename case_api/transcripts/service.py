"""A page of what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.paging import Page
from case_api.security import Permission, Principal
from case_api.sessions.repository import visible_to
from case_api.transcripts import repository
from case_api.transcripts.query import MOST_SITES, asked, days, facet
from case_api.transcripts.repository import Wanted
from case_api.transcripts.schemas import Piece, SaidOut

FIRST, MORE, MOST_READ = 200, 2000, 10_000
"""Candidates of the first look, of each further one, and of one page at the most: a page may be short and still have a next one."""
AROUND: Final = 40
NEWEST: Final = 2**62


async def search(db: AsyncSession, principal: Principal, wanted: Wanted, now: datetime, *, limit: int, before: int | None) -> Page[SaidOut]:
    """The newest first, of the conversations that the principal may read."""
    question = asked(wanted.words, [_places(principal, wanted), facet("u", [wanted.staff_id or ""]), days(wanted.since, wanted.until, now)])
    allowed = visible_to(principal)
    found: list[Any] = []
    last, read, few = before or NEWEST, 0, max(FIRST, limit + 1)
    ended = False
    while len(found) <= limit and read < MOST_READ and not ended:
        ids = await repository.candidates(db, question, last, few)
        ended = len(ids) < few
        if ids:
            found += await repository.right(db, allowed, wanted, ids, limit + 1 - len(found))
            last, read = ids[-1], read + len(ids)
        few = MORE
    shown = found[:limit]
    next_ = shown[-1].id if len(found) > limit else None if ended else last
    return Page(items=[_out(row, wanted.words) for row in shown], next_cursor=None if next_ is None else str(next_))


def _places(principal: Principal, wanted: Wanted) -> Sequence[str]:
    """Sites and people of whom the principal may read anything; nothing to ask for where that is everything, or too much to list."""
    if wanted.site_id is not None:
        return facet("s", [wanted.site_id])
    sites = principal.sites_for(Permission.SESSION_READ_SITE)
    if sites is None or len(sites) > MOST_SITES:
        return ()
    own = facet("u", [principal.person_id]) if principal.holds(Permission.SESSION_READ_OWN) else ()
    return (*facet("s", sorted(sites)), *own)


def _out(row: Any, words: Sequence[str]) -> SaidOut:
    said, session = row.Utterance, row.Session
    return SaidOut(
        session_id=session.id,
        utterance_id=said.id,
        site_id=session.site_id,
        staff_id=session.staff_id,
        staff_name=row.display_name,
        speaker=said.speaker,
        start=said.start,
        end=said.end,
        said_at=session.started_at + timedelta(seconds=said.start),
        level=session.peak_level,
        snippet=snippet(said.text, words),
    )


def snippet(text: str, words: Sequence[str]) -> list[Piece]:
    """The text in pieces, what matches apart; a long one is cut around its first match."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE) if words else None
    first = pattern.search(text) if pattern else None
    begin = max(0, (first.start() if first else 0) - AROUND)
    begin = 0 if begin < AROUND // 2 else begin
    end = min(len(text), max(first.end() if first else 0, begin) + 2 * AROUND)
    shown = ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
    pieces: list[Piece] = []
    at = 0
    for hit in pattern.finditer(shown) if pattern else ():
        pieces += [Piece(text=shown[at : hit.start()], match=False), Piece(text=hit.group(), match=True)]
        at = hit.end()
    return [piece for piece in [*pieces, Piece(text=shown[at:], match=False)] if piece.text]
