"""`/v1/tasks`: what waits for whom, and its clock."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, By, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.tasks import repository, service
from case_api.tasks.repository import TaskRow
from case_api.tasks.rules import seconds_left
from case_api.tasks.schemas import Assign, DeadlineEventOut, DeadlineOut, Extension, Stop, TaskDetail, TaskOut
from models.tasks import CaseTask, TaskKind, TaskStatus

router = APIRouter(tags=["tasks"], route_class=CommandRoute)

CaseReader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
CLOCK_PROBLEMS = responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.TASK_CLOSED, ProblemCode.DEADLINE_STATE)


def _fields(row: TaskRow, now: datetime) -> dict[str, Any]:
    task, case, deadline = row
    left = seconds_left(task.due_at, now, deadline.paused_at if deadline else None)
    return {
        **{name: getattr(task, name) for name in repository.SAME},
        "case_code": case.code,
        "customer_label": case.customer_label,
        "overdue": task.status == "open" and left <= 0,
        "seconds_left": left,
        "deadline": DeadlineOut.model_validate(deadline) if deadline else None,
    }


def _listed(row: Any, now: datetime) -> TaskOut:
    return TaskOut(**_fields(repository.listed(row), now))


async def _detail(db: AsyncSession, by: By, row: TaskRow, response: Response) -> TaskDetail:
    """The task, whose version the `ETag` tells."""
    happened = await repository.events(db, row.deadline.id) if row.deadline else []
    events = [DeadlineEventOut.model_validate(event) for event in happened]
    tag(response, row.task)
    return TaskDetail(**_fields(row, by.now), result=row.task.result, events=events)


@router.get("/tasks", operation_id="listTasks")
async def list_tasks(
    principal: CaseReader,
    db: ReadDb,
    at: Now,
    mine: Annotated[bool, Query(description="Only what waits for me: given to me, or to nobody of my roles yet")] = False,
    kind: TaskKind | None = None,
    status: TaskStatus | None = "open",
    overdue: Annotated[bool, Query(description="Only work whose limit has passed")] = False,
    site_id: Reference | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[TaskOut]:
    """Work of the person's sites, newest first."""
    tasks = repository.open_tasks_query if status == "open" else repository.listed_query
    query = repository.narrowed(tasks(principal.sites_for(Permission.CASE_READ)), kind=kind, status=status, site_id=site_id)
    if mine:
        query = query.where(repository.for_roles(principal.roles, principal.person_id))
    if overdue:
        query = query.where(repository.late(at))
    return await newest_first(
        db,
        query,
        CaseTask.opened_at,
        CaseTask.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: _listed(row, at),
        listed=attrgetter("task"),
    )


@router.get("/cases/{case_id}/tasks", operation_id="listCaseTasks", responses=responses(ProblemCode.NOT_FOUND))
async def list_case_tasks(case_id: Reference, principal: CaseReader, db: ReadDb, at: Now) -> list[TaskOut]:
    """Everything that was or is to be done on a case, in the order in which it was opened."""
    query = repository.listed_query(principal.sites_for(Permission.CASE_READ)).where(CaseTask.case_id == case_id)
    rows = (await db.execute(query.order_by(CaseTask.opened_at, CaseTask.id))).all()
    if not rows:  # what nobody may see has none either
        await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return [_listed(row, at) for row in rows]


@router.get("/tasks/{task_id}", operation_id="getTask", responses=responses(ProblemCode.NOT_FOUND))
async def get_task(task_id: Reference, by: ByDep, _: CaseReader, db: ReadDb, response: Response) -> TaskDetail:
    """One piece of work, with what was handed in and what happened to its deadline."""
    return await _detail(db, by, await service.get_task(db, by, task_id), response)


@router.post(
    "/tasks/{task_id}/assignment",
    operation_id="assignTask",
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.TASK_CLOSED, ProblemCode.ASSIGNEE_UNFIT),
)
async def assign_task(
    task_id: Reference, body: Assign, version: IfMatch, by: ByDep, _: CaseReader, db: CommandDb, response: Response
) -> TaskDetail:
    """Take a task of one's role, or (site manager) give it to somebody; `If-Match` is the task's version."""
    return await _detail(db, by, await service.assign(db, by, task_id, body.assignee_id, version), response)


@router.post("/tasks/{task_id}/pause", operation_id="pauseTask", responses=CLOCK_PROBLEMS)
async def pause_task(
    task_id: Reference, body: Stop, version: IfMatch, by: ByDep, _: CaseReader, db: CommandDb, response: Response
) -> TaskDetail:
    """Stop the clock, with a reason that stays on the record. `If-Match` is the task's version, as for its other changes."""
    return await _detail(db, by, await service.pause(db, by, task_id, body.reason, version), response)


@router.post("/tasks/{task_id}/resume", operation_id="resumeTask", responses=CLOCK_PROBLEMS)
async def resume_task(
    task_id: Reference, body: Stop, version: IfMatch, by: ByDep, _: CaseReader, db: CommandDb, response: Response
) -> TaskDetail:
    """Let the clock run on: the limit is later by the time it stood."""
    return await _detail(db, by, await service.resume(db, by, task_id, body.reason, version), response)


@router.post("/tasks/{task_id}/extension", operation_id="extendTask", responses=CLOCK_PROBLEMS)
async def extend_task(
    task_id: Reference, body: Extension, version: IfMatch, by: ByDep, _: CaseReader, db: CommandDb, response: Response
) -> TaskDetail:
    """A later limit, with a reason that stays on the record."""
    return await _detail(db, by, await service.extend(db, by, task_id, body, version), response)
