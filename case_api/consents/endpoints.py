"""`/v1/sessions/{id}/consent/withdrawal`."""

from __future__ import annotations

from fastapi import APIRouter, status

from case_api.commands import COMMAND_PROBLEMS, ByDep, CommandDb, CommandRoute
from case_api.consents import service
from case_api.consents.schemas import WithdrawalIn, WithdrawalOut
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=CommandRoute)


@router.post(
    "/{session_id}/consent/withdrawal",
    operation_id="withdrawConsent",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.NOT_RECORDED, ProblemCode.CONSENT_WITHDRAWN),
)
async def withdraw_consent(session_id: Reference, body: WithdrawalIn, by: ByDep, db: CommandDb) -> WithdrawalOut:
    """Write down that the customer withdraws the consent to the recording. It cannot be taken back.

    A conversation that goes on ends at once. Sound, text, terms, clips, comments and labels are out of everybody's reach from then on, and
    are deleted once their time is over and no legal hold keeps them; figures stay.
    """
    return await service.withdraw(db, by, session_id, body)
