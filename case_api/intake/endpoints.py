"""`/v1/causes`, `/v1/cases/{id}/registration` and its submission."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from case_api.cases.schemas import CaseOut
from case_api.cases.service import get_case
from case_api.commands import STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb, SettingsDep
from case_api.intake import repository, service
from case_api.intake.causes import CAUSES
from case_api.intake.schemas import CauseOut, Completeness, MissingOut, RegistrationChange, RegistrationOut
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require

router = APIRouter(tags=["intake"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
INTAKE_PROBLEMS = (
    *STEP_PROBLEMS,
    *VERSION_PROBLEMS,
    ProblemCode.INTAKE_BY_RESPONSIBLE,
    ProblemCode.RECEPTIONIST_MISSING,
    ProblemCode.NOT_RECEPTIONIST,
)


@router.get("/causes", operation_id="listCauses")
async def list_causes(_: Reader) -> list[CauseOut]:
    """Why customers withdraw, and what each cause calls for."""
    return [
        CauseOut(
            code=code,
            zh=meaning.zh,
            en=meaning.en,
            calls_for_zh=list(meaning.calls_for_zh),
            calls_for_en=list(meaning.calls_for_en),
        )
        for code, meaning in CAUSES.items()
    ]


@router.get("/cases/{case_id}/registration", operation_id="getRegistration", responses=responses(ProblemCode.NOT_FOUND))
async def get_registration(case_id: Reference, principal: Reader, db: ReadDb, response: Response) -> RegistrationOut:
    """The 《退房原因初步登记表》 as far as it is filled in."""
    case = await get_case(db, principal, case_id)
    tag(response, case)
    return service.shown(principal, case, await repository.form_of(db, case.id))


@router.patch(
    "/cases/{case_id}/registration",
    operation_id="changeRegistration",
    responses=responses(
        *INTAKE_PROBLEMS,
        ProblemCode.ID_NUMBER_INVALID,
        ProblemCode.PHONE_INVALID,
        ProblemCode.ID_SCAN_UNKNOWN,
        ProblemCode.ACCEPTANCE_MOMENT,
        ProblemCode.REGISTRATION_INCOMPLETE,
    ),
)
async def change_registration(
    case_id: Reference, body: RegistrationChange, by: ByDep, expected: IfMatch, db: CommandDb, settings: SettingsDep, response: Response
) -> RegistrationOut:
    """Fill in the form, piece by piece if need be. Once it is submitted the site manager may correct it until something is offered.

    The answer masks ID and phone number for everybody; `getRegistration` shows them whole to whoever may see them.
    """
    case = await service.change(db, by, case_id, expected, body, erp_on=settings.intake.erp != "off")
    tag(response, case)
    return service.shown(None, case, await repository.form_of(db, case.id))


@router.get(
    "/cases/{case_id}/registration/completeness", operation_id="getRegistrationCompleteness", responses=responses(ProblemCode.NOT_FOUND)
)
async def get_completeness(case_id: Reference, principal: Reader, db: ReadDb, settings: SettingsDep) -> Completeness:
    """What still has to be filled in or checked before the form may be submitted."""
    case = await get_case(db, principal, case_id)
    gaps = await service.gaps(db, case, await repository.form_of(db, case.id), erp_on=settings.intake.erp != "off")
    return Completeness(complete=not gaps, missing=[MissingOut.model_validate(gap) for gap in gaps])


@router.post(
    "/cases/{case_id}/submit", operation_id="submitRegistration", responses=responses(*INTAKE_PROBLEMS, ProblemCode.REGISTRATION_INCOMPLETE)
)
async def submit(case_id: Reference, by: ByDep, expected: IfMatch, db: CommandDb, settings: SettingsDep, response: Response) -> CaseOut:
    """Hand the form in: finance, legal, marketing and the site manager get their tasks (「四步法·第二步」)."""
    return CaseOut.model_validate(tag(response, await service.submit(db, by, case_id, expected, erp_on=settings.intake.erp != "off")))
