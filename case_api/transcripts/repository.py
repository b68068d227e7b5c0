"""Candidates from the index, and which of them are right and may be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.transcripts.query import Asked, in_fts5
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


async def candidates(db: AsyncSession, question: Asked, before: int, few: int) -> Sequence[int]:
    """Rows of the index that can be right, below `before`, the newest first."""
    bound: dict[str, Any] = {"before": before, "few": few}
    if db.get_bind().dialect.name == "postgresql":
        conditions = ["id < :before"]
        tokens = "string_to_array(grams, ' ')"
        if question.all:
            conditions.append(f"{tokens} @> string_to_array(:every, ' ')")
            bound["every"] = " ".join(question.all)
        for number, group in enumerate(question.any):
            conditions.append(f"{tokens} && string_to_array(:any{number}, ' ')")
            bound[f"any{number}"] = " ".join(group)
        query = f"SELECT id FROM utterance_search WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT :few"
    elif match := in_fts5(question):
        bound["match"] = match
        query = (
            "SELECT rowid FROM utterance_search_index WHERE utterance_search_index MATCH :match AND rowid < :before"
            " ORDER BY rowid DESC LIMIT :few"
        )
    else:
        query = "SELECT id FROM utterance_search WHERE id < :before ORDER BY id DESC LIMIT :few"
    return [row[0] for row in await db.execute(text(query), bound)]


async def right(db: AsyncSession, allowed: ColumnElement[bool], wanted: Wanted, ids: Sequence[int], limit: int) -> Sequence[Any]:
    """(id, Utterance, Session, staff name) of those that are what was asked for, the newest first."""
    query = (
        select(UtteranceSearch.id, Utterance, Session, Person.display_name)
        .join(Utterance, and_(Utterance.session_id == UtteranceSearch.session_id, Utterance.ordinal == UtteranceSearch.ordinal))
        .join(Session, Session.id == Utterance.session_id)
        .join(Consent, Consent.id == Session.consent_id)
        .join(Person, Person.id == Session.staff_id)
        .where(UtteranceSearch.id.in_(ids), allowed, *_conditions(wanted))
        .order_by(UtteranceSearch.id.desc())
        .limit(limit)
    )
    return (await db.execute(query)).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    same: dict[Any, str | None] = {
        Utterance.speaker: wanted.speaker,
        Session.site_id: wanted.site_id,
        Session.staff_id: wanted.staff_id,
        Session.peak_level: wanted.level,
    }
    found: list[ColumnElement[bool]] = [Session.recording.is_(True), Consent.withdrawn_at.is_(None), Utterance.text != ""]
    found += [column == value for column, value in same.items() if value is not None]
    found += [Utterance.text.icontains(word, autoescape=True) for word in wanted.words]
    if wanted.since is not None:
        found.append(Session.started_at >= wanted.since)
    if wanted.until is not None:
        found.append(Session.started_at < wanted.until)
    if wanted.category is not None:
        hit = (KeywordHit.session_id == Utterance.session_id) & (KeywordHit.utterance_id == Utterance.id)
        found.append(exists().where(hit, KeywordHit.category == wanted.category, KeywordHit.false_hit.is_(False)))
    return found
