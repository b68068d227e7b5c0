"""Queries on the keyword log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.scope import Scope
from case_api.pieces import all_rows, pieces
from models.cases import WithdrawalCase
from models.consents import Consent, standing
from models.keywords import KeywordHit
from models.learning import FalsePair, KeywordReview
from models.people import Person
from models.sessions import Session
from models.sites import Site
from models.utterances import Utterance
from scripts_library.mining.rows import HeldRow, HitRow

CUSTOMERS = ("customer", "unsure")
_MARKED = exists().where(FalsePair.term == KeywordHit.term, FalsePair.heard == KeywordHit.heard, KeywordHit.match == "phonetic")
COUNTS = (KeywordHit.false_hit.is_(False), ~_MARKED)
"""A hit that nobody marked, of no pair that was: the ear may have taken one for its term in the seconds before it knew."""


def _within(query: Any, scope: Scope) -> Any:
    joined = query.join(Session, Session.id == KeywordHit.session_id).join(Consent, Consent.id == Session.consent_id)
    return joined.where(*scope.conditions(), *COUNTS)


def narrowed(query: Any, term: str | None, category: str | None) -> Any:
    """Only hits of this term, of this category."""
    wanted = {KeywordHit.term: term, KeywordHit.category: category}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


async def hits(db: AsyncSession, scope: Scope, *, term: str | None = None, category: str | None = None) -> list[HitRow]:
    """What customers (or somebody unsure) said, without what was marked false."""
    columns = (
        KeywordHit.id,
        KeywordHit.session_id,
        Session.site_id,
        Session.staff_id,
        Session.started_at,
        KeywordHit.at,
        KeywordHit.term,
        KeywordHit.category,
        KeywordHit.speaker,
        WithdrawalCase.causes,
        WithdrawalCase.outcome,
        Session.case_id,
    )
    query = _within(select(*columns), scope).outerjoin(WithdrawalCase, WithdrawalCase.id == Session.case_id)
    query = narrowed(query.where(KeywordHit.speaker.in_(CUSTOMERS)), term, category)
    return [
        HitRow(
            id=row.id,
            session_id=row.session_id,
            site_id=row.site_id,
            staff_id=row.staff_id,
            heard_at=row.started_at,
            seconds=row.at,
            term=row.term,
            category=row.category,
            speaker=row.speaker,
            causes=tuple(row.causes or ()),
            outcome=_outcome(row),
        )
        async for piece in pieces(db, query)
        for row in piece
    ]


def _outcome(row: Any) -> str:
    return row.outcome or ("open" if row.case_id else "none")


async def held_rows(db: AsyncSession, scope: Scope) -> list[HeldRow]:
    """Every conversation of the scope, with the side it counts for."""
    columns = (Session.site_id, Session.staff_id, Session.case_id, WithdrawalCase.causes, WithdrawalCase.outcome)
    query = select(*columns).join(Consent, Consent.id == Session.consent_id).outerjoin(WithdrawalCase, WithdrawalCase.id == Session.case_id)
    rows = await all_rows(db, query.where(*scope.conditions()))
    return [HeldRow(row.site_id, row.staff_id, tuple(row.causes or ()), _outcome(row)) for row in rows]


async def started(db: AsyncSession, scope: Scope) -> list[datetime]:
    """When each conversation of the scope began."""
    query = select(Session.started_at).join(Consent, Consent.id == Session.consent_id).where(*scope.conditions())
    return [row.started_at for row in await all_rows(db, query)]


async def held(db: AsyncSession, scope: Scope) -> int:
    """How many conversations the scope has."""
    query = select(func.count()).select_from(Session).join(Consent, Consent.id == Session.consent_id)
    return await db.scalar(query.where(*scope.conditions())) or 0


def contexts_query(
    scope: Scope, *, term: str | None, category: str | None, speaker: str | None, counted: bool, judged: bool | None
) -> Select[Any]:
    """(KeywordHit, Session, Utterance, KeywordReview or None) of the scope, narrowed; `counted`: as `hits`."""
    query = _within(select(KeywordHit, Session, Utterance, KeywordReview), scope)
    query = query.join(Utterance, (Utterance.session_id == KeywordHit.session_id) & (Utterance.id == KeywordHit.utterance_id))
    query = query.outerjoin(KeywordReview, KeywordReview.hit_id == KeywordHit.id)
    wanted = {KeywordHit.term: term, KeywordHit.category: category, KeywordHit.speaker: speaker}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    if counted:
        query = query.where(KeywordHit.speaker.in_(CUSTOMERS))
    if judged is not None:
        query = query.where(KeywordReview.hit_id.is_not(None) if judged else KeywordReview.hit_id.is_(None))
    selected: Select[Any] = query
    return selected


async def hit(db: AsyncSession, allowed: Any, hit_id: str) -> tuple[KeywordHit, Session] | None:
    """A hit and its session, kept for this transaction, if the person may read it and the recording may be used."""
    query = select(KeywordHit, Session).join(Session, Session.id == KeywordHit.session_id)
    query = query.join(Consent, Consent.id == Session.consent_id).where(KeywordHit.id == hit_id, allowed, standing())
    row = (await db.execute(query.with_for_update(of=KeywordHit))).one_or_none()
    return None if row is None else (row.KeywordHit, row.Session)


async def pair(db: AsyncSession, term: str, heard: str) -> FalsePair | None:
    """The mark on this pair, if there is one."""
    return (await db.scalars(select(FalsePair).where(FalsePair.term == term, FalsePair.heard == heard))).one_or_none()


async def judged_false(db: AsyncSession, term: str, heard: str) -> bool:
    """Whether somebody judged a hit of this pair false."""
    same = (KeywordHit.term == term, KeywordHit.heard == heard, KeywordHit.match == "phonetic", KeywordReview.verdict == "false")
    query = select(KeywordReview.hit_id).join(KeywordHit, KeywordHit.id == KeywordReview.hit_id).where(*same)
    return (await db.scalars(query.limit(1))).first() is not None


async def set_false(db: AsyncSession, term: str, heard: str, *, false: bool) -> int:
    """Take every hit of a pair out of the log, or put those back that nobody judged false one by one. How many that were."""
    same = (KeywordHit.term == term, KeywordHit.heard == heard, KeywordHit.match == "phonetic", KeywordHit.false_hit.is_(not false))
    judged = exists().where(KeywordReview.hit_id == KeywordHit.id, KeywordReview.verdict == "false")
    query = update(KeywordHit).where(*same, *([] if false else [~judged])).values(false_hit=false).returning(KeywordHit.id)
    return len((await db.scalars(query.execution_options(synchronize_session=False))).all())


def pairs_query() -> Select[Any]:
    """Every marked pair."""
    return select(FalsePair)


async def judged(db: AsyncSession, scope: Scope) -> Sequence[Any]:
    """(term, verdict, how many) of the judged hits, those marked false included."""
    query = select(KeywordHit.term, KeywordReview.verdict, func.count().label("times"))
    query = query.join(KeywordReview, KeywordReview.hit_id == KeywordHit.id).join(Session, Session.id == KeywordHit.session_id)
    query = query.join(Consent, Consent.id == Session.consent_id).where(*scope.conditions())
    return (await db.execute(query.group_by(KeywordHit.term, KeywordReview.verdict))).all()


async def names(db: AsyncSession) -> dict[str, str]:
    """Sites and people by id, as they are called."""
    people = await db.execute(select(Person.id, Person.display_name))
    sites = await db.execute(select(Site.id, Site.name))
    return {row[0]: row[1] for row in [*people, *sites]}
