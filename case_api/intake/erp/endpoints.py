"""`/v1/cases/{id}/erp-check`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from case_api.cases.service import get_case
from case_api.commands import ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import FactoryDep, ReadDb
from case_api.intake import repository
from case_api.intake.endpoints import INTAKE_PROBLEMS, Reader
from case_api.intake.erp import service
from case_api.intake.erp.connectors import ErpConnector, erp_connector
from case_api.intake.schemas import ErpCheckOut, ErpOverride
from case_api.once import OnceDep
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Reference

router = APIRouter(prefix="/cases/{case_id}/erp-check", tags=["intake"], route_class=CommandRoute)


@router.get("", operation_id="getErpCheck", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.ERP_NOT_CHECKED))
async def get_erp_check(case_id: Reference, principal: Reader, db: ReadDb, response: Response) -> ErpCheckOut:
    """The newest comparison of the form with the ERP."""
    case = await get_case(db, principal, case_id)
    row = await repository.newest_check(db, case.id)
    if row is None:
        raise Problem(ProblemCode.ERP_NOT_CHECKED)
    tag(response, case)
    return service.shown(case, await repository.form_of(db, case.id), row)


@router.post(
    "",
    operation_id="checkErp",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*INTAKE_PROBLEMS, ProblemCode.ERP_OFF, ProblemCode.ERP_NO_KEY, ProblemCode.ERP_UNAVAILABLE),
)
async def check_erp(
    case_id: Reference,
    by: ByDep,
    expected: IfMatch,
    factory: FactoryDep,
    connector: Annotated[ErpConnector | None, Depends(erp_connector)],
    once: OnceDep,
    response: Response,
) -> ErpCheckOut:
    """Look the purchase up by subscription code, unit, phone or name, and compare field by field."""
    case, found = await service.check(factory, connector, by, case_id, expected, once)
    tag(response, case)
    return found


@router.post(
    "/overrides",
    operation_id="overrideErpDifference",
    responses=responses(*INTAKE_PROBLEMS, ProblemCode.ERP_NOT_CHECKED, ProblemCode.ERP_NO_DIFFERENCE),
)
async def override_erp(
    case_id: Reference, body: ErpOverride, by: ByDep, expected: IfMatch, db: CommandDb, response: Response
) -> ErpCheckOut:
    """Say why a difference stands; without it the form is not complete."""
    case, row = await service.override(db, by, case_id, expected, body)
    tag(response, case)
    return service.shown(case, await repository.form_of(db, case.id), row)
