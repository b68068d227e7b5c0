"""Candidates from the index, and which of them are right and may be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.transcripts.query import NEWEST, Asked, asked, in_fts5, in_postgresql
from models.consents import Consent
from models.keywords import KeywordHit
from models.people import Person
from models.sessions import Session
from models.transcripts import UtteranceSearch
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


WINDOWS: Final = (13, 17, 21)
"""Bits of a row's number that are not in the token of its window (PostgreSQL, migration 0029)."""


async def candidates(db: AsyncSession, question: Asked, before: int, few: int) -> Sequence[int]:
    """Rows of the index that can be right, below `before`, the newest first."""
    bound: dict[str, Any] = {"before": before, "few": few}
    if question == Asked():
        query = "SELECT id FROM utterance_search WHERE id < :before ORDER BY id DESC LIMIT :few"
    elif db.get_bind().dialect.name == "postgresql":
        return await _in_windows(db, question, before, few)
    else:
        bound["match"] = in_fts5(question)
        query = (
            "SELECT rowid FROM utterance_search_index WHERE utterance_search_index MATCH :match AND rowid < :before"
            " ORDER BY rowid DESC LIMIT :few"
        )
    return [row[0] for row in await db.execute(text(query), bound)]


async def _in_windows(db: AsyncSession, question: Asked, before: int, few: int) -> Sequence[int]:
    """A GIN index gives every match, in no order: of a frequent word those of the newest thousands of rows are asked for first."""
    newest = (await db.execute(text("SELECT max(id) FROM utterance_search WHERE id < :before"), {"before": before})).scalar()
    if newest is None:
        return []
    for bits in (*WINDOWS, None):
        window = () if bits is None else (tuple((f"w{bits}n{(newest >> bits) - back}",) for back in (0, 1)),)
        conditions, bound = in_postgresql(Asked(question.all, (*question.any, *window)))
        # By `id + 0`, or the planner reads every row from the newest on where it believes that a word is frequent.
        query = f"SELECT id FROM utterance_search WHERE {' AND '.join(conditions)} AND id < :before ORDER BY id + 0 DESC LIMIT :few"
        found = [row[0] for row in await db.execute(text(query), {**bound, "before": before, "few": few})]
        if len(found) == few:
            break
    return found


async def spoken_in(db: AsyncSession, words: str, most: int) -> Sequence[str] | None:
    """Conversations in which this may be said; None where that is in more than `most` sentences: reading the newest is quicker then."""
    question = asked((words,), [])
    rows = [] if question == Asked() else await candidates(db, question, NEWEST, most + 1)
    if question == Asked() or len(rows) > most:
        return None
    return (await db.scalars(select(UtteranceSearch.session_id).where(UtteranceSearch.id.in_(rows)).distinct())).all()


async def first_began(db: AsyncSession) -> datetime | None:
    """When the first of all conversations began."""
    return await db.scalar(select(Session.started_at).order_by(Session.started_at).limit(1))


async def right(
    db: AsyncSession, allowed: ColumnElement[bool], wanted: Wanted, literal: Sequence[str], ids: Sequence[int]
) -> Sequence[Found]:
    """Those that are what was asked for, the newest first.

    Sentences, terms and conversations in a question each: in one, the planner may begin with every conversation of a site.
    """
    there = and_(Utterance.session_id == UtteranceSearch.session_id, Utterance.ordinal == UtteranceSearch.ordinal)
    said = (
        select(UtteranceSearch.id.label("row"), *_SAID)
        .join(Utterance, there)
        .where(UtteranceSearch.id.in_(ids), *_said_so(wanted, literal))
    )
    rows = (await db.execute(said.order_by(UtteranceSearch.id.desc()))).all()
    if wanted.category is not None:
        hits = await _hits(db, {row.session_id for row in rows}, wanted.category)
        rows = [row for row in rows if (row.session_id, row.id) in hits]
    sessions = (
        select(*_HELD)
        .join(Consent, Consent.id == Session.consent_id)
        .join(Person, Person.id == Session.staff_id)
        .where(Session.id.in_({row.session_id for row in rows}), allowed, *_held_so(wanted))
    )
    held = {row.session_id: row for row in (await db.execute(sessions)).all()}
    return [Found(**dict(row._mapping) | dict(held[row.session_id]._mapping)) for row in rows if row.session_id in held]


def _among(db: AsyncSession, ids: Sequence[int]) -> ColumnElement[bool]:
    """PostgreSQL is sent one array instead of thousands of parameters."""
    if db.get_bind().dialect.name == "postgresql":
        return UtteranceSearch.id == any_(literal(list(ids), ARRAY(BigInteger)))
    return UtteranceSearch.id.in_(ids)


async def _hits(db: AsyncSession, sessions: Collection[str], category: str) -> set[tuple[str, str]]:
    """(session, utterance) of terms of a category."""
    query = select(KeywordHit.session_id, KeywordHit.utterance_id).where(KeywordHit.session_id.in_(sessions))
    rows = await db.execute(query.where(KeywordHit.category == category, KeywordHit.false_hit.is_(False)))
    return {(session, utterance) for session, utterance in rows.all()}


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
    found: list[ColumnElement[bool]] = [Session.recording.is_(True), Consent.withdrawn_at.is_(None)]
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
