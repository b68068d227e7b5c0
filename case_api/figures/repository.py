"""Counting in the database: what is handed over are counts of groups, never cases, so that a hundred thousand of them stay quick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Integer, Select, String, and_, case, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from models.cases import WithdrawalCase
from models.closing import TeamReview
from models.consents import Consent, standing
from models.figures import FigureBrief
from models.keywords import KeywordHit
from models.learning import SiteLearning
from models.public_forms import SatisfactionAnswer
from models.refunds import RefundInstruction
from models.sessions import Session
from models.solutions import Offer, OfferAnswer, Solution
from models.tasks import CaseTask

COMPLAINT: Final = "complaint"
"""The lexicon's category 「投诉与监管」."""
Subject = Literal["all", "cause", "undiscussed", "node", "late", "path", "stage", "score"]
Counts = Sequence[Any]


class _minutes(GenericFunction[int]):
    """Whole minutes from one time to another."""

    type = Integer()
    inherit_cache = True


@compiles(_minutes)
def _postgresql(element: _minutes, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(floor(EXTRACT(EPOCH FROM ({end}) - ({start})) / 60) AS INTEGER)"


@compiles(_minutes, "sqlite")
def _sqlite(element: _minutes, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((CAST(strftime('%s', {end}) AS INTEGER) - CAST(strftime('%s', {start}) AS INTEGER)) / 60)"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases are counted: received from … until before, at these sites (None: all), with this cause."""

    sites: frozenset[str] | None
    start: datetime
    end: datetime
    cause: str | None = None


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    found = [WithdrawalCase.received_at >= scope.start, WithdrawalCase.received_at < scope.end, WithdrawalCase.status != "cancelled"]
    if scope.sites is not None:
        found.append(WithdrawalCase.site_id.in_(scope.sites))
    if scope.cause is not None:
        found.append(_has(scope.cause))
    return found


def _has(cause: str) -> ColumnElement[bool]:
    """Codes hold no quotation marks, so this finds whole ones only."""
    return cast(WithdrawalCase.causes, String).contains(f'"{cause}"', autoescape=True)


async def by_month(db: AsyncSession, scope: Scope, ends: Sequence[datetime]) -> Counts:
    """(number of the month, causes as JSON text, outcome, cases); the months end at `ends`, the last with the period."""
    month = case(*((WithdrawalCase.received_at < end, number) for number, end in enumerate(ends))).label("month")
    causes = cast(WithdrawalCase.causes, String).label("causes")
    counted = select(month, causes, WithdrawalCase.outcome.label("outcome")).where(*_within(scope)).subquery()
    columns = (counted.c.month, counted.c.causes, counted.c.outcome)
    return (await db.execute(select(*columns, func.count()).group_by(*columns))).all()


def _own_path() -> ColumnElement[str | None]:
    """The kind of the path that the customer of a case accepted."""
    kind = OfferAnswer.path["kind"].as_string()
    query = select(kind).join(Offer, Offer.id == OfferAnswer.offer_id)
    return query.where(OfferAnswer.case_id == WithdrawalCase.id, Offer.status == "accepted").limit(1).scalar_subquery()


async def paths(db: AsyncSession, scope: Scope) -> Counts:
    """(path that was prepared or None, whether the customer took it, outcome, cases) of cases that have ended."""
    taken = case((_own_path() == Solution.kind, 1), else_=0)
    prepared = (
        select(WithdrawalCase.id, Solution.kind.label("path"), taken.label("taken"), WithdrawalCase.outcome.label("outcome"))
        .outerjoin(Solution, and_(Solution.case_id == WithdrawalCase.id, Solution.withdrawn_at.is_(None)))
        .where(*_within(scope), WithdrawalCase.outcome.is_not(None))
        .distinct()
        .subquery()
    )
    columns = (prepared.c.path, prepared.c.taken, prepared.c.outcome)
    return (await db.execute(select(*columns, func.count()).group_by(*columns))).all()


async def nodes(db: AsyncSession, scope: Scope, now: datetime) -> Counts:
    """(kind of work, minutes from opening to done or None while open, late, tasks); what was cancelled is not counted."""
    minutes = _minutes(CaseTask.opened_at, CaseTask.done_at)
    counted = (
        select(CaseTask.kind.label("kind"), minutes.label("minutes"), _late(now).label("late"))
        .join(WithdrawalCase, WithdrawalCase.id == CaseTask.case_id)
        .where(*_within(scope), CaseTask.status != "cancelled")
        .subquery()
    )
    columns = (counted.c.kind, counted.c.minutes, counted.c.late)
    return (await db.execute(select(*columns, func.count()).group_by(*columns))).all()


def _late(now: datetime) -> ColumnElement[int]:
    return case((func.coalesce(CaseTask.done_at, now) > CaseTask.due_at, 1), else_=0)


async def whole(db: AsyncSession, scope: Scope) -> Counts:
    """(minutes from request to end, cases) of cases that have ended with an outcome."""
    minutes = _minutes(WithdrawalCase.received_at, WithdrawalCase.ended_at).label("minutes")
    counted = select(minutes).where(*_within(scope), WithdrawalCase.outcome.is_not(None)).subquery()
    return (await db.execute(select(counted.c.minutes, func.count()).group_by(counted.c.minutes))).all()


async def undiscussed(db: AsyncSession, scope: Scope) -> Counts:
    """(key questions not talked through as JSON text, cases) of cases whose review judged that."""
    found = cast(TeamReview.undiscussed, String).label("found")
    joined = select(found).join(WithdrawalCase, WithdrawalCase.id == TeamReview.case_id)
    judged = joined.where(*_within(scope), TeamReview.undiscussed.is_not(None)).subquery()
    return (await db.execute(select(judged.c.found, func.count()).group_by(judged.c.found))).all()


def _stage() -> ColumnElement[str | None]:
    """The contract stage that the rescission of a case was priced for."""
    query = select(Solution.facts["stage"].as_string()).where(Solution.case_id == WithdrawalCase.id, Solution.kind == "rescission")
    return query.order_by(Solution.changed_at.desc()).limit(1).scalar_subquery()


def _paid() -> tuple[ColumnElement[bool], ...]:
    return (RefundInstruction.case_id == WithdrawalCase.id, RefundInstruction.status == "paid")


async def refunds(db: AsyncSession, scope: Scope) -> Counts:
    """(contract stage or None, refunds paid, fen together)."""
    counted = (
        select(_stage().label("stage"), RefundInstruction.total_fen.label("fen"))
        .select_from(WithdrawalCase)
        .join(RefundInstruction, and_(*_paid()))
        .where(*_within(scope))
        .subquery()
    )
    query = select(counted.c.stage, func.count(), func.sum(counted.c.fen)).group_by(counted.c.stage)
    return (await db.execute(query)).all()


async def satisfaction(db: AsyncSession, scope: Scope) -> Counts:
    """(score, answers)."""
    query = select(SatisfactionAnswer.score, func.count()).join(WithdrawalCase, WithdrawalCase.id == SatisfactionAnswer.case_id)
    return (await db.execute(query.where(*_within(scope)).group_by(SatisfactionAnswer.score))).all()


async def sessions(db: AsyncSession, sites: frozenset[str] | None, start: datetime, end: datetime) -> tuple[int, int]:
    """(conversations that ended and whose recordings may be used, those in which the customer spoke of complaining)."""
    spoke = exists().where(
        KeywordHit.session_id == Session.id,
        KeywordHit.category == COMPLAINT,
        KeywordHit.speaker == "customer",
        KeywordHit.false_hit.is_(False),
    )
    query = select(func.count(), func.coalesce(func.sum(case((spoke, 1), else_=0)), 0)).select_from(Session)
    query = query.join(Consent, Consent.id == Session.consent_id)
    query = query.where(Session.started_at >= start, Session.started_at < end, Session.status == "ended", standing())
    if sites is not None:
        query = query.where(Session.site_id.in_(sites))
    held, complained = (await db.execute(query)).one()
    return int(held), int(complained)


async def gone_live(db: AsyncSession, sites: frozenset[str] | None) -> date | None:
    """The day that these sites (None: all) named as the one on which they went live; None where none did, or not all the same."""
    query = select(SiteLearning.go_live_on).where(SiteLearning.go_live_on.is_not(None)).distinct().limit(2)
    if sites is not None:
        query = query.where(SiteLearning.site_id.in_(sites))
    days = (await db.scalars(query)).all()
    return days[0] if len(days) == 1 else None


def _prepared(path: str) -> ColumnElement[bool]:
    mine = exists().where(Solution.case_id == WithdrawalCase.id, Solution.withdrawn_at.is_(None))
    return ~mine if path == "none" else mine.where(Solution.kind == path)


def behind(scope: Scope, subject: Subject, value: str, now: datetime) -> Select[*tuple[WithdrawalCase]]:
    """The cases that a figure counts."""
    query = select(WithdrawalCase).where(*_within(scope))
    task = exists().where(CaseTask.case_id == WithdrawalCase.id, CaseTask.kind == value, CaseTask.status != "cancelled")
    review = and_(TeamReview.case_id == WithdrawalCase.id, cast(TeamReview.undiscussed, String).contains(f'"{value}', autoescape=True))
    score = int(value) if value.isascii() and value.isdigit() and len(value) == 1 else 0
    conditions: dict[Subject, ColumnElement[bool]] = {
        "cause": _has(value),
        "undiscussed": exists().where(review),
        "node": task,
        "late": task.where(_late(now) == 1),
        "path": and_(WithdrawalCase.outcome.is_not(None), _prepared(value)),
        "stage": and_(func.coalesce(_stage(), "none") == value, exists().where(*_paid())),
        "score": exists().where(SatisfactionAnswer.case_id == WithdrawalCase.id, SatisfactionAnswer.score == score),
    }
    return query if subject == "all" else query.where(conditions[subject])


def briefs_query(sites: frozenset[str] | None) -> Select[*tuple[FigureBrief]]:
    """Briefs of these sites (None: all)."""
    query = select(FigureBrief)
    return query if sites is None else query.where(FigureBrief.site_id.in_(sites))


async def newest_brief(db: AsyncSession, site_id: str, period: str) -> date | None:
    """The first day of the newest brief of a site; None where there never was one."""
    return await db.scalar(select(func.max(FigureBrief.first)).where(FigureBrief.site_id == site_id, FigureBrief.period == period))


async def any_case(db: AsyncSession, scope: Scope) -> bool:
    """Whether there is anything to count."""
    return (await db.scalars(select(WithdrawalCase.id).where(*_within(scope)).limit(1))).first() is not None
