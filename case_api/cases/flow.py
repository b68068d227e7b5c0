"""The one way in which a case moves: step, tasks, deadlines, audit and outbox change together, in the command's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from case_api.cases.machine import BACK, FINISHES, OPENS, after
from case_api.commands import By
from case_api.deadlines import service as deadlines
from case_api.intake.identity import redacted
from case_api.policies.service import deadline_policy
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_seen
from models import audit, outbox
from models.cases import Outcome, WithdrawalCase
from models.tasks import IS_OPEN, CaseTask, TaskKind

PROSE: Final = {"reason", "summary"}


async def case_for(db: AsyncSession, principal: Principal, permission: Permission, case_id: str, *, lock: bool = True) -> WithdrawalCase:
    """The case, for something that asks for `permission`; `lock` keeps its row for this transaction.

    Raises Problem: not_found (also where the person may not see it), forbidden (seen, but not theirs to change).
    """
    case = await find_seen(db, principal, Permission.CASE_READ, WithdrawalCase, case_id, lock=lock)
    principal.demand(permission, case.site_id)
    return case


def demand_step(case: WithdrawalCase, *steps: str) -> None:
    """Raise `case_state` unless the case is in one of these steps."""
    if case.status not in steps:
        raise Problem(ProblemCode.CASE_STATE, case.status)


async def begin(db: AsyncSession, by: By, case: WithdrawalCase) -> None:
    """A new case: open what its first step asks for. The row has to be flushed."""
    for opens in OPENS["draft"]:
        await open_task(db, by, case, opens.kind, role=opens.role)
    await tell(db, by, case, "created", {"source": case.source})


async def advance(db: AsyncSession, by: By, case: WithdrawalCase, event: str, *, detail: Mapping[str, Any] | None = None) -> None:
    """Move a locked case along: the left step's work ends, the entered step's work opens, the change is audited and told.

    `complete` takes `detail["outcome"]`; `settle` means that the customer stays. Raises Problem: case_state, also for `archive` while a
    closing action is open.
    """
    entered, left = after(case.status, event), case.status
    waiting = await open_tasks(db, case.id)
    if entered is None:
        raise Problem(ProblemCode.CASE_STATE, case.status)
    if event == "archive" and waiting:
        raise Problem(ProblemCode.CASE_STATE, f"{case.status}; open: {', '.join(sorted(task.kind for task in waiting))}")
    told = dict(detail or {})
    for task in waiting:
        if task.kind == FINISHES.get(event):
            await finish_task(db, by, task, told)
        else:
            await cancel_task(db, by, task, event)
    case.status = entered
    _mark_end(by, case, event, told)
    await touch(db, case)
    note(db, by, case, event, before={"status": left}, after={"status": entered} | told)
    for opens in OPENS.get(entered, ()):
        await open_task(db, by, case, opens.kind, role=opens.role, again=event in BACK)
    await tell(db, by, case, event, {"from": left, "to": entered} | told)


def _mark_end(by: By, case: WithdrawalCase, event: str, told: dict[str, Any]) -> None:
    if event == "settle":
        told["outcome"] = "kept"
    if event in ("complete", "settle"):
        if told.get("outcome") not in get_args(Outcome):
            raise ValueError("a case ends as withdrawn or kept")
        case.outcome, case.ended_at = told["outcome"], by.now
    if event == "cancel":
        case.ended_at = by.now
    if event == "archive":
        case.archived_at = by.now


async def open_task(
    db: AsyncSession,
    by: By,
    case: WithdrawalCase,
    kind: TaskKind,
    *,
    role: str,
    assignee_id: str | None = None,
    subject_id: str | None = None,
    due_at: datetime | None = None,
    again: bool = False,
) -> CaseTask:
    """New work with its one armed deadline. `due_at` overrides the policy (an agreed date). What is done `again` has its whole limit
    from now: counted from the receipt it would be late before it is opened.
    """
    policy = await deadline_policy(db, case.site_id, by.now)
    limit = policy.due_at(kind, received_at=by.now if again else case.received_at, opened_at=by.now, ended_at=case.ended_at)
    starts = by.now if due_at is not None else limit - timedelta(minutes=policy.limits[kind].minutes)
    task = CaseTask(
        case_id=case.id,
        site_id=case.site_id,
        kind=kind,
        role=role,
        assignee_id=assignee_id,
        subject_id=subject_id,
        subject_key=subject_id or "",
        status="open",
        opened_at=by.now,
        due_at=due_at or limit,
    )
    db.add(task)
    await db.flush()
    deadlines.arm(db, task, policy, starts, by.now)
    await db.flush()
    after_ = {"task_id": task.id, "kind": kind, "role": role, "due_at": task.due_at.isoformat()}
    note(db, by, case, "open_task", after=after_)
    await tell(db, by, case, "task_opened", after_ | {"assignee_id": assignee_id})
    return task


async def open_tasks(db: AsyncSession, case_id: str, kind: TaskKind | None = None) -> list[CaseTask]:
    """The case's open work, oldest first."""
    query = select(CaseTask).where(CaseTask.case_id == case_id, IS_OPEN).order_by(CaseTask.opened_at, CaseTask.id)
    return list((await db.scalars(query.where(CaseTask.kind == kind) if kind else query)).all())


async def finish_task(db: AsyncSession, by: By, task: CaseTask, result: Mapping[str, Any]) -> None:
    """The work is done: `result` is kept with it, its deadline is met. Raises Problem: task_closed."""
    await _close(db, by, task, "done", dict(result))


async def cancel_task(db: AsyncSession, by: By, task: CaseTask, reason: str) -> None:
    """The work is not needed any more. Raises Problem: task_closed."""
    await _close(db, by, task, "cancelled", {"cancelled": reason})


async def _close(db: AsyncSession, by: By, task: CaseTask, status: str, result: dict[str, Any]) -> None:
    if task.status != "open":
        raise Problem(ProblemCode.TASK_CLOSED, task.status)
    task.status, task.result, task.done_at, task.done_by = status, result, by.now, by.author_id
    await deadlines.end(db, task.id, "met" if status == "done" else "cancelled", by.now)
    await db.flush()
    verb = "finish_task" if status == "done" else "cancel_task"
    subject = audit.Subject("case", task.case_id, task.site_id)
    audit.record(db, by.who, f"api:case:{verb}", subject, after={"task_id": task.id, "kind": task.kind}, at=by.now)


async def touch(db: AsyncSession, case: WithdrawalCase) -> None:
    """Count a change of the case's rows in its version."""
    flag_modified(case, "status")
    await db.flush()


def note(
    db: AsyncSession,
    by: By,
    case: WithdrawalCase,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """An audit record on the case. Never secrets, never whole ID, phone or account numbers."""
    told = _without_numbers(after) if after is not None else None
    audit.record(db, by.who, f"api:case:{action}", audit.Subject("case", case.id, case.site_id), before=before, after=told, at=by.now)


def _without_numbers(told: Mapping[str, Any]) -> dict[str, Any]:
    """What people wrote, without the phone and ID numbers they wrote into it: audit and outbox outlive the case or leave the house."""
    return {name: redacted(value) if name in PROSE and isinstance(value, str) else value for name, value in told.items()}


async def tell(db: AsyncSession, by: By, case: WithdrawalCase, topic: str, payload: Mapping[str, Any], *, key: str | None = None) -> None:
    """A message `case.<topic>` for webhooks and notifications, in this transaction."""
    told = {"case_id": case.id, "code": case.code, "site_id": case.site_id, "at": by.now.isoformat()} | _without_numbers(payload)
    await outbox.publish(db, f"case.{topic}", told, key=key, site_id=case.site_id)
