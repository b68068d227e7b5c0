"""A page of what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.security import Permission, Principal
from case_api.sessions.repository import visible_to
from case_api.transcripts import repository
from case_api.transcripts.pinyin import Sought, heard, sought
from case_api.transcripts.query import MOST_SITES, NEWEST, asked, facet
from case_api.transcripts.repository import Wanted
from case_api.transcripts.schemas import Hits, Piece, SaidOut, SaidPage

FIRST, MORE, MOST_READ = 200, 2000, 10_000
"""Candidates of the first look, of each further one, and of one page at the most: a page may be short and still have a next one."""
MOST_COUNTED: Final = 2000
"""Candidates that are counted beyond what a first page has looked at."""
AROUND: Final = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: below this row of the index, among what is written so, or among what only sounds so."""

    before: int = NEWEST
    by_sound: bool = False

    def __str__(self) -> str:
        return f"{'p' if self.by_sound else ''}{self.before}"


START: Final = Place()


async def search(db: AsyncSession, principal: Principal, wanted: Wanted, *, limit: int, after: Place) -> SaidPage:
    """Of the conversations that the principal may read: what is written so, the newest first; then what was typed as pinyin."""
    allowed, facets = visible_to(principal), [_places(principal, wanted), facet("u", [wanted.staff_id or ""])]
    everywhere = principal.sites_for(Permission.SESSION_READ_SITE) is None and not wanted.narrows_sessions
    where = await (repository.everywhere(db) if everywhere else repository.places(db, allowed, wanted))
    asker = _Asker(db, allowed, wanted, sought(wanted.words), facets, where, limit)
    next_: Place | None = after
    while next_ is not None and len(asker.found) <= limit and asker.read < MOST_READ:
        next_ = await asker.look(next_)
    hits = await asker.hits(next_) if after == START else None
    shown = asker.found[:limit]
    if len(asker.found) > limit:
        place, last = shown[-1]
        next_ = replace(place, before=last.row)
    return SaidPage(items=[_out(row, asker.sought) for _, row in shown], next_cursor=None if next_ is None else str(next_), hits=hits)


@dataclass
class _Asker:
    db: AsyncSession
    allowed: ColumnElement[bool]
    wanted: Wanted
    sought: Sequence[Sought]
    facets: Sequence[Sequence[str]]
    where: Sequence[range]
    limit: int
    found: list[tuple[Place, Any]] = field(default_factory=list)
    read: int = 0
    looked: int = 0
    """Candidates of the place that was looked at last, among what is written so or what only sounds so."""

    async def look(self, place: Place) -> Place | None:
        """Read the next candidates below a place; where to go on, None at the end."""
        few = MORE if self.read else max(FIRST, self.limit + 1)
        typed, literal = self._asked(place)
        ids = await repository.candidates(self.db, asked(literal, self.facets, typed), self.where, place.before, few)
        if ids:
            rows = await repository.right(self.db, self.allowed, self.wanted, literal, ids)
            self.found += [(place, row) for row in rows if not typed or only_by_sound(row.text, typed)]
        # What was typed as pinyin is compared here, and not by the database.
        self.read += len(ids) * (4 if typed else 1)
        self.looked += len(ids)
        if len(ids) == few:
            return replace(place, before=ids[-1])
        self.looked = 0
        return Place(by_sound=True) if not place.by_sound and self._sounds else None

    async def hits(self, next_: Place | None) -> Hits:
        """How many there are: those that were read, and of the candidates that were not as large a share as of these."""
        if next_ is None:
            return Hits(number=len(self.found), precision="exact")
        sure = len(self.found)
        if not self.looked:
            return Hits(number=sure, precision="at_least")
        typed, literal = self._asked(next_)
        question = asked(literal, self.facets, typed)
        left = len(await repository.candidates(self.db, question, self.where, next_.before, MOST_COUNTED + 1))
        if left == 0 and (next_.by_sound or not self._sounds):
            return Hits(number=sure, precision="exact")
        right = sum(place.by_sound == next_.by_sound for place, _ in self.found)
        more = left > MOST_COUNTED or (self._sounds and not next_.by_sound)
        return Hits(number=max(sure, _rounded(sure + left * right // self.looked)), precision="at_least" if more else "about")

    @property
    def _sounds(self) -> bool:
        return any(one.sounds for one in self.sought)

    def _asked(self, place: Place) -> tuple[Sequence[Sought], Sequence[str]]:
        """What may be there in its sound, and what has to be there in its letters."""
        typed = [one for one in self.sought if one.sounds] if place.by_sound else []
        return typed, [word for one in self.sought if one not in typed for word in one.literal]


def _rounded(number: int) -> int:
    """Down to two digits: it is a guess."""
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return number // unit * unit


def only_by_sound(said: str, typed: Sequence[Sought]) -> bool:
    """Whether each is said in its letters or its sound, and not every one in its letters."""
    lower = said.lower()
    spelt = [all(word.lower() in lower for word in one.literal) for one in typed]
    return not all(spelt) and all(
        there or any(True for sound in one.sounds for _ in heard(said, sound)) for there, one in zip(spelt, typed, strict=True)
    )


def _places(principal: Principal, wanted: Wanted) -> Sequence[str]:
    """Sites and people of whom the principal may read anything; nothing to ask for where that is everything, or too much to list."""
    if wanted.site_id is not None:
        return facet("s", [wanted.site_id])
    sites = principal.sites_for(Permission.SESSION_READ_SITE)
    if sites is None or len(sites) > MOST_SITES:
        return ()
    own = facet("u", [principal.person_id]) if principal.holds(Permission.SESSION_READ_OWN) else ()
    return (*facet("s", sorted(sites)), *own)


def _out(row: Any, words: Sequence[Sought]) -> SaidOut:
    return SaidOut(
        session_id=row.session_id,
        utterance_id=row.id,
        site_id=row.site_id,
        staff_id=row.staff_id,
        staff_name=row.display_name,
        speaker=row.speaker,
        start=row.start,
        end=row.end,
        said_at=row.started_at + timedelta(seconds=row.start),
        level=row.peak_level,
        corrected=row.corrected,
        snippet=snippet(row.text, words),
    )


def snippet(text: str, words: Sequence[Sought]) -> list[Piece]:
    """The text in pieces, what matches apart; a long one is cut around its first match."""
    spans = matches(text, words)
    first, last = spans[0] if spans else (0, 0)
    begin = max(0, first - AROUND)
    begin = 0 if begin < AROUND // 2 else begin
    end = min(len(text), max(last, begin) + 2 * AROUND)
    pieces = [Piece(text="…", match=False)] if begin else []
    at = begin
    for start, stop in (span for span in spans if span[1] <= end):
        pieces += [Piece(text=text[at:start], match=False), Piece(text=text[start:stop], match=True)]
        at = stop
    pieces.append(Piece(text=text[at:end] + ("…" if end < len(text) else ""), match=False))
    return [piece for piece in pieces if piece.text]


def matches(text: str, words: Sequence[Sought]) -> list[tuple[int, int]]:
    """Where what was asked for stands, in order and without overlaps."""
    literal = sorted({word for one in words for word in one.literal}, key=len, reverse=True)
    spans = [hit.span() for hit in re.finditer("|".join(map(re.escape, literal)), text, re.IGNORECASE)] if literal else []
    spans += [span for one in words for sound in one.sounds for span in heard(text, sound)]
    found: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not found or span[0] >= found[-1][1]:
            found.append(span)
    return found
