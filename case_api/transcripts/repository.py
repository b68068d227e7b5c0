"""Candidates from the index, and which of them are right and may be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, func, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.transcripts.blocks import below, newest, together, windows
from case_api.transcripts.query import NEWEST, Asked, asked, in_fts5, in_postgresql
from models.consents import Consent, standing
from models.keywords import KeywordHit
from models.people import Person
from models.sessions import Session
from models.transcripts import BLOCK, UtteranceSearch, UtteranceSearchBlock
from models.utterances import Utterance


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search is narrowed by; None does not narrow. Times are of the conversation's beginning; `until` is not included."""

    words: tuple[str, ...] = ()
    speaker: str | None = None
    category: str | None = None
    site_id: str | None = None
    staff_id: str | None = None
    level: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def narrows_sessions(self) -> bool:
        """Whether it leaves out whole conversations."""
        return any(one is not None for one in (self.site_id, self.staff_id, self.level, self.since, self.until))


class Found(NamedTuple):
    """One utterance that is right, and what a result tells of its conversation."""

    row: int
    id: str
    session_id: str
    speaker: str
    start: float
    end: float
    text: str
    corrected: bool
    site_id: str
    staff_id: str
    started_at: datetime
    peak_level: str
    display_name: str


FIRST_BLOCKS: Final = 16
"""Blocks of the first question to PostgreSQL."""


async def everywhere(db: AsyncSession) -> Sequence[range]:
    """All blocks of the index."""
    last = await db.scalar(select(func.max(UtteranceSearch.id)))
    return [] if last is None else [range((last >> BLOCK) + 1)]


async def places(db: AsyncSession, allowed: ColumnElement[bool], wanted: Wanted) -> Sequence[range]:
    """Blocks in which conversations that are wanted, and may be read, have sentences."""
    query = select(UtteranceSearchBlock.block).distinct().join(Session, Session.id == UtteranceSearchBlock.session_id)
    query = query.join(Consent, Consent.id == Session.consent_id).where(allowed, *_held_so(wanted))
    return together((await db.scalars(query.order_by(UtteranceSearchBlock.block.desc()))).all())


