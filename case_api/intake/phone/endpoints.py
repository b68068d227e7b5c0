"""`/v1/cases/{id}/phone-verification`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from case_api.commands import ByDep, CommandRoute, IfMatch, tag
from case_api.database import FactoryDep, SettingsDep
from case_api.intake.endpoints import INTAKE_PROBLEMS
from case_api.intake.phone import service
from case_api.intake.phone.gateways import PhoneGateway, phone_gateway
from case_api.intake.schemas import CodeConfirmation, CodeSent, RegistrationOut
from case_api.once import OnceDep
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference

router = APIRouter(prefix="/cases/{case_id}/phone-verification", tags=["intake"], route_class=CommandRoute)

PROBLEMS = (*INTAKE_PROBLEMS, ProblemCode.PHONE_MISSING, ProblemCode.PHONE_VERIFIED, ProblemCode.PHONE_NO_MESSAGES)


@router.post(
    "",
    operation_id="sendPhoneCode",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*PROBLEMS, ProblemCode.CODE_TOO_SOON, ProblemCode.CODE_NOT_SENT),
)
async def send_phone_code(
    case_id: Reference,
    by: ByDep,
    expected: IfMatch,
    factory: FactoryDep,
    settings: SettingsDep,
    gateway: Annotated[PhoneGateway, Depends(phone_gateway)],
    once: OnceDep,
    response: Response,
) -> CodeSent:
    """Send a one-time code to the number on the form. It lives five minutes; a new one ends those before it."""
    case, sent = await service.send_code(factory, gateway, settings.intake, by, case_id, expected, once)
    tag(response, case)
    return sent


@router.post(
    "/confirm",
    operation_id="confirmPhoneCode",
    responses=responses(*PROBLEMS, ProblemCode.CODE_NONE, ProblemCode.CODE_WRONG, ProblemCode.CODE_EXPIRED, ProblemCode.CODE_EXHAUSTED),
)
async def confirm_phone_code(
    case_id: Reference,
    body: CodeConfirmation,
    by: ByDep,
    expected: IfMatch,
    factory: FactoryDep,
    settings: SettingsDep,
    once: OnceDep,
    response: Response,
) -> RegistrationOut:
    """Confirm the code that the customer read out. After five wrong ones another has to be sent.

    The answer masks ID and phone number for everybody; `getRegistration` shows them whole to whoever may see them.
    """
    case, found = await service.confirm_code(factory, settings.intake, by, case_id, expected, body.code, once)
    tag(response, case)
    return found
