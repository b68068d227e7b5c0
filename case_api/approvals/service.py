"""Rounds of approval: opened with what the customer accepted, decided step by step, withdrawn.

Every function runs in the command's transaction with the case's row locked, so that of two who decide at once the second sees the first.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals import repository, rules, voiding
from case_api.approvals.content import accepted, shown
from case_api.approvals.schemas import DecisionIn
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.problems import Problem, ProblemCode
from case_api.refunds import execution
from case_api.security import Permission
from case_api.sight import find_row
from case_api.solutions.repository import deferral_granted
from case_api.solutions.service import AcceptedPath
from models.approvals import ApprovalRound, ApprovalStep
from models.cases import WithdrawalCase
from models.sites import Site


async def open_round(db: AsyncSession, by: By, case: WithdrawalCase) -> ApprovalRound:
    """Ask the tier's approvers about what the customer accepted; whoever commands this is the initiator. The case has to be approving.

    Raises Problem: case_state, approval_tier_missing.
    """
    flow.demand_step(case, "approving")
    content = await accepted(db, case.id)
    if case.tier is None:
        raise Problem(ProblemCode.APPROVAL_TIER)
    round_ = ApprovalRound(
        case_id=case.id,
        site_id=case.site_id,
        number=await repository.rounds_opened(db, case.id) + 1,
        mode=case.tier["mode"],
        content_hash=content.content_hash,
        content=shown(content),
        tier_reasons=case.tier.get("reasons", []),
        initiator_id=by.person_id,
        opened_at=by.now,
    )
    db.add(round_)
    await db.flush()
    made = await _open_steps(db, by, case, round_)
    roles = [step.role for step in made]
    told = {"round_id": round_.id, "number": round_.number, "content_hash": round_.content_hash, "approvers": roles}
    flow.note(db, by, case, "open_approval", after=told)
    await flow.tell(db, by, case, "approval_opened", told)
    return round_


async def _open_steps(db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound) -> list[ApprovalStep]:
    assert case.tier is not None
    held = await repository.held_roles(db, case.site_id, {*case.tier["approvers"], *rules.AUTHORITY}, besides=by.person_id)
    required = rules.steps(case.tier["approvers"], held.__contains__)
    copies = {"round_id": round_.id, "case_id": case.id, "site_id": case.site_id, "initiator_id": by.person_id, "opened_at": by.now}
    made = [
        ApprovalStep(ordinal=ordinal, required_role=step.required_role, role=step.role, status=status, **copies)
        for ordinal, (step, status) in enumerate(zip(required, rules.at_opening(round_.mode, len(required)), strict=True), 1)
    ]
    db.add_all(made)
    await db.flush()
    for step in made:
        if step.status == "pending":
            await flow.open_task(db, by, case, "approval", role=step.role, subject_id=step.id)
    return made


async def decide(db: AsyncSession, by: By, step_id: str, body: DecisionIn, version: int) -> ApprovalRound:
    """Decide a pending step. `version` is the step's.

    Raises Problem: not_found, approval_role, four_eyes, approval_state, version_conflict, approval_content_changed, deferral_used.
    """
    step = await find_row(db, ApprovalStep, step_id)
    case = await flow.case_for(db, by.principal, Permission.CASE_READ, step.case_id)
    await db.refresh(step)
    round_ = await db.get_one(ApprovalRound, step.round_id, populate_existing=True)
    if round_.status != "open" or step.status != "pending":
        raise Problem(ProblemCode.APPROVAL_STATE, step.status)
    standing = await _standing(db, by, step)
    guard(step, version)
    content = await accepted(db, case.id)
    if body.content_hash != round_.content_hash or content.content_hash != round_.content_hash:
        raise Problem(ProblemCode.APPROVAL_CONTENT)
    if body.decision == "approve":
        await _grace_comes_once(db, case, content)
    await _record(db, by, case, round_, step, standing, body)
    return round_


async def _grace_comes_once(db: AsyncSession, case: WithdrawalCase, content: AcceptedPath) -> None:
    """The customer's other case may have been approved since this path was accepted; the site's row keeps two at once in turn."""
    if content.kind == "deferral":
        await db.get_one(Site, case.site_id, with_for_update={"key_share": True})
        if await deferral_granted(db, case) is not None:
            raise Problem(ProblemCode.DEFERRAL_USED)


async def _standing(db: AsyncSession, by: By, step: ApprovalStep) -> rules.Standing:
    holds = any(role == step.role and site in (None, step.site_id) for role, site in by.principal.roles)
    lent = [rules.Lent(row.id, row.from_person_id) for row in await repository.lent_to(db, by.person_id, step.role, step.site_id, by.now)]
    found = rules.standing(by.person_id, holds, lent, frozenset(await repository.acted(db, step.round_id)))
    if found == "no_approver":
        raise Problem(ProblemCode.APPROVAL_ROLE, step.role)
    if found == "four_eyes":
        raise Problem(ProblemCode.FOUR_EYES)
    return found


async def _record(
    db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound, step: ApprovalStep, standing: rules.Standing, body: DecisionIn
) -> None:
    steps = await repository.steps_of(db, round_.id)
    follows = rules.consequence([one.status for one in steps], steps.index(step), body.decision)
    step.decided_by, step.decided_at, step.reason = by.person_id, by.now, body.reason
    if standing.lent is not None:
        step.on_behalf_of, step.delegation_id = standing.lent.from_person, standing.lent.delegation_id
    asked = await voiding.give(db, steps, follows.steps)
    told = {
        "round_id": round_.id,
        "step_id": step.id,
        "role": step.role,
        "decision": body.decision,
        "reason": body.reason,
        "content_hash": round_.content_hash,
        "on_behalf_of": step.on_behalf_of,
    }
    flow.note(db, by, case, "decide_approval", after=told)
    await flow.tell(db, by, case, "approval_decided", told)
    for task in await flow.open_tasks(db, case.id, "approval"):
        if task.subject_id == step.id:
            await flow.finish_task(db, by, task, {"decision": body.decision, "reason": body.reason, "on_behalf_of": step.on_behalf_of})
    for one in asked:
        await flow.open_task(db, by, case, "approval", role=one.role, subject_id=one.id)
    if follows.round == "open":
        await flow.touch(db, case)
    else:
        await _close(db, by, case, round_, follows.round, body.reason)


async def _close(db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound, status: str, reason: str) -> None:
    """End the round and move the case: onwards if it was approved, back to its solutions if not."""
    round_.status, round_.closed_at, round_.closed_reason = status, by.now, reason
    await db.flush()
    if status == "approved":
        await flow.advance(db, by, case, "approve", detail={"round_id": round_.id})
        await execution.begin(db, by, case, await accepted(db, case.id), round_.id)
    else:
        await voiding.send_back(db, by, case, round_, "send_back")


async def withdraw(db: AsyncSession, by: By, case_id: str, reason: str, version: int) -> ApprovalRound:
    """Take the open round back. `version` is the case's. Raises Problem: not_found, case_state, not_initiator, version_conflict."""
    case = await flow.case_for(db, by.principal, Permission.CASE_READ, case_id)
    flow.demand_step(case, "approving")
    round_ = await repository.live_round(db, case.id)
    assert round_ is not None  # a case that is approving has one
    if round_.initiator_id != by.person_id:
        raise Problem(ProblemCode.NOT_INITIATOR)
    guard(case, version)
    await voiding.end_steps(db, round_)
    flow.note(db, by, case, "withdraw_approval", after={"round_id": round_.id, "reason": reason})
    await _close(db, by, case, round_, "withdrawn", reason)
    return round_
