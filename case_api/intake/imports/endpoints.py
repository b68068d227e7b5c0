"""`/v1/case-imports`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile

from case_api.cases.service import site_for
from case_api.commands import KEY_PROBLEMS, ByDep, CommandRoute, KeyHeader
from case_api.database import FactoryDep
from case_api.intake.imports import service
from case_api.intake.imports.schemas import ImportOut
from case_api.once import once_files
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.engine import reading

router = APIRouter(prefix="/case-imports", tags=["cases"], route_class=CommandRoute)


@router.post(
    "",
    operation_id="importCases",
    responses=responses(
        ProblemCode.FORBIDDEN,
        ProblemCode.SITE_REQUIRED,
        ProblemCode.SITE_UNKNOWN,
        ProblemCode.IMPORT_REJECTED,
        *KEY_PROBLEMS,
    ),
)
async def import_cases(
    request: Request,
    _: Annotated[Principal, Depends(require(Permission.CASE_IMPORT))],
    by: ByDep,
    factory: FactoryDep,
    file: Annotated[UploadFile, File(description="CSV, at most 1000 lines, UTF-8 or GB18030, with the headers of docs/intake.md")],
    site_id: Annotated[Reference | None, Form()] = None,
    dry_run: Annotated[bool, Form(description="Tell what would happen, change nothing")] = False,
    key: KeyHeader = None,
) -> ImportOut:
    """Open a draft for each line. Lines whose external reference the site knows are left alone, so that a file may be sent again."""
    site = site_for(by.principal, Permission.CASE_IMPORT, site_id)
    once = await once_files(request, by, key, [file], site, dry_run)
    async with reading(factory) as db:
        await once.look(db)
    found = await service.import_cases(factory, by, site, await file.read(), dry_run=dry_run)
    await once.answered(factory, 200, found)
    return found
