"""`/v1/cases`: open, find, assign, cancel."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from sqlalchemy import Row

from case_api.cases import repository, service
from case_api.cases.repository import CaseFilter
from case_api.cases.schemas import Assignment, Cancellation, CaseCreate, CaseListed, CaseOut, Sort
from case_api.commands import KEY_PROBLEMS, STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb
from case_api.intake.causes import Cause
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Line, Moment, Reference
from case_api.security import Permission, Principal, require
from models.cases import CaseStatus, Outcome, WithdrawalCase

router = APIRouter(prefix="/cases", tags=["cases"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]


async def _filter(
    site_id: Reference | None = None,
    status: Annotated[list[CaseStatus] | None, Query(description="One or more steps")] = None,
    tier: Annotated[Reference | None, Query(description="Key of the tier that the assessment decided")] = None,
    outcome: Outcome | None = None,
    cause: Cause | None = None,
    responsible_id: Reference | None = None,
    receptionist_id: Reference | None = None,
    overdue: Annotated[bool | None, Query(description="Whether an open task is past its limit")] = None,
    received_from: Moment | None = None,
    received_before: Annotated[Moment | None, Query(description="End of the interval, not part of it")] = None,
    q: Annotated[Line | None, Query(description="Text in code, names, unit, reference or cause; Chinese needs no blanks")] = None,
) -> CaseFilter:
    return CaseFilter(
        site_id=site_id,
        status=status or (),
        tier=tier,
        outcome=outcome,
        cause=cause,
        responsible_id=responsible_id,
        receptionist_id=receptionist_id,
        overdue=overdue,
        received_from=received_from,
        received_before=received_before,
        q=q,
    )


def _listed(row: Row[*tuple[Any, ...]], now: datetime) -> CaseListed:
    return CaseListed(**row._mapping, overdue=row.due_at is not None and row.due_at < now)


@router.get("", operation_id="listCases")
async def list_cases(
    principal: Reader,
    db: ReadDb,
    now: Now,
    wanted: Annotated[CaseFilter, Depends(_filter)],
    sort: Annotated[Sort, Query(description="`-` begins with the newest")] = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CaseListed]:
    """Cases of the person's sites. A cursor goes on with the same filters and the same order only."""
    name = sort.removeprefix("-")
    wanted = await repository.looked_up(db, wanted)
    return await newest_first(
        db,
        repository.cases_query(principal.sites_for(Permission.CASE_READ), wanted, now),
        getattr(WithdrawalCase, name),
        WithdrawalCase.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: _listed(row, now),
        listed=lambda row: row,
        oldest_first=not sort.startswith("-"),
    )


@router.post(
    "",
    operation_id="createCase",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        ProblemCode.FORBIDDEN,
        ProblemCode.SITE_REQUIRED,
        ProblemCode.SITE_UNKNOWN,
        ProblemCode.RECEIVED_LATER,
        ProblemCode.PERSON_UNKNOWN,
        ProblemCode.REFERENCE_TAKEN,
        *KEY_PROBLEMS,
    ),
)
async def create_case(
    body: CaseCreate, _: Annotated[Principal, Depends(require(Permission.CASE_CREATE))], by: ByDep, db: CommandDb, response: Response
) -> CaseOut:
    """Open a draft. Its registration form is due half an hour after `received_at` (「四步法·第一步」)."""
    return CaseOut.model_validate(tag(response, await service.create_case(db, by, body)))


@router.get("/{case_id}", operation_id="getCase", responses=responses(ProblemCode.NOT_FOUND))
async def get_case(case_id: Reference, principal: Reader, db: ReadDb, now: Now, response: Response) -> CaseListed:
    """One case; its `ETag` is what changes are based on."""
    row = await repository.case_listed(db, principal.sites_for(Permission.CASE_READ), case_id)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return tag(response, _listed(row, now))


@router.post(
    "/{case_id}/assignment",
    operation_id="assignCase",
    responses=responses(
        *STEP_PROBLEMS,
        *VERSION_PROBLEMS,
        ProblemCode.PERSON_UNKNOWN,
        ProblemCode.RECEPTIONIST_ROLE,
        ProblemCode.RECEPTIONIST_RESPONSIBLE,
    ),
)
async def assign_case(case_id: Reference, body: Assignment, by: ByDep, expected: IfMatch, db: CommandDb, response: Response) -> CaseOut:
    """Name who receives the customer; never the consultant who is directly responsible."""
    return CaseOut.model_validate(tag(response, await service.assign(db, by, case_id, expected, body)))


@router.post(
    "/{case_id}/cancel",
    operation_id="cancelCase",
    responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.INTAKE_BY_RESPONSIBLE, ProblemCode.NOT_RECEPTIONIST),
)
async def cancel_case(case_id: Reference, body: Cancellation, by: ByDep, expected: IfMatch, db: CommandDb, response: Response) -> CaseOut:
    """End a draft that turned out to be no case."""
    return CaseOut.model_validate(tag(response, await service.cancel(db, by, case_id, expected, body.reason)))
