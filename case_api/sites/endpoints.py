"""`/v1/sites`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from case_api.commands import COMMAND_PROBLEMS, KEY_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb, SettingsDep
from case_api.paging import Page
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, SignedIn, actor, require
from case_api.sites import repository, service
from case_api.sites import thresholds as limits
from case_api.sites.schemas import SiteChange, SiteCreate, SiteOut, Thresholds, ThresholdsChange

router = APIRouter(prefix="/sites", tags=["sites"], route_class=CommandRoute)


Reader = Annotated[Principal, Depends(require(Permission.THRESHOLD_READ))]
Manager = Annotated[Principal, Depends(require(Permission.SITE_MANAGE))]
Opener = Annotated[Principal, Depends(require(Permission.SITE_MANAGE, everywhere=True))]


@router.get("", operation_id="listSites")
async def list_sites(principal: SignedIn, db: ReadDb) -> Page[SiteOut]:
    """The sites where the person holds a role."""
    scopes = {site for _, site in principal.roles}
    ids = None if None in scopes else frozenset(site for site in scopes if site)
    return Page[SiteOut](items=[SiteOut.model_validate(site) for site in await repository.list_sites(db, ids)])


@router.post(
    "", operation_id="createSite", status_code=status.HTTP_201_CREATED, responses=responses(ProblemCode.SITE_CODE_TAKEN, *KEY_PROBLEMS)
)
async def create_site(request: Request, body: SiteCreate, principal: Opener, db: CommandDb) -> SiteOut:
    """Open a site."""
    return SiteOut.model_validate(await service.create_site(db, actor(request, principal), body))


@router.patch("/{site_id}", operation_id="changeSite", responses=responses(ProblemCode.NOT_FOUND, *KEY_PROBLEMS))
async def change_site(request: Request, site_id: Reference, body: SiteChange, principal: Manager, db: CommandDb) -> SiteOut:
    """Rename a site."""
    principal.demand(Permission.SITE_MANAGE, site_id)
    return SiteOut.model_validate(await service.change_site(db, actor(request, principal), site_id, body))


@router.get("/{site_id}/detection", operation_id="getSiteThresholds", responses=responses(ProblemCode.NOT_FOUND))
async def get_thresholds(response: Response, site_id: Reference, principal: Reader, settings: SettingsDep, db: ReadDb) -> Thresholds:
    """The ear's thresholds at a site: those it has set, and the service's for the rest."""
    return tag(response, await limits.thresholds(db, principal, site_id, settings.detection))


@router.put(
    "/{site_id}/detection",
    operation_id="setSiteThresholds",
    dependencies=[Depends(require(Permission.SITE_MANAGE))],
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.THRESHOLDS_INVALID),
)
async def set_thresholds(
    response: Response, site_id: Reference, body: ThresholdsChange, by: ByDep, expected: IfMatch, settings: SettingsDep, db: CommandDb
) -> Thresholds:
    """Set what the site has otherwise than the service, for conversations that begin from now on. `If-Match`: "0" the first time."""
    return tag(response, await limits.set_thresholds(db, by, site_id, expected, body, settings.detection))
