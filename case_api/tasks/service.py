"""Give work to somebody, stop and extend its clock."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from case_api.cases import flow
from case_api.commands import By, guard
from case_api.deadlines import service as deadlines
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from case_api.solutions.repository import live_offer
from case_api.tasks.repository import TaskRow, locked_case, tasks_query
from case_api.tasks.rules import may_do
from case_api.tasks.schemas import EXTENSION_MAX, Extension
from models.cases import WithdrawalCase
from models.deadlines import Deadline
from models.people import Person
from models.tasks import CaseTask


async def get_task(db: AsyncSession, by: By, task_id: str) -> TaskRow:
    """A task that the person may see. Raises Problem: not_found."""
    query = tasks_query(by.principal.sites_for(Permission.CASE_READ)).where(CaseTask.id == task_id)
    row = (await db.execute(query.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return TaskRow(*row)


async def assign(db: AsyncSession, by: By, task_id: str, assignee_id: str | None, version: int) -> TaskRow:
    """Give an open task to somebody of its role. Who has the role may take what is nobody's, and give back their own; the rest takes the
    site manager.

    Who receives the customer is a question of its own, asked of the case (`POST /v1/cases/{id}/assignment`).
    Raises Problem: not_found, forbidden, task_closed, version_conflict, assignee_unfit.
    """
    case, task = await _locked(db, by, task_id)
    deadline = await deadlines.live(db, task.id)
    own = task.assignee_id in (by.person_id, None) and assignee_id in (by.person_id, None)
    takes_it = own and may_do(by.principal.roles, task.role, case.site_id)
    if not takes_it:
        by.principal.demand(Permission.CASE_MANAGE, case.site_id)
    guard(task, version)
    if task.kind == "registration":
        raise Problem(ProblemCode.ASSIGNEE_UNFIT, "接待人请在案件的「概况」里指派 / the receptionist is assigned in the case's overview")
    if assignee_id is not None:
        await _demand_fit(db, case, task, assignee_id)
    before, task.assignee_id = task.assignee_id, assignee_id
    await flow.touch(db, case)
    flow.note(db, by, case, "assign_task", before={"assignee_id": before}, after={"task_id": task.id, "assignee_id": assignee_id})
    await flow.tell(db, by, case, "task_assigned", {"task_id": task.id, "kind": task.kind, "assignee_id": assignee_id})
    return TaskRow(task, case, deadline)


async def _demand_fit(db: AsyncSession, case: WithdrawalCase, task: CaseTask, assignee_id: str) -> None:
    person = await db.get(Person, assignee_id)
    if person is None or person.disabled_at is not None:
        raise Problem(ProblemCode.ASSIGNEE_UNFIT, "body.assignee_id")
    fit = may_do([(role.role, role.site_id) for role in person.roles], task.role, case.site_id)
    if not fit:
        raise Problem(ProblemCode.ASSIGNEE_UNFIT, "body.assignee_id")


async def pause(db: AsyncSession, by: By, task_id: str, reason: str, version: int) -> TaskRow:
    """Stop the clock of an open task. Raises Problem: not_found, forbidden, task_closed, version_conflict, deadline_state."""
    case, task, deadline = await _managed(db, by, task_id, version)
    deadlines.pause(db, by, deadline, reason)
    return TaskRow(task, case, deadline)


async def resume(db: AsyncSession, by: By, task_id: str, reason: str, version: int) -> TaskRow:
    """Let the clock run on. Raises Problem: as `pause`."""
    case, task, deadline = await _managed(db, by, task_id, version)
    deadlines.resume(db, by, deadline, task, reason)
    await _offer_follows(db, task)
    return TaskRow(task, case, deadline)


async def extend(db: AsyncSession, by: By, task_id: str, body: Extension, version: int) -> TaskRow:
    """A later limit. Raises Problem: as `pause`."""
    case, task, deadline = await _managed(db, by, task_id, version)
    if body.due_at > by.now + EXTENSION_MAX:
        raise Problem(
            ProblemCode.DEADLINE_STATE, f"body.due_at: 最多延长到 {EXTENSION_MAX.days} 天后 / {EXTENSION_MAX.days} days ahead at most"
        )
    deadlines.extend(db, by, deadline, task, body.due_at, body.reason)
    await _offer_follows(db, task)
    return TaskRow(task, case, deadline)


async def _offer_follows(db: AsyncSession, task: CaseTask) -> None:
    """What is offered can be accepted for as long as its answer is waited for; the customer's paper keeps its first day."""
    if task.kind == "customer_answer" and (offer := await live_offer(db, task.case_id)) is not None:
        offer.valid_until = max(offer.valid_until, task.due_at)


async def _locked(db: AsyncSession, by: By, task_id: str) -> tuple[WithdrawalCase, CaseTask]:
    """The case first, then its task: every command locks in this order. Raises Problem: not_found, task_closed."""
    case = await locked_case(db, by.principal.sites_for(Permission.CASE_READ), task_id)
    if case is None:
        raise Problem(ProblemCode.NOT_FOUND)
    task = await db.get_one(CaseTask, task_id, populate_existing=True)
    if task.status != "open":
        raise Problem(ProblemCode.TASK_CLOSED, task.status)
    return case, task


async def _managed(db: AsyncSession, by: By, task_id: str, version: int) -> tuple[WithdrawalCase, CaseTask, Deadline]:
    case, task = await _locked(db, by, task_id)
    by.principal.demand(Permission.CASE_MANAGE, case.site_id)
    guard(task, version)
    flag_modified(task, "due_at")  # a clock that is stopped counts as a change of the task too
    return case, task, await deadlines.live(db, task.id)
