"""`/v1/learning/clusters` and `/v1/learning/digest`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from case_api.commands import Now
from case_api.database import ReadDb
from case_api.documents.pool import Renderer, get_renderer
from case_api.learning.digest import pages, service
from case_api.learning.digest.schemas import Clusters, Digest
from case_api.learning.scope import PeriodDep, at_sites
from case_api.learning.scripts.endpoints import PERIOD, Learner
from case_api.library.endpoints import ShelfDep
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission
from models.sites import CHINA

router = APIRouter(prefix="/learning", tags=["learning"])

RendererDep = Annotated[Renderer, Depends(get_renderer)]


@router.get("/clusters", operation_id="listComplaintGroups", responses=PERIOD)
async def list_clusters(period: PeriodDep, principal: Learner, db: ReadDb, shelf: ShelfDep, renderer: RendererDep) -> Clusters:
    """Complaints grouped by what they mean, with the most typical ones (masked) and where to listen to them."""
    return await service.grouped(db, period.of(at_sites(principal, Permission.LEARNING_READ)), shelf.tools.library, renderer)


@router.get(
    "/digest",
    operation_id="getDigest",
    response_model=Digest,
    responses=responses(ProblemCode.WEEK_INVALID) | {200: {"content": {"application/pdf": {}, "text/html": {}}}},
)
async def get_digest(
    request: Request,
    principal: Learner,
    db: ReadDb,
    shelf: ShelfDep,
    renderer: RendererDep,
    now: Now,
    site_id: Reference | None = None,
    week: Annotated[date | None, Query(description="Its Monday; the last whole week if left out")] = None,
    form: Annotated[Literal["json", "pdf", "html"], Query(alias="format")] = "json",
) -> Digest | Response:
    """The week for a training session: to read (JSON), to hand out (PDF), to show on a wall (HTML)."""
    today = now.astimezone(CHINA).date()
    monday = week or today - timedelta(days=today.weekday() + 7)
    if monday.weekday() or not 2000 <= monday.year < 2100 or monday > today:
        raise Problem(ProblemCode.WEEK_INVALID, "query.week")
    digest = await service.digest(db, at_sites(principal, Permission.LEARNING_READ), site_id, monday, shelf.tools.library, renderer)
    base = str(request.base_url).rstrip("/")
    name = f"digest-{monday:%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "pdf":
        return Response(await renderer.render(pages.document(digest, now, base)), media_type="application/pdf", headers=headers)
    if form == "html":
        return Response(pages.html(digest, base), media_type="text/html; charset=utf-8", headers=headers)
    return digest
