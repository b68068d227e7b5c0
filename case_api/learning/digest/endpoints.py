"""`/v1/learning/clusters` and `/v1/learning/digest`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from case_api.commands import Now
from case_api.database import ReadDb
from case_api.documents.pdf import Language
from case_api.documents.pool import Renderer, get_renderer
from case_api.learning.digest import pages, service
from case_api.learning.digest.schemas import Clusters, Digest
from case_api.learning.scope import PeriodDep, at_sites
from case_api.learning.scripts.endpoints import PERIOD, Learner
from case_api.library.endpoints import ShelfDep
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission
from models.sites import CHINA
from scripts_library.mining.clusters import FINEST, Likeness

router = APIRouter(prefix="/learning", tags=["learning"])

MOST_LEFT_OUT = 60
RendererDep = Annotated[Renderer, Depends(get_renderer)]


@router.get("/clusters", operation_id="listComplaintGroups", responses=PERIOD)
async def list_clusters(
    period: PeriodDep,
    principal: Learner,
    db: ReadDb,
    shelf: ShelfDep,
    renderer: RendererDep,
    by: Annotated[
        Likeness, Query(description="meaning: whatever the words; cause: of the case, else what the term speaks for")
    ] = "meaning",
    groups: Annotated[
        int | None, Query(ge=2, le=FINEST, description="By meaning: so many, fewer or more; else as stand apart best")
    ] = None,
) -> Clusters:
    """Complaints grouped by what they mean or by their cause, with the most typical ones (masked) and where to listen to them.

    A group is mostly one meaning, not wholly; `mixed` says where several are likely.
    """
    scope = period.of(at_sites(principal, Permission.LEARNING_READ))
    return await service.grouped(db, scope, shelf.tools.library, renderer, by, groups)


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
    language: Annotated[Language, Query(alias="lang", description="What was said stays as it was")] = "zh",
    without: Annotated[list[Line] | None, Query(max_length=MOST_LEFT_OUT, description="`review_url`s of quotes to leave out")] = None,
) -> Digest | Response:
    """The week for a training session: to read (JSON), to hand out (PDF), to show on a wall (HTML)."""
    today = now.astimezone(CHINA).date()
    monday = week or today - timedelta(days=today.weekday() + 7)
    if monday.weekday() or not 2000 <= monday.year < 2100 or monday > today:
        raise Problem(ProblemCode.WEEK_INVALID, "query.week")
    digest = await service.digest(db, at_sites(principal, Permission.LEARNING_READ), site_id, monday, shelf.tools.library, renderer)
    digest = service.leave_out(digest, frozenset(without or ()))
    base = str(request.base_url).rstrip("/")
    name = f"digest-{monday:%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "pdf":
        return Response(await renderer.render(pages.document(digest, now, base, language)), media_type="application/pdf", headers=headers)
    if form == "html":
        return Response(pages.html(digest, base, language), media_type="text/html; charset=utf-8", headers=headers)
    return digest
