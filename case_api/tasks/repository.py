"""Queries on work items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Boolean, ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from models.cases import WithdrawalCase
from models.deadlines import IS_ARMED, Deadline, DeadlineEvent
from models.tasks import IS_OPEN, CaseTask


class _asked_later(GenericFunction[bool]):
    """A condition that finds no rows by itself. SQLite would collect everything open at a site, or of each role, with cases and
    deadlines, and sort it to show twenty; so it reads the open tasks in their order off one index and stops."""

    type = Boolean()
    inherit_cache = True


@compiles(_asked_later)
def _unsaid(element: _asked_later, compiler: Any, **options: Any) -> str:
    """Databases that keep statistics know better."""
    return f"({compiler.process(element.clauses, **options)})"


@compiles(_asked_later, "sqlite")
def _said(element: _asked_later, compiler: Any, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"


class TaskRow(NamedTuple):
    """A task with its case and its newest deadline."""

    task: CaseTask
    case: WithdrawalCase
    deadline: Deadline | None


def tasks_query(sites: frozenset[str] | None) -> Select[*tuple[CaseTask, WithdrawalCase, Deadline]]:
    """Tasks of cases at these sites (None: all), each with its case and deadline."""
    query = (
        select(CaseTask, WithdrawalCase, Deadline)
        .join(WithdrawalCase, WithdrawalCase.id == CaseTask.case_id)
        .outerjoin(Deadline, Deadline.task_id == CaseTask.id)
    )
    return query if sites is None else query.where(CaseTask.site_id.in_(sites))


def open_tasks_query(sites: frozenset[str] | None) -> Select[*tuple[CaseTask, WithdrawalCase, Deadline]]:
    """As `tasks_query`, of what is open, for a list in order."""
    query = tasks_query(None).where(IS_OPEN)
    return query if sites is None else query.where(_asked_later(CaseTask.site_id.in_(sites)))


def for_roles(roles: Sequence[tuple[str, str | None]], person_id: str) -> ColumnElement[bool]:
    """What waits for somebody with these roles: given to them, or to nobody yet."""
    mine = (CaseTask.role == role if site is None else and_(CaseTask.role == role, CaseTask.site_id == site) for role, site in roles)
    return _asked_later(and_(or_(false(), *mine), func.coalesce(CaseTask.assignee_id, person_id) == person_id))


def late(now: datetime) -> ColumnElement[bool]:
    """Open work whose limit has passed while its clock runs."""
    return and_(IS_OPEN, IS_ARMED, CaseTask.due_at <= now)


def narrowed(
    query: Select[*tuple[CaseTask, WithdrawalCase, Deadline]], *, kind: str | None, status: str | None, site_id: str | None
) -> Select[*tuple[CaseTask, WithdrawalCase, Deadline]]:
    """By kind, status and site, where given."""
    for column, value in ((CaseTask.kind, kind), (CaseTask.site_id, site_id)):
        query = query.where(_asked_later(column == value) if value is not None else true())
    if status is not None:
        query = query.where(IS_OPEN if status == "open" else CaseTask.status == status)
    return query


async def events(db: AsyncSession, deadline_id: str) -> Sequence[DeadlineEvent]:
    """What happened to a deadline, in order."""
    query = select(DeadlineEvent).where(DeadlineEvent.deadline_id == deadline_id).order_by(DeadlineEvent.at, DeadlineEvent.id)
    return (await db.scalars(query)).all()
