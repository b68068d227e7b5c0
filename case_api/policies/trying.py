"""What a table would decide for made-up facts, before it is in force or after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.policies import lifecycle, service
from case_api.policies.defaults import AnyTable
from case_api.policies.rules import DeadlinePolicy, RefundTable, TierTable, decide_tier
from case_api.policies.schemas import DeadlineQuestion, PolicyTry, RefundQuestion, TierQuestion, TryOut
from case_api.problems import Problem, ProblemCode
from case_api.security import Principal


async def answer(db: AsyncSession, principal: Principal, body: PolicyTry, now: datetime) -> TryOut:
    """The decision. Raises Problem: not_found, policy_missing (nothing holds), policy_kind (question and table differ)."""
    policy_id, table = await _table(db, principal, body, now)
    match body.question, table:
        case TierQuestion(facts=facts), TierTable():
            return TryOut(policy_id=policy_id, tier=decide_tier(facts, table))
        case RefundQuestion(stage=stage), RefundTable():
            return TryOut(policy_id=policy_id, refund=table.rule(stage))
        case DeadlineQuestion() as asked, DeadlinePolicy():
            due = table.due_at(asked.task, received_at=asked.received_at, opened_at=asked.opened_at, ended_at=asked.ended_at)
            return TryOut(policy_id=policy_id, due_at=due)
    raise Problem(ProblemCode.POLICY_KIND, f"{body.question.kind}, {table.kind}")


async def _table(db: AsyncSession, principal: Principal, body: PolicyTry, now: datetime) -> tuple[str | None, AnyTable]:
    if body.content is not None:
        return None, body.content
    if body.policy_id is not None:
        row = await lifecycle.version_for(db, principal, body.policy_id)
        return row.id, service.table_of(row)
    lifecycle.demand_sight(principal, body.site_id)
    held = await service.effective(db, body.question.kind, body.site_id, body.at or now)
    if held is None:
        raise Problem(ProblemCode.POLICY_MISSING, body.question.kind)
    return held.id, service.table_of(held)
