"""The paths that are not only a payment: confirmed by what happened, or by their time having run out."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals import repository as approvals
from case_api.approvals import voiding
from case_api.approvals.content import accepted
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.deadlines import service as deadlines
from case_api.problems import Problem, ProblemCode
from case_api.refunds import execution, repository, rules
from case_api.refunds.schemas import Confirmation, DeferralRanOut, ReferralRanOut
from case_api.security import Permission
from case_api.solutions.service import AcceptedPath
from models.approvals import ApprovalRound
from models.cases import WithdrawalCase
from models.refunds import ExecutionConfirmation
from models.sites import Site

REASON_RAN_OUT = "约定期限届满 / the agreed time ran out"
REASON_UNHEARD = "约定期限届满，无人登记结果，系统自动处理 / the agreed time ran out, and nobody said what had happened"
RAN_OUT: TypeAdapter[DeferralRanOut | ReferralRanOut] = TypeAdapter(DeferralRanOut | ReferralRanOut)


async def confirm(db: AsyncSession, by: By, case_id: str, body: Confirmation, version: int) -> ExecutionConfirmation:
    """Record how the approved path was carried out. `version` is the case's.

    What happened finishes the path's task and, if no payment is open, the execution; a time that ran out makes the approval void.
    Raises Problem: not_found, forbidden, case_state, version_conflict, execution_kind, execution_state, payment_date.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    flow.demand_step(case, "executing")
    guard(case, version)
    round_ = await approvals.live_round(db, case.id)
    assert round_ is not None  # what is executed was approved
    content = await accepted(db, case.id)
    how = rules.EXECUTIONS[content.kind]
    if body.event not in (how.done, how.ran_out):
        raise Problem(ProblemCode.EXECUTION_KIND, content.kind)
    if await repository.confirmation_of(db, round_.id) is not None:
        raise Problem(ProblemCode.EXECUTION_STATE, "已确认过 / confirmed before")
    site = await db.get_one(Site, case.site_id)
    since, today = (rules.local_day(at, site.timezone) for at in (round_.closed_at or round_.opened_at, by.now))
    if not rules.sensible_day(body.happened_on, since=since, today=today):
        raise Problem(ProblemCode.PAYMENT_DATE, "body.happened_on")
    return await _record(db, by, case, round_, content, body)


async def lapse(db: AsyncSession, by: By, case_id: str, until: datetime) -> bool:
    """Let an agreed time that was over at `until` have run out, if nobody has said anything; False if there is no such time (any more)."""
    case = await db.get(WithdrawalCase, case_id, with_for_update=True, populate_existing=True)
    round_ = await approvals.live_round(db, case_id)
    if case is None or case.status != "executing" or round_ is None or await repository.confirmation_of(db, round_.id) is not None:
        return False
    content = await accepted(db, case.id)
    how = rules.EXECUTIONS[content.kind]
    ends = [await deadlines.live(db, task.id) for task in await flow.open_tasks(db, case.id, how.task)] if how.ran_out else []
    if not ends or any(end.status == "paused" or end.due_at > until for end in ends):
        return False
    site = await db.get_one(Site, case.site_id)
    day = rules.local_day(max(end.due_at for end in ends), site.timezone)
    body = RAN_OUT.validate_python({"event": how.ran_out, "happened_on": day, "note": REASON_UNHEARD})
    await _record(db, by, case, round_, content, body)
    return True


async def _record(
    db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound, content: AcceptedPath, body: Confirmation
) -> ExecutionConfirmation:
    how = rules.EXECUTIONS[content.kind]
    ran_out = body.event == how.ran_out
    if ran_out:
        await _demand_overdue(db, case, by.now, content)
    row = ExecutionConfirmation(
        case_id=case.id,
        round_id=round_.id,
        path_kind=content.kind,
        result="ran_out" if ran_out else "done",
        happened_on=body.happened_on,
        detail=body.model_dump(mode="json"),
        confirmed_by=by.author_id,
        confirmed_at=by.now,
    )
    db.add(row)
    await db.flush()
    flow.note(db, by, case, "confirm_execution", after={"confirmation_id": row.id, "event": body.event})
    await flow.tell(db, by, case, "execution_confirmed", {"event": body.event, "happened_on": body.happened_on.isoformat()})
    if ran_out:
        await voiding.void(db, by, case, round_, REASON_RAN_OUT)
        return row
    for task in await flow.open_tasks(db, case.id, how.task):
        await flow.finish_task(db, by, task, row.detail)
    if not await execution.complete_if_done(db, by, case, content, round_.id):
        await execution.ask_when_done(db, by, case, content)
        await flow.touch(db, case)
    return row


async def _demand_overdue(db: AsyncSession, case: WithdrawalCase, now: datetime, content: AcceptedPath) -> None:
    """A customer keeps the time that was agreed: it cannot have run out before, nor while its clock stands."""
    for task in await flow.open_tasks(db, case.id, rules.EXECUTIONS[content.kind].task):
        deadline = await deadlines.live(db, task.id)
        if deadline.status == "paused" or deadline.due_at > now:
            raise Problem(ProblemCode.EXECUTION_STATE, "约定的期限还没到 / the time has not run out")
