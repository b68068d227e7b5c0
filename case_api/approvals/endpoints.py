"""`/v1/approvals`, `/v1/delegations` and the approvals of a case."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from case_api.approvals import delegations, repository, service, views
from case_api.approvals.schemas import DecisionIn, DelegationIn, DelegationOut, RoundOut, WaitingOut, WithdrawalIn
from case_api.cases import flow
from case_api.commands import KEY_PROBLEMS, STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, SignedIn, require
from models.approvals import ApprovalStep, Delegation

router = APIRouter(tags=["approvals"], route_class=CommandRoute)

CaseReader = Annotated[Principal, Depends(require(Permission.CASE_READ))]


@router.get("/approvals", operation_id="listApprovals")
async def list_approvals(
    principal: CaseReader, db: ReadDb, now: Now, site_id: Reference | None = None, limit: Limit = 20, cursor: Cursor = None
) -> Page[WaitingOut]:
    """What waits for one's decision, in one's own name or by a delegation that holds now; newest first."""
    query = repository.waiting_for(principal.person_id, principal.roles, principal.sites_for(Permission.CASE_READ), now)
    if site_id is not None:
        query = query.where(ApprovalStep.site_id == site_id)
    return await newest_first(
        db,
        query,
        ApprovalStep.opened_at,
        ApprovalStep.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: views.waiting(*row),
    )


@router.post(
    "/approvals/{step_id}/decision",
    operation_id="decideApproval",
    responses=responses(
        *STEP_PROBLEMS,
        *VERSION_PROBLEMS,
        ProblemCode.APPROVAL_STATE,
        ProblemCode.APPROVAL_ROLE,
        ProblemCode.FOUR_EYES,
        ProblemCode.APPROVAL_CONTENT,
        ProblemCode.DEFERRAL_USED,
    ),
)
async def decide_approval(step_id: Reference, body: DecisionIn, version: IfMatch, by: ByDep, _: CaseReader, db: CommandDb) -> RoundOut:
    """Approve, return for rework or reject; `If-Match` is the step's version.

    The last approval lets the case be carried out, any refusal sends it back to its solutions. Nobody decides what they started, and
    nobody twice in a round, be it in their own name or another's. Days of grace are approved once for a customer (`deferral_used`): what
    was accepted in two cases of theirs is refused in the second.
    """
    return await views.one_round(db, await service.decide(db, by, step_id, body, version))


@router.get("/cases/{case_id}/approvals", operation_id="listCaseApprovals", responses=responses(ProblemCode.NOT_FOUND))
async def list_case_approvals(case_id: Reference, principal: CaseReader, db: ReadDb) -> list[RoundOut]:
    """Every round of a case with its steps, newest first."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return await views.rounds(db, await repository.rounds(db, case.id))


@router.post(
    "/cases/{case_id}/approval/withdraw",
    operation_id="withdrawApproval",
    responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.NOT_INITIATOR),
)
async def withdraw_approval(case_id: Reference, body: WithdrawalIn, version: IfMatch, by: ByDep, _: CaseReader, db: CommandDb) -> RoundOut:
    """Take back the open round that one started; the case returns to its solutions. `If-Match` is the case's version."""
    return await views.one_round(db, await service.withdraw(db, by, case_id, body.reason, version))


@router.get("/delegations", operation_id="listDelegations")
async def list_delegations(
    principal: SignedIn,
    db: ReadDb,
    now: Now,
    in_force: Annotated[bool, Query(description="Only what holds now")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[DelegationOut]:
    """What one lends and what one was lent, newest first."""
    query = repository.delegations_of(principal.person_id)
    if in_force:
        query = query.where(repository.in_force(now))
    page = await newest_first(
        db,
        query,
        Delegation.created_at,
        Delegation.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: row.Delegation,
    )
    return Page[DelegationOut](items=await views.delegations(db, page.items, now), next_cursor=page.next_cursor)


@router.post(
    "/delegations",
    operation_id="delegateApprovals",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.FORBIDDEN, *KEY_PROBLEMS, ProblemCode.DELEGATION_PERIOD, ProblemCode.DELEGATE_UNFIT),
)
async def delegate_approvals(
    body: DelegationIn, by: ByDep, _: Annotated[Principal, Depends(require(Permission.CASE_APPROVE))], db: CommandDb
) -> DelegationOut:
    """Lend one's approvals for a time. The delegate may decide only where one might oneself."""
    [made] = await views.delegations(db, [await delegations.delegate(db, by, body)], by.now)
    return made


@router.delete(
    "/delegations/{delegation_id}",
    operation_id="revokeDelegation",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(ProblemCode.NOT_FOUND, *KEY_PROBLEMS),
)
async def revoke_delegation(delegation_id: Reference, by: ByDep, _: SignedIn, db: CommandDb) -> None:
    """Take one's approvals back at once; what was decided stands."""
    await delegations.revoke(db, by, delegation_id)
