"""Arm, end, pause, resume and extend deadlines. The caller's transaction, the caller's lock on the case."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.deadlines.rules import Moment, first_stage, next_at, plan
from case_api.intake.identity import redacted
from case_api.policies.rules import DeadlinePolicy
from case_api.problems import Problem, ProblemCode
from models import audit
from models.deadlines import Deadline, DeadlineEvent
from models.tasks import CaseTask


def moments(deadline: Deadline) -> list[Moment]:
    """The deadline's plan as it was when it was armed: a new policy changes nothing under way."""
    return [Moment(*moment) for moment in deadline.plan]


def rearm(deadline: Deadline) -> None:
    """Set `next_at` by what has happened so far."""
    deadline.next_at = next_at(moments(deadline), deadline.stage, deadline.starts_at, deadline.due_at)


def arm(db: AsyncSession, task: CaseTask, policy: DeadlinePolicy, starts_at: datetime, now: datetime) -> Deadline:
    """The task's one deadline, which runs from `starts_at` to `task.due_at`."""
    steps = plan(policy.remind_at_bp, task.role, [(step.at_bp, step.role) for step in policy.escalations])
    starts_at = min(starts_at, task.due_at)
    deadline = Deadline(
        task_id=task.id,
        case_id=task.case_id,
        site_id=task.site_id,
        kind=task.kind,
        status="armed",
        starts_at=starts_at,
        due_at=task.due_at,
        plan=[list(step) for step in steps],
        stage=first_stage(steps, starts_at, task.due_at, now),
    )
    rearm(deadline)
    db.add(deadline)
    return deadline


async def live(db: AsyncSession, task_id: str) -> Deadline:
    """The deadline of an open task, locked."""
    query = select(Deadline).where(Deadline.task_id == task_id, Deadline.status.in_(("armed", "paused"))).with_for_update()
    return (await db.scalars(query.execution_options(populate_existing=True))).one()


async def end(db: AsyncSession, task_id: str, status: str, now: datetime) -> None:
    """The task is done (`met`) or cancelled: nothing more happens."""
    deadline = await live(db, task_id)
    deadline.status, deadline.next_at, deadline.paused_at, deadline.ended_at = status, None, None, now


def pause(db: AsyncSession, by: By, deadline: Deadline, reason: str) -> None:
    """Stop the clock. Raises Problem: deadline_state."""
    if deadline.status != "armed":
        raise Problem(ProblemCode.DEADLINE_STATE, deadline.status)
    deadline.status, deadline.next_at, deadline.paused_at = "paused", None, by.now
    _tell(db, by, deadline, "pause", reason)


def resume(db: AsyncSession, by: By, deadline: Deadline, task: CaseTask, reason: str) -> None:
    """Let the clock run on: everything happens later by the time that it stood. Raises Problem: deadline_state."""
    if deadline.status != "paused" or deadline.paused_at is None:
        raise Problem(ProblemCode.DEADLINE_STATE, deadline.status)
    stood = max(by.now - deadline.paused_at, timedelta(0))  # a clock set back in between takes no time away
    deadline.starts_at += stood
    deadline.due_at += stood
    deadline.status, deadline.paused_at, task.due_at = "armed", None, deadline.due_at
    rearm(deadline)
    _tell(db, by, deadline, "resume", reason)


def extend(db: AsyncSession, by: By, deadline: Deadline, task: CaseTask, due_at: datetime, reason: str) -> None:
    """A later limit. What was told of the old one stays told; what comes after it comes later. Raises Problem: deadline_state."""
    if due_at <= max(deadline.due_at, by.now):
        raise Problem(ProblemCode.DEADLINE_STATE, "body.due_at")
    deadline.due_at = task.due_at = due_at
    # the limit itself has to be told again once it is passed again
    deadline.stage = min(deadline.stage, next(n for n, step in enumerate(moments(deadline)) if step.what == "overdue"))
    if deadline.status == "armed":
        rearm(deadline)
    _tell(db, by, deadline, "extend", reason)


def _tell(db: AsyncSession, by: By, deadline: Deadline, what: str, reason: str) -> None:
    db.add(DeadlineEvent(deadline_id=deadline.id, what=what, reason=reason, at=by.now, person_id=by.person_id))
    after = {"kind": deadline.kind, "due_at": deadline.due_at.isoformat(), "reason": redacted(reason)}
    audit.record(db, by.who, f"api:deadline:{what}", audit.Subject("case", deadline.case_id, deadline.site_id), after=after, at=by.now)
