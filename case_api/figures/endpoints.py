"""`/v1/figures`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from case_api.commands import Now
from case_api.database import ReadDb, SettingsDep
from case_api.documents.excel import Workbook, excel
from case_api.documents.pdf import Language
from case_api.documents.pool import Renderer, get_renderer
from case_api.figures import repository, service, sheets
from case_api.figures.repository import Subject
from case_api.figures.schemas import BehindOut, FigureBriefOut, FiguresOut
from case_api.figures.service import Wanted
from case_api.intake.causes import Cause
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, Principal, require
from case_api.sight import find_seen
from models.cases import WithdrawalCase
from models.figures import FigureBrief
from models.sites import Site

router = APIRouter(prefix="/figures", tags=["figures"])

Reader = Annotated[Principal, Depends(require(Permission.FIGURES_READ))]
PROBLEMS = (ProblemCode.FORBIDDEN, ProblemCode.SITE_UNKNOWN, ProblemCode.FIGURES_PERIOD)
Format = Literal["xlsx", "pdf"]
MEDIA: dict[Format, str] = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "pdf": "application/pdf"}


async def _wanted(
    first: Annotated[date | None, Query(description="First day; left out: twelve months back")] = None,
    before: Annotated[date | None, Query(description="The day after the last one; left out: tomorrow")] = None,
    site_id: Reference | None = None,
    cause: Cause | None = None,
    go_live: Annotated[
        date | None, Query(description="Complaints are compared before and after it; left out: the sites' own day, or the setting's")
    ] = None,
) -> Wanted:
    return Wanted(first, before, site_id, cause, go_live)


WantedDep = Annotated[Wanted, Depends(_wanted)]


@router.get("", operation_id="getFigures", responses=responses(*PROBLEMS))
async def get_figures(principal: Reader, db: ReadDb, wanted: WantedDep, settings: SettingsDep, now: Now) -> FiguresOut:
    """Figures of the cases received in a period: causes and season, times against the goal, what became of them, what customers say."""
    asked = await service.period_of(db, principal, wanted, now)
    return await service.figures(db, asked, wanted, settings.figures, now)


@router.get("/cases", operation_id="listCasesBehindFigure", responses=responses(*PROBLEMS))
async def list_cases_behind_figure(
    principal: Reader,
    db: ReadDb,
    wanted: WantedDep,
    now: Now,
    of: Annotated[Subject, Query(description="Which figure")] = "all",
    value: Annotated[Line, Query(description="Its row: a cause, a key question, a kind of work, a path, a stage, a score")] = "",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[BehindOut]:
    """The cases that a figure counts, newest first."""
    asked = await service.period_of(db, principal, wanted, now)
    return await newest_first(
        db,
        repository.behind(asked.scope, of, value, now),
        WithdrawalCase.received_at,
        WithdrawalCase.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: BehindOut.model_validate(row.WithdrawalCase),
    )


@router.get(
    "/export",
    operation_id="exportFigures",
    response_class=Response,
    responses=responses(*PROBLEMS) | {200: {"content": {kind: {} for kind in MEDIA.values()}}},
)
async def export_figures(
    principal: Reader,
    db: ReadDb,
    wanted: WantedDep,
    settings: SettingsDep,
    now: Now,
    renderer: Annotated[Renderer, Depends(get_renderer)],
    format: Format = "xlsx",
    language: Annotated[Language, Query(alias="lang")] = "zh",
) -> Response:
    """The figures as a spreadsheet, or on paper with simple charts."""
    asked = await service.period_of(db, principal, wanted, now)
    found = await service.figures(db, asked, wanted, settings.figures, now)
    site = await db.get(Site, wanted.site_id) if wanted.site_id is not None else None
    await db.close()
    if format == "xlsx":
        data = await renderer.run(excel, Workbook(now, sheets.sheets(found, language)))
    else:
        where = sheets.say(language, "everywhere") if site is None else (language == "en" and site.name_en) or site.name
        data = await renderer.render(sheets.document(found, where, now, language))
    name = f"figures-{asked.first}-{asked.before}.{format}"
    return Response(data, media_type=MEDIA[format], headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/briefs", operation_id="listFigureBriefs")
async def list_figure_briefs(principal: Reader, db: ReadDb, limit: Limit = 20, cursor: Cursor = None) -> Page[FigureBriefOut]:
    """Briefs that were made for regional operations, newest first."""
    return await newest_first(
        db,
        repository.briefs_query(principal.sites_for(Permission.FIGURES_READ)),
        FigureBrief.created_at,
        FigureBrief.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: FigureBriefOut.model_validate(row.FigureBrief),
    )


@router.get("/briefs/{brief_id}", operation_id="getFigureBrief", responses=responses(ProblemCode.NOT_FOUND))
async def get_figure_brief(brief_id: Reference, principal: Reader, db: ReadDb) -> FigureBriefOut:
    """One brief."""
    return FigureBriefOut.model_validate(await find_seen(db, principal, Permission.FIGURES_READ, FigureBrief, brief_id))
