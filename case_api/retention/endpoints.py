"""`/v1/holds`, `/v1/retention`, and deleting a case or a conversation whose time has come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, status
from sqlalchemy import select

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.retention import repository, service
from case_api.retention.schemas import DueOut, HoldIn, HoldOut, Lifting, RemovalOut, RetentionOut
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.holds import LegalHold, RecordKind, Removal

router = APIRouter(tags=["retention"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
Keeper = Annotated[Principal, Depends(require(Permission.HOLD_MANAGE))]
REMOVAL = responses(*COMMAND_PROBLEMS, ProblemCode.RETENTION_RUNNING, ProblemCode.LEGAL_HOLD, ProblemCode.RECORD_OPEN)


@router.post(
    "/holds",
    operation_id="placeHold",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.HOLD_INTERVAL),
)
async def place_hold(response: Response, body: HoldIn, by: ByDep, principal: Keeper, db: CommandDb) -> HoldOut:
    """Keep a case or a conversation past its retention period, with a reason and an end."""
    return HoldOut.model_validate(tag(response, await service.place_hold(db, by, body)))


@router.get("/holds", operation_id="listHolds")
async def list_holds(
    principal: Keeper,
    db: ReadDb,
    now: Now,
    case_id: Reference | None = None,
    session_id: Reference | None = None,
    in_force: Annotated[bool | None, Query(description="Only those that keep something now, or only the others")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[HoldOut]:
    """Legal holds, newest first."""
    query = select(LegalHold).where(repository.at_sites(LegalHold.site_id, principal.sites_for(Permission.HOLD_MANAGE)))
    if case_id is not None:
        query = query.where(LegalHold.case_id == case_id)
    if session_id is not None:
        query = query.where(LegalHold.session_id == session_id)
    if in_force is not None:
        query = query.where(repository.in_force(now) if in_force else ~repository.in_force(now))
    return await newest_first(
        db,
        query,
        LegalHold.placed_at,
        LegalHold.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: HoldOut.model_validate(row.LegalHold),
    )


@router.get("/holds/{hold_id}", operation_id="getHold", responses=responses(ProblemCode.NOT_FOUND))
async def get_hold(response: Response, hold_id: Reference, principal: Keeper, db: ReadDb) -> HoldOut:
    """One hold."""
    return HoldOut.model_validate(tag(response, await service.find_hold(db, principal, hold_id)))


@router.post(
    "/holds/{hold_id}/lift", operation_id="liftHold", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.HOLD_ENDED)
)
async def lift_hold(
    response: Response, hold_id: Reference, body: Lifting, by: ByDep, principal: Keeper, db: CommandDb, version: IfMatch
) -> HoldOut:
    """End a hold before its date. `If-Match` is the hold's version."""
    return HoldOut.model_validate(tag(response, await service.lift_hold(db, by, hold_id, version, body.reason)))


@router.get("/cases/{case_id}/retention", operation_id="getRetention", responses=responses(ProblemCode.NOT_FOUND))
async def get_retention(case_id: Reference, principal: Reader, db: ReadDb, settings: SettingsDep, now: Now) -> RetentionOut:
    """How long a case is kept, and what keeps it."""
    return await service.retention_of(db, principal, settings, now, case_id)


@router.get("/retention/due", operation_id="listDue")
async def list_due(principal: Keeper, db: ReadDb, settings: SettingsDep, now: Now, limit: Limit = 20) -> list[DueOut]:
    """Cases and conversations whose time has come and that no hold keeps, longest over first."""
    return await service.due(db, principal.sites_for(Permission.HOLD_MANAGE), settings, now, limit)


@router.get("/retention/removals", operation_id="listRemovals")
async def list_removals(
    principal: Keeper,
    db: ReadDb,
    subject_id: Annotated[Reference | None, Query(description="The case or conversation that it was")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[RemovalOut]:
    """Tombstones of what was removed, newest first."""
    sites = principal.sites_for(Permission.HOLD_MANAGE)
    asked = [Removal.subject_id == subject_id] if subject_id is not None else []
    return await newest_first(
        db,
        select(Removal).where(repository.at_sites(Removal.site_id, sites), *asked),
        Removal.removed_at,
        Removal.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: RemovalOut.model_validate(row.Removal),
    )


@router.delete("/cases/{case_id}", operation_id="removeCase", responses=REMOVAL)
async def remove_case(
    request: Request,
    case_id: Reference,
    by: ByDep,
    principal: Keeper,
    db: CommandDb,
    factory: FactoryDep,
    settings: SettingsDep,
    afterwards: BackgroundTasks,
) -> RemovalOut:
    """Delete a case with its conversations and files, once its retention period is over and no hold keeps it."""
    return await _remove(request, "case", case_id, by, db, factory, settings, afterwards)


@router.delete("/sessions/{session_id}", operation_id="removeSession", responses=REMOVAL)
async def remove_session(
    request: Request,
    session_id: Reference,
    by: ByDep,
    principal: Keeper,
    db: CommandDb,
    factory: FactoryDep,
    settings: SettingsDep,
    afterwards: BackgroundTasks,
) -> RemovalOut:
    """Delete a conversation that belongs to no case, once its retention period is over and no hold keeps it."""
    return await _remove(request, "session", session_id, by, db, factory, settings, afterwards)


async def _remove(
    request: Request,
    kind: RecordKind,
    subject_id: str,
    by: ByDep,
    db: CommandDb,
    factory: FactoryDep,
    settings: SettingsDep,
    afterwards: BackgroundTasks,
) -> RemovalOut:
    removal = await service.remove(db, by.who, kind, subject_id, settings, by.now, by.principal)
    afterwards.add_task(service.clear_files, factory, request.app.state.evidence, settings.data_dir, by.now)
    return RemovalOut.model_validate(removal)
