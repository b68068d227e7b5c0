"""An approval that holds no longer: what followed from it is undone, as long as nothing was paid."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals import repository, rules
from case_api.approvals.content import accepted
from case_api.cases import flow
from case_api.commands import By
from case_api.refunds import cancelling
from case_api.solutions.offers import take_back
from models.approvals import ApprovalRound, ApprovalStep
from models.cases import WithdrawalCase


async def void_if_changed(db: AsyncSession, by: By, case: WithdrawalCase) -> bool:
    """To be called after every change of what the customer accepted: what was approved or is being approved holds no longer.

    An instruction that was not paid is cancelled, the case goes back to its solutions. False if nothing differs. Raises Problem:
    refund_partly_paid, and then the change must not happen either.
    """
    round_ = await repository.live_round(db, case.id)
    if round_ is None or case.status not in ("approving", "executing"):
        return False
    if (await accepted(db, case.id)).content_hash == round_.content_hash:
        return False
    await void(db, by, case, round_, "内容已变更 / the content was changed")
    return True


async def void(db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound, reason: str) -> None:
    """Undo an approval that was not paid out, or end an open round. Raises Problem: refund_partly_paid."""
    await cancelling.cancel_unpaid(db, by, case, round_.id, reason)
    await end_steps(db, round_)
    round_.status, round_.closed_at, round_.closed_reason = "void", by.now, reason
    await db.flush()
    event = "void" if case.status == "executing" else "send_back"
    await send_back(db, by, case, round_, event)


async def send_back(db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound, event: str) -> None:
    """The case returns to its solutions; what was offered holds no longer, and benefits held back for it are free again."""
    await take_back(db, by, case)
    detail = {"round_id": round_.id, "approval": round_.status, "reason": round_.closed_reason}
    await flow.advance(db, by, case, event, detail=detail)


async def end_steps(db: AsyncSession, round_: ApprovalRound) -> None:
    """What nobody decided is void."""
    steps = await repository.steps_of(db, round_.id)
    await give(db, steps, rules.ended([step.status for step in steps]))


async def give(db: AsyncSession, steps: Sequence[ApprovalStep], statuses: Sequence[str]) -> list[ApprovalStep]:
    """Give the steps their statuses; which of them are asked now that were not before."""
    asked = [step for step, status in zip(steps, statuses, strict=True) if (step.status, status) == ("waiting", "pending")]
    for step, status in zip(steps, statuses, strict=True):
        step.status = status
    await db.flush()  # before the round: the database asks whether all of them approved
    return asked
