"""`/v1/cases`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, status

from case_api.cases import repository, service
from case_api.cases.schemas import CaseCreate, CaseOut
from case_api.database import ReadDb, WriteDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, Principal, actor, require
from models.cases import CaseStatus, WithdrawalCase

router = APIRouter(prefix="/cases", tags=["cases"])


@router.get("", operation_id="listCases")
async def list_cases(
    principal: Annotated[Principal, Depends(require(Permission.CASE_READ))],
    db: ReadDb,
    site_id: Reference | None = None,
    status: CaseStatus | None = None,
    q: Annotated[Line | None, Query(description="Text in the code, the customer's or the unit's label")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CaseOut]:
    """Cases of the person's sites, newest first."""
    return await newest_first(
        db,
        repository.cases_query(principal.sites_for(Permission.CASE_READ), site_id=site_id, status=status, q=q),
        WithdrawalCase.created_at,
        WithdrawalCase.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: CaseOut.model_validate(row.WithdrawalCase),
        key=lambda row: (row.WithdrawalCase.created_at, row.WithdrawalCase.id),
    )


@router.post(
    "",
    operation_id="createCase",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.FORBIDDEN, ProblemCode.SITE_REQUIRED, ProblemCode.SITE_UNKNOWN),
)
async def create_case(
    request: Request, body: CaseCreate, principal: Annotated[Principal, Depends(require(Permission.CASE_CREATE))], db: WriteDb
) -> CaseOut:
    """Open a draft."""
    return CaseOut.model_validate(await service.create_case(db, principal, actor(request, principal), body))


@router.get("/{case_id}", operation_id="getCase", responses=responses(ProblemCode.NOT_FOUND))
async def get_case(case_id: Reference, principal: Annotated[Principal, Depends(require(Permission.CASE_READ))], db: ReadDb) -> CaseOut:
    """One case."""
    return CaseOut.model_validate(await service.get_case(db, principal, case_id))
