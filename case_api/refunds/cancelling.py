"""An instruction whose approval holds no longer."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import By
from case_api.problems import Problem, ProblemCode
from case_api.refunds import repository
from models.cases import WithdrawalCase


async def cancel_unpaid(db: AsyncSession, by: By, case: WithdrawalCase, round_id: str, reason: str) -> None:
    """Cancel the round's instruction, if there is one. Raises Problem: refund_partly_paid."""
    instruction = await repository.instruction_of(db, round_id)
    if instruction is None:
        return
    payments = await repository.payments_of(db, instruction.id)
    if any(payment.status == "paid" for payment in payments):
        raise Problem(ProblemCode.REFUND_PARTLY_PAID, instruction.number)
    for payment in payments:
        payment.status = "cancelled"
    instruction.status, instruction.cancelled_at, instruction.cancelled_reason = "cancelled", by.now, reason
    await db.flush()
    told = {"instruction_id": instruction.id, "number": instruction.number, "reason": reason}
    flow.note(db, by, case, "cancel_refund", after=told)
    await flow.tell(db, by, case, "refund_cancelled", told)
