"""`/v1/form-links` and a case's progress links: what the desk does for customers' phones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from case_api.commands import COMMAND_PROBLEMS, KEY_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb, SettingsDep
from case_api.documents.pool import Renderer, get_renderer
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.public_form import desk, repository
from case_api.public_form.rules import LinkStatus
from case_api.public_form.schemas import FormLinkIn, FormLinkMade, FormLinkOut, ProgressLinkMade, ProgressLinksRevoked, SheetIn
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.public_forms import PublicForm

router = APIRouter(tags=["public form"], route_class=CommandRoute)

Desk = Annotated[Principal, Depends(require(Permission.CASE_CREATE))]
MEDIA = {"svg": "image/svg+xml", "png": "image/png", "a5": "application/pdf", "a4": "application/pdf"}


@router.post(
    "/form-links",
    operation_id="createFormLink",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.FORBIDDEN, ProblemCode.SITE_REQUIRED, ProblemCode.SITE_UNKNOWN, *KEY_PROBLEMS),
)
async def create_form_link(body: FormLinkIn, by: ByDep, _: Desk, db: CommandDb, settings: SettingsDep) -> FormLinkMade:
    """A link for one customer to the electronic application. Its `secret` is told once; `printFormLink` makes the code from it."""
    return await desk.make_link(db, by, body, settings.public)


@router.get("/form-links", operation_id="listFormLinks")
async def list_form_links(
    principal: Desk, db: ReadDb, now: Now, status: LinkStatus | None = None, limit: Limit = 20, cursor: Cursor = None
) -> Page[FormLinkOut]:
    """Links that were made, newest first."""
    return await newest_first(
        db,
        repository.links_query(principal.sites_for(Permission.CASE_CREATE), status=status, now=now),
        PublicForm.created_at,
        PublicForm.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: desk.shown(row.PublicForm, now),
    )


@router.post(
    "/form-links/sheet",
    operation_id="printFormLink",
    response_class=Response,
    responses=responses(ProblemCode.NOT_FOUND) | {200: {"content": {kind: {} for kind in sorted(set(MEDIA.values()))}}},
)
async def print_form_link(
    request: Request,
    body: SheetIn,
    principal: Desk,
    db: ReadDb,
    now: Now,
    settings: SettingsDep,
    renderer: Annotated[Renderer, Depends(get_renderer)],
) -> Response:
    """The code of a link, to be shown or printed. Nothing is changed; the secret comes in the body, where no log keeps it."""
    site, form = await desk.site_of(db, principal, body.secret)
    url = desk.address(settings.public.url or str(request.base_url), body.secret)
    if body.format in ("svg", "png"):
        return Response(desk.picture(url, body.format), media_type=MEDIA[body.format])
    await db.close()
    data = await renderer.render(desk.sheet(site, form, url, "A5" if body.format == "a5" else "A4", now))
    return Response(data, media_type=MEDIA[body.format], headers={"Content-Disposition": 'inline; filename="form.pdf"'})


@router.post(
    "/form-links/{link_id}/revoke",
    operation_id="revokeFormLink",
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.LINK_USED),
)
async def revoke_form_link(link_id: Reference, by: ByDep, _: Desk, db: CommandDb, expected: IfMatch, response: Response) -> FormLinkOut:
    """End a link that was not used yet."""
    row = await desk.revoke_link(db, by, link_id, expected)
    tag(response, row)
    return desk.shown(row, by.now)


@router.post(
    "/cases/{case_id}/progress-links",
    operation_id="createProgressLink",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS),
)
async def create_progress_link(case_id: Reference, by: ByDep, _: Desk, db: CommandDb) -> ProgressLinkMade:
    """A link to the page that tells the customer how far the case is, and asks how it was once it has ended."""
    return await desk.make_progress_link(db, by, case_id)


@router.delete("/cases/{case_id}/progress-links", operation_id="revokeProgressLinks", responses=responses(*COMMAND_PROBLEMS))
async def revoke_progress_links(case_id: Reference, by: ByDep, _: Desk, db: CommandDb) -> ProgressLinksRevoked:
    """End every link to the case's progress, the customer's own too."""
    return ProgressLinksRevoked(revoked=await desk.revoke_progress_links(db, by, case_id))
