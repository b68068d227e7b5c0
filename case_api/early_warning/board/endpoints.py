"""`/v1/warnings`: the early-warning board."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb
from case_api.early_warning.board import repository, service
from case_api.early_warning.board.schemas import Contact, CountsOut, Reopening, Resolution, WarningAssignment, WarningDetail, WarningOut
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.early_warnings import EarlyWarning, WarningLevel, WarningStatus

router = APIRouter(prefix="/warnings", tags=["early warning"], route_class=CommandRoute)

_ANY = (*COMMAND_PROBLEMS, *VERSION_PROBLEMS)
_COMMAND = (*_ANY, ProblemCode.WARNING_CLOSED)
_REOPEN = (*_ANY, ProblemCode.WARNING_NOT_CLOSED)
Answers = Annotated[Principal, Depends(require(Permission.WARNING_ANSWER))]
Assigns = Annotated[Principal, Depends(require(Permission.WARNING_ASSIGN))]
Reader = Annotated[Principal, Depends(require(Permission.WARNING_READ_RED))]  # whoever sees a board sees what was red


@router.get("", operation_id="listWarnings")
async def list_warnings(
    principal: Reader,
    db: ReadDb,
    level: WarningLevel | None = None,
    site_id: Reference | None = None,
    assignee_id: Reference | None = None,
    customer_id: Reference | None = None,
    mine: Annotated[bool, Query(description="Given to oneself")] = False,
    state: Annotated[WarningStatus | Literal["live", "all"], Query(description="`live`: everything that is not resolved")] = "live",
    sort: Annotated[Literal["due", "newest"], Query(description="By when it is due, or by when it was raised")] = "due",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[WarningOut]:
    """The board: what is due first comes first. People of a site see its warnings, headquarters' risk control those that were ever red."""
    sight = repository.seen_by(principal.sites_for(Permission.WARNING_READ), principal.sites_for(Permission.WARNING_READ_RED))
    by_due = sort == "due"
    return await newest_first(
        db,
        repository.narrowed(
            repository.warnings_query().where(sight),
            state=None if state == "all" else state,
            level=level,
            site_id=site_id,
            assignee_id=principal.person_id if mine else assignee_id,
            customer_id=customer_id,
        ),
        EarlyWarning.due_at if by_due else EarlyWarning.raised_at,
        EarlyWarning.id,
        limit=limit,
        cursor=cursor,
        show=service.shown,
        oldest_first=by_due,
    )


@router.get("/counts", operation_id="countWarnings")
async def count_warnings(principal: Reader, db: ReadDb) -> CountsOut:
    """How many warnings of each level are not resolved."""
    return CountsOut(**await service.counts(db, principal))


@router.get("/{warning_id}", operation_id="getWarning", responses=responses(ProblemCode.NOT_FOUND))
async def get_warning(response: Response, warning_id: Reference, principal: Reader, db: ReadDb) -> WarningDetail:
    """One warning: its reasons, what was done about it, and what happened to the customer last."""
    return tag(response, await service.detail(db, principal, warning_id))


@router.post("/{warning_id}/acknowledge", operation_id="acknowledgeWarning", responses=responses(*_COMMAND, ProblemCode.WARNING_STATE))
async def acknowledge_warning(
    response: Response, warning_id: Reference, by: ByDep, _: Answers, db: CommandDb, expected: IfMatch
) -> WarningOut:
    """Say that one takes care of it. Its clock runs until the customer was contacted."""
    return _show(response, await service.acknowledge(db, by, warning_id, expected))


@router.post("/{warning_id}/assign", operation_id="assignWarning", responses=responses(*_COMMAND, ProblemCode.ASSIGNEE_UNFIT))
async def assign_warning(
    response: Response, warning_id: Reference, body: WarningAssignment, by: ByDep, _: Assigns, db: CommandDb, expected: IfMatch
) -> WarningOut:
    """Give it to somebody who answers warnings at the site."""
    return _show(response, await service.assign(db, by, warning_id, expected, body.assignee_id))


@router.post("/{warning_id}/contact", operation_id="contactWarning", responses=responses(*_COMMAND))
async def contact_warning(
    response: Response, warning_id: Reference, body: Contact, by: ByDep, _: Answers, db: CommandDb, expected: IfMatch
) -> WarningOut:
    """Record that the customer was contacted; this meets the clock."""
    return _show(response, await service.contact(db, by, warning_id, expected, body.note))


@router.post("/{warning_id}/resolve", operation_id="resolveWarning", responses=responses(*_COMMAND, ProblemCode.CASE_UNKNOWN))
async def resolve_warning(
    response: Response, warning_id: Reference, body: Resolution, by: ByDep, _: Answers, db: CommandDb, expected: IfMatch
) -> WarningOut:
    """Close it with an outcome. What it rested on raises no other warning; something new does."""
    return _show(response, await service.resolve(db, by, warning_id, expected, body))


@router.post("/{warning_id}/reopen", operation_id="reopenWarning", responses=responses(*_REOPEN))
async def reopen_warning(
    response: Response, warning_id: Reference, body: Reopening, by: ByDep, _: Answers, db: CommandDb, expected: IfMatch
) -> WarningOut:
    """Take back that it was closed. It is raised again with the clock it had, and what it rested on counts again."""
    return _show(response, await service.reopen(db, by, warning_id, expected, body.reason))


def _show(response: Response, found: object) -> WarningOut:
    return tag(response, service.shown(found))
