"""`/v1/keywords/export`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from case_api.commands import Now
from case_api.database import FactoryDep, ReadDb
from case_api.documents.pdf import Language
from case_api.documents.pool import Renderer, get_renderer
from case_api.learning.export import service
from case_api.learning.export.files import MEDIA_TYPES, Form, render
from case_api.learning.keywords.endpoints import Category, Term
from case_api.learning.scope import PeriodDep, at_sites
from case_api.library.endpoints import ShelfDep
from case_api.problems import ProblemCode, responses
from case_api.security import Permission, Principal, actor, require
from models import audit
from models.engine import transaction

router = APIRouter(prefix="/keywords", tags=["keywords"])


@router.get(
    "/export",
    operation_id="exportKeywords",
    response_class=Response,
    responses=responses(ProblemCode.PERIOD_TOO_LONG) | {200: {"content": {media: {} for media in MEDIA_TYPES.values()}}},
)
async def export_keywords(
    request: Request,
    period: PeriodDep,
    principal: Annotated[Principal, Depends(require(Permission.LEARNING_EXPORT))],
    db: ReadDb,
    factory: FactoryDep,
    shelf: ShelfDep,
    renderer: Annotated[Renderer, Depends(get_renderer)],
    now: Now,
    form: Annotated[Form, Query(alias="format")] = "csv",
    term: Term = None,
    category: Category = None,
    language: Annotated[Language, Query(alias="lang", description="Of headings and names, in a spreadsheet; JSON holds codes")] = "zh",
) -> Response:
    """The keyword log to take away, newest 20 000 hits: names, phones, ID and account numbers and addresses are masked, also as spoken.

    Conversations and people cannot be told from it by any id. A workbook and JSON tell the counts by term too, of how many conversations.
    Every export is audited.
    """
    scope = period.of(at_sites(principal, Permission.LEARNING_EXPORT))
    table = await service.table(db, scope, shelf.tools.library, now, term, category)
    await db.close()  # the file takes seconds, and needs no connection
    content = await renderer.run(render, table, form, language)
    told = {"format": form, "rows": len(table.rows), "from": period.since.isoformat(), "to": period.until.isoformat()}
    told |= {name: value for name, value in (("term", term), ("category", category)) if value}
    subject = audit.Subject("site", period.site_id or "*", period.site_id)
    async with transaction(factory) as write:
        audit.record(write, actor(request, principal), "api:keyword:export", subject, after=told)
    headers = {"Content-Disposition": f'attachment; filename="keywords-{period.until:%Y-%m-%d}.{form}"'}
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
