"""Rounds, steps and delegations as they are shown, with the names of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals import repository
from case_api.approvals.delegations import in_force
from case_api.approvals.schemas import DelegationOut, PersonOut, RoundOut, StepOut, WaitingOut
from models.approvals import ApprovalRound, ApprovalStep, Delegation
from models.cases import WithdrawalCase
from models.tasks import CaseTask

Names = Mapping[str, str]
_STEP = ("id", "ordinal", "required_role", "role", "status", "reason", "decided_at", "version")
_ROUND = (
    *("id", "case_id", "number", "mode", "status", "content_hash", "content"),
    *("tier_reasons", "opened_at", "closed_at", "closed_reason"),
)


def _person(names: Names, person_id: str | None) -> PersonOut | None:
    return None if person_id is None else PersonOut(id=person_id, display_name=names[person_id])


def _step(names: Names, step: ApprovalStep) -> StepOut:
    fields = {name: getattr(step, name) for name in _STEP}
    return StepOut(**fields, decided_by=_person(names, step.decided_by), on_behalf_of=_person(names, step.on_behalf_of))


async def rounds(db: AsyncSession, found: Sequence[ApprovalRound]) -> list[RoundOut]:
    """These rounds with their steps."""
    steps = await repository.steps_of(db, *(round_.id for round_ in found))
    acting = [person for step in steps for person in (step.decided_by, step.on_behalf_of)]
    names = await repository.people(db, [*(round_.initiator_id for round_ in found), *acting])
    return [
        RoundOut(
            **{name: getattr(round_, name) for name in _ROUND},
            initiator=PersonOut(id=round_.initiator_id, display_name=names[round_.initiator_id]),
            steps=[_step(names, step) for step in steps if step.round_id == round_.id],
        )
        for round_ in found
    ]


async def one_round(db: AsyncSession, found: ApprovalRound) -> RoundOut:
    """One round with its steps."""
    [shown] = await rounds(db, [found])
    return shown


def waiting(step: ApprovalStep, round_: ApprovalRound, case: WithdrawalCase, task: CaseTask) -> WaitingOut:
    """A pending step as its approver finds it."""
    return WaitingOut(
        **{name: getattr(step, name) for name in ("version", "role", "ordinal")},
        step_id=step.id,
        case_id=case.id,
        case_code=case.code,
        customer_label=case.customer_label,
        unit_label=case.unit_label,
        site_id=case.site_id,
        round_number=round_.number,
        content_hash=round_.content_hash,
        content=round_.content,
        tier_reasons=round_.tier_reasons,
        opened_at=task.opened_at,
        due_at=task.due_at,
    )


async def delegations(db: AsyncSession, found: Sequence[Delegation], now: datetime) -> list[DelegationOut]:
    """These delegations, and whether they hold now."""
    names = await repository.people(db, [person for row in found for person in (row.from_person_id, row.to_person_id)])
    return [
        DelegationOut(
            **{name: getattr(row, name) for name in ("id", "starts_at", "ends_at", "reason", "created_at", "revoked_at")},
            from_person=PersonOut(id=row.from_person_id, display_name=names[row.from_person_id]),
            to_person=PersonOut(id=row.to_person_id, display_name=names[row.to_person_id]),
            in_force=in_force(row, now),
        )
        for row in found
    ]
