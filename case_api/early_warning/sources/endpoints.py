"""`/v1/crm-sources`: the programs that may tell of customers. Administrators manage them; whoever imports sees them too."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb
from case_api.early_warning.sources import service
from case_api.early_warning.sources.schemas import SourceChange, SourceCreate, SourceOut, SourceWithSecret
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.webhooks.schemas import Rotation
from models.crm import CrmSource

router = APIRouter(prefix="/crm-sources", tags=["early warning"], route_class=CommandRoute)


Manager = Annotated[Principal, Depends(require(Permission.CRM_SOURCE, everywhere=True))]
Reader = Annotated[Principal, Depends(require(Permission.CRM_SOURCE_READ))]


@router.get("", operation_id="listSources")
async def list_sources(principal: Reader, db: ReadDb, limit: Limit = 50, cursor: Cursor = None) -> Page[SourceOut]:
    """Sources that tell of the person's sites, newest first."""
    return await newest_first(
        db,
        service.sources_query(principal.sites_for(Permission.CRM_SOURCE_READ)),
        CrmSource.created_at,
        CrmSource.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: SourceOut.model_validate(row[0]),
    )


@router.post(
    "",
    operation_id="createSource",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.SITE_UNKNOWN, ProblemCode.SOURCE_NAME_TAKEN),
)
async def create_source(body: SourceCreate, by: ByDep, _: Manager, db: CommandDb, response: Response) -> SourceWithSecret:
    """Let a program tell of customers. The answer holds the secret that it signs with; it is not shown again."""
    return _with_secret(response, await service.create(db, by, body))


@router.patch(
    "/{source_id}", operation_id="changeSource", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.SOURCE_NAME_TAKEN)
)
async def change_source(
    source_id: Reference, body: SourceChange, version: IfMatch, by: ByDep, _: Manager, db: CommandDb, response: Response
) -> SourceOut:
    """Rename it, put it out of service or back."""
    return SourceOut.model_validate(tag(response, await service.change(db, by, source_id, version, body)))


@router.post("/{source_id}/secret", operation_id="rotateSourceSecret", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS))
async def rotate_source_secret(
    source_id: Reference, body: Rotation, version: IfMatch, by: ByDep, _: Manager, db: CommandDb, response: Response
) -> SourceWithSecret:
    """A new secret, shown this once. For `overlap_hours` the old one is taken too."""
    return _with_secret(response, await service.rotate(db, by, source_id, version, timedelta(hours=body.overlap_hours)))


def _with_secret(response: Response, row: CrmSource) -> SourceWithSecret:
    return SourceWithSecret.model_validate(tag(response, row))
