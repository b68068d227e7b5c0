"""From approval to the end of the case: which work opens, and when everything is done."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals.content import refunds
from case_api.benefits.service import settle_reservation
from case_api.cases import flow
from case_api.commands import By
from case_api.deadlines import service as deadlines
from case_api.refunds import repository, rules
from case_api.solutions.service import AcceptedPath
from case_api.solutions.terms import Deferral, Referral, Terms
from models.cases import WithdrawalCase
from models.tasks import CaseTask

REASON_AGREED = "按方案约定的期限 / the time that was agreed"


def _agreed_days(terms: Terms) -> int | None:
    """How long the path may take, where that was agreed."""
    match terms:
        case Deferral():
            return terms.days
        case Referral():
            return terms.within_days
    return None


async def begin(db: AsyncSession, by: By, case: WithdrawalCase, content: AcceptedPath, round_id: str) -> None:
    """The path was approved: open what carrying it out takes. A rescission that pays nothing back takes nothing: it is complete."""
    how = rules.EXECUTIONS[content.kind]
    if how.task is not None:
        days = _agreed_days(content.terms)
        due_at = by.now + timedelta(days=days) if days is not None else None
        step = await flow.open_task(db, by, case, how.task, role=how.role, due_at=due_at)
        await _wait_for(db, by, case, step)
    if rules.refund_due(content.kind, refunds=refunds(content), confirmed=False):
        await flow.open_task(db, by, case, "refund_payment", role="finance")
    await complete_if_done(db, by, case, content, round_id)


async def _wait_for(db: AsyncSession, by: By, case: WithdrawalCase, step: CaseTask) -> None:
    """The execution's own limit runs from the limit of what it waits for: ten days' grace are not late after one."""
    for task in await flow.open_tasks(db, case.id, "execution"):
        due_at = max(task.due_at, by.now) + (step.due_at - by.now)
        deadlines.extend(db, by, await deadlines.live(db, task.id), task, due_at, REASON_AGREED)


async def ask_when_done(db: AsyncSession, by: By, case: WithdrawalCase, content: AcceptedPath) -> None:
    """What had to happen first has happened: open finance's task, if it is not open since the approval."""
    if rules.refund_due(content.kind, refunds=refunds(content), confirmed=True) and not await flow.open_tasks(
        db, case.id, "refund_payment"
    ):
        await flow.open_task(db, by, case, "refund_payment", role="finance")


async def complete_if_done(db: AsyncSession, by: By, case: WithdrawalCase, content: AcceptedPath, round_id: str) -> bool:
    """End the execution once nothing is open; path A's benefits are drawn, a unit that was given up is told of at once."""
    instruction = await repository.instruction_of(db, round_id)
    done = rules.carried_out(
        content.kind,
        refunds=refunds(content),
        confirmed=await repository.confirmation_of(db, round_id) is not None,
        paid=instruction is not None and instruction.status == "paid",
    )
    if not done:
        return False
    how = rules.EXECUTIONS[content.kind]
    await settle_reservation(db, by, case, "draw")
    await flow.advance(db, by, case, "complete", detail={"outcome": how.outcome, "path": content.kind})
    if how.released_to is not None:
        told = {"unit_label": case.unit_label, "released_to": how.released_to}
        await flow.tell(db, by, case, "unit_released", told, key=f"unit_released:{case.id}")
    return True
