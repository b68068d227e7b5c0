"""Queries on work items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Bundle

from case_api.hints import asked_later
from case_api.tasks.schemas import DeadlineOut, TaskOut
from models.cases import WithdrawalCase
from models.deadlines import IS_ARMED, Deadline, DeadlineEvent
from models.tasks import IS_OPEN, CaseTask


class TaskRow(NamedTuple):
    """A task with its case and its newest deadline: the rows, or what a list shows of them."""

    task: CaseTask
    case: WithdrawalCase
    deadline: Deadline | None


SAME: Final = [name for name in TaskOut.model_fields if hasattr(CaseTask, name)]
"""What of a task is shown as it is stored."""
_LISTED: Final[tuple[Bundle[Any], ...]] = (
    Bundle("task", *(getattr(CaseTask, name) for name in SAME)),
    Bundle("case", WithdrawalCase.code, WithdrawalCase.customer_label),
    Bundle("deadline", *(getattr(Deadline, name) for name in DeadlineOut.model_fields)),
)


def tasks_query(sites: frozenset[str] | None) -> Select[*tuple[CaseTask, WithdrawalCase, Deadline]]:
    """Tasks of cases at these sites (None: all), each with its case and deadline."""
    return _of_sites(_joined(select(CaseTask, WithdrawalCase, Deadline)), sites)


def listed_query(sites: frozenset[str] | None) -> Select[*tuple[Any, ...]]:
    """As `tasks_query`, no more of each than a list shows (`listed` makes it a `TaskRow`)."""
    return _of_sites(_joined(select(*_LISTED)), sites)


def open_tasks_query(sites: frozenset[str] | None) -> Select[*tuple[Any, ...]]:
    """As `listed_query`, of what is open, for a list in order."""
    query = listed_query(None).where(IS_OPEN)
    return query if sites is None else query.where(asked_later(CaseTask.site_id.in_(sites)))


def listed(row: Row[*tuple[Any, ...]]) -> TaskRow:
    """A row of a list."""
    return TaskRow(row.task, row.case, row.deadline if row.deadline.id is not None else None)


Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


def _joined(query: Q) -> Q:
    joined = query.join_from(CaseTask, WithdrawalCase, WithdrawalCase.id == CaseTask.case_id)
    return joined.outerjoin(Deadline, Deadline.task_id == CaseTask.id)


def _of_sites(query: Q, sites: frozenset[str] | None) -> Q:
    return query if sites is None else query.where(CaseTask.site_id.in_(sites))


async def locked_case(db: AsyncSession, sites: frozenset[str] | None, task_id: str) -> WithdrawalCase | None:
    """The case of a task at these sites (None: any), kept for this transaction."""
    query = select(WithdrawalCase).join(CaseTask, CaseTask.case_id == WithdrawalCase.id).where(CaseTask.id == task_id)
    query = _of_sites(query, sites).with_for_update(of=WithdrawalCase)
    return (await db.scalars(query.execution_options(populate_existing=True))).one_or_none()


def for_roles(roles: Sequence[tuple[str, str | None]], person_id: str) -> ColumnElement[bool]:
    """What waits for somebody with these roles: given to them, or to nobody yet."""
    mine = (CaseTask.role == role if site is None else and_(CaseTask.role == role, CaseTask.site_id == site) for role, site in roles)
    return asked_later(and_(or_(false(), *mine), func.coalesce(CaseTask.assignee_id, person_id) == person_id))


def late(now: datetime) -> ColumnElement[bool]:
    """Open work whose limit has passed while its clock runs."""
    return and_(IS_OPEN, IS_ARMED, CaseTask.due_at <= now)


def narrowed(query: Q, *, kind: str | None, status: str | None, site_id: str | None) -> Q:
    """By kind, status and site, where given."""
    for column, value in ((CaseTask.kind, kind), (CaseTask.site_id, site_id)):
        query = query.where(asked_later(column == value) if value is not None else true())
    if status is not None:
        query = query.where(IS_OPEN if status == "open" else CaseTask.status == status)
    return query


async def events(db: AsyncSession, deadline_id: str) -> Sequence[DeadlineEvent]:
    """What happened to a deadline, in order."""
    query = select(DeadlineEvent).where(DeadlineEvent.deadline_id == deadline_id).order_by(DeadlineEvent.at, DeadlineEvent.id)
    return (await db.scalars(query)).all()