async def candidates(db: AsyncSession, question: Asked, where: Sequence[range], before: int, few: int) -> Sequence[int]:
    """Rows of the index that can be right, in these blocks and below `before`, the newest first; fewer than `few` only at the end.

    PostgreSQL's GIN index gives every match, in no order. So it is asked about the newest blocks first, and then about as many as should
    hold what is missing.
    """
    found: list[int] = []
    in_parts = question != Asked() and db.get_bind().dialect.name == "postgresql"
    left, read, size = below(where, before)[::-1], 0, FIRST_BLOCKS
    while left and len(found) < few:
        part = left.pop()
        if in_parts:
            part, older = newest(part, size)
            left += [older] if older else []
        query, bound = _asked_in(part, question) if in_parts else _asked_in_order(question)
        bound |= {"first": part.start << BLOCK, "end": min(before, part.stop << BLOCK), "few": few - len(found)}
        found += (await db.scalars(text(query), bound)).all()
        read += len(part)
        size = min(32 * size, 1 + 3 * (few - len(found)) * read // (2 * len(found))) if found else 32 * size
    return found


def _asked_in_order(question: Asked) -> tuple[str, dict[str, Any]]:
    """FTS5 answers in the order of the rows; any database does without words."""
    rows = "{id} >= :first AND {id} < :end ORDER BY {id} DESC LIMIT :few"
    if question == Asked():
        return f"SELECT id FROM utterance_search WHERE {rows.format(id='id')}", {}
    index = "SELECT rowid FROM utterance_search_index WHERE utterance_search_index MATCH :match AND "
    return index + rows.format(id="rowid"), {"match": in_fts5(question)}


def _asked_in(part: range, question: Asked) -> tuple[str, dict[str, Any]]:
    """By `id + 0`, or the planner reads every row of the part where it believes that a word is frequent."""
    ways, bound = in_postgresql(Asked(question.all, (tuple((token,) for token in windows(part)), *question.any)))
    rows = " UNION ".join(f"SELECT id FROM utterance_search WHERE {way} AND id + 0 >= :first AND id + 0 < :end" for way in ways)
    return f"SELECT id FROM ({rows}) AS found ORDER BY id + 0 DESC LIMIT :few", dict(bound)


async def spoken_in(db: AsyncSession, words: str, most: int) -> Sequence[str] | None:
    """Conversations in which this may be said; None where that is in more than `most` sentences: reading the newest is quicker then."""
    question = asked((words,), [])
    rows = [] if question == Asked() else await candidates(db, question, await everywhere(db), NEWEST, most + 1)
    if question == Asked() or len(rows) > most:
        return None
    return (await db.scalars(select(UtteranceSearch.session_id).where(_among(db, rows)).distinct())).all()


async def right(
    db: AsyncSession, allowed: ColumnElement[bool], wanted: Wanted, literal: Sequence[str], ids: Sequence[int]
) -> Sequence[Found]:
    """Those that are what was asked for, the newest first.

    Conversations, terms and sentences in a question each, so that only sentences of the right conversations are read: in one question, the
    planner may begin with every conversation of a site.
    """
    placed = select(UtteranceSearch.id, UtteranceSearch.session_id).where(_among(db, ids))
    of = dict((await db.execute(placed)).all())
    sessions = (
        select(*_HELD)
        .join(Consent, Consent.id == Session.consent_id)
        .join(Person, Person.id == Session.staff_id)
        .where(Session.id.in_(set(of.values())), allowed, *_held_so(wanted))
    )
    held = {row.session_id: row for row in (await db.execute(sessions)).all()}
    there = and_(Utterance.session_id == UtteranceSearch.session_id, Utterance.ordinal == UtteranceSearch.ordinal)
    said = select(UtteranceSearch.id.label("row"), *_SAID).join(Utterance, there).where(*_said_so(wanted, literal))
    said = said.where(_among(db, [row for row, session in of.items() if session in held]))
    if wanted.category is not None:
        hits = await _hits(db, held, wanted.category)
        said = said.where(tuple_(Utterance.session_id, Utterance.id).in_(hits))
    rows = (await db.execute(said.order_by(UtteranceSearch.id.desc()))).all()
    return [Found(**dict(row._mapping) | dict(held[row.session_id]._mapping)) for row in rows]


def _among(db: AsyncSession, ids: Sequence[int]) -> ColumnElement[bool]:
    """PostgreSQL is sent one array instead of thousands of parameters."""
    if db.get_bind().dialect.name == "postgresql":
        return UtteranceSearch.id == any_(literal(list(ids), ARRAY(BigInteger)))
    return UtteranceSearch.id.in_(ids)


async def _hits(db: AsyncSession, sessions: Collection[str], category: str) -> Sequence[tuple[str, str]]:
    """(session, utterance) of terms of a category."""
    query = select(KeywordHit.session_id, KeywordHit.utterance_id).where(KeywordHit.session_id.in_(sessions)).distinct()
    rows = await db.execute(query.where(KeywordHit.category == category, KeywordHit.false_hit.is_(False)))
    return [(session, utterance) for session, utterance in rows.all()]


_SAID: Final = (
    Utterance.id,
    Utterance.session_id,
    Utterance.speaker,
    Utterance.start,
    Utterance.end,
    Utterance.text,
    Utterance.corrected.label("corrected"),
)
_HELD: Final = (
    Session.id.label("session_id"),
    Session.site_id,
    Session.staff_id,
    Session.started_at,
    Session.peak_level,
    Person.display_name,
)


def _held_so(wanted: Wanted) -> list[ColumnElement[bool]]:
    same: dict[Any, str | None] = {
        Session.site_id: wanted.site_id,
        Session.staff_id: wanted.staff_id,
        Session.peak_level: wanted.level,
    }
    found: list[ColumnElement[bool]] = [standing()]
    found += [column == value for column, value in same.items() if value is not None]
    if wanted.since is not None:
        found.append(Session.started_at >= wanted.since)
    if wanted.until is not None:
        found.append(Session.started_at < wanted.until)
    return found


def _said_so(wanted: Wanted, literal: Sequence[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Utterance.text != ""]
    if wanted.speaker is not None:
        found.append(Utterance.speaker == wanted.speaker)
    found += [Utterance.text.icontains(word, autoescape=True) for word in literal]
    return found
