"""`/v1/sites`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, status

from case_api.database import ReadDb, WriteDb
from case_api.paging import Page
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, SignedIn, actor, require
from case_api.sites import repository, service
from case_api.sites.schemas import SiteChange, SiteCreate, SiteOut

router = APIRouter(prefix="/sites", tags=["sites"])

Manager = Annotated[Principal, Depends(require(Permission.SITE_MANAGE))]


@router.get("", operation_id="listSites")
async def list_sites(principal: SignedIn, db: ReadDb) -> Page[SiteOut]:
    """The sites where the person holds a role."""
    scopes = {site for _, site in principal.roles}
    ids = None if None in scopes else frozenset(site for site in scopes if site)
    return Page[SiteOut](items=[SiteOut.model_validate(site) for site in await repository.list_sites(db, ids)])


@router.post("", operation_id="createSite", status_code=status.HTTP_201_CREATED, responses=responses(ProblemCode.SITE_CODE_TAKEN))
async def create_site(request: Request, body: SiteCreate, principal: Manager, db: WriteDb) -> SiteOut:
    """Open a site."""
    principal.demand(Permission.SITE_MANAGE, None)
    return SiteOut.model_validate(await service.create_site(db, actor(request, principal), body))


@router.patch("/{site_id}", operation_id="changeSite", responses=responses(ProblemCode.NOT_FOUND))
async def change_site(request: Request, site_id: Reference, body: SiteChange, principal: Manager, db: WriteDb) -> SiteOut:
    """Rename a site."""
    principal.demand(Permission.SITE_MANAGE, site_id)
    return SiteOut.model_validate(await service.change_site(db, actor(request, principal), site_id, body))
