"""`/v1/crm-imports`: events from a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from pydantic import ValidationError

from case_api.commands import KEY_PROBLEMS, ByDep, CommandRoute, KeyHeader
from case_api.database import FactoryDep
from case_api.early_warning.imports import service
from case_api.early_warning.imports.rules import FileMapping
from case_api.early_warning.imports.schemas import EventImportOut
from case_api.early_warning.sources.service import source_for
from case_api.intake.imports.schemas import fault_out
from case_api.intake.imports.service import rejected
from case_api.once import once_files
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.engine import reading

router = APIRouter(prefix="/crm-imports", tags=["early warning"], route_class=CommandRoute)

ROWS_MAX = 100_000
"""Lines of one request; `calmdesk warnings import` takes larger files."""


@router.post(
    "",
    operation_id="importEvents",
    responses=responses(
        ProblemCode.FORBIDDEN,
        ProblemCode.SOURCE_UNKNOWN,
        ProblemCode.MAPPING_INVALID,
        ProblemCode.IMPORT_REJECTED,
        *KEY_PROBLEMS,
    ),
)
async def import_events(
    request: Request,
    _: Annotated[Principal, Depends(require(Permission.CRM_IMPORT))],
    by: ByDep,
    factory: FactoryDep,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GB18030) or Excel, at most 100,000 lines: docs/early-warning.md")],
    source_id: Annotated[Reference, Form(description="Whose events these are: an event told before under its number is left alone")],
    site_id: Annotated[Reference, Form(description="Site of the lines; lines of other sites are refused")],
    mapping: Annotated[str, Form(max_length=20_000, description="JSON: `columns`, `kinds`, `kind`, as docs/early-warning.md says")] = "{}",
    dry_run: Annotated[bool, Form(description="Tell what is wrong, change nothing")] = False,
    key: KeyHeader = None,
) -> EventImportOut:
    """Read the whole file, then take every event that is not there yet, so that a file may be sent again."""
    by.principal.demand(Permission.CRM_IMPORT, site_id)
    once = await once_files(request, by, key, [file], source_id, site_id, mapping, dry_run)
    async with reading(factory) as db:
        await once.look(db)
        source = await source_for(db, source_id, site_id)
    job = service.File(file.file, _mapping(mapping), source, site_id, ROWS_MAX)
    context = await service.context_of(factory, job, by.now, only=site_id)
    checked = await service.check(job, context, _quiet)
    if checked.faulty and not dry_run:
        raise rejected(checked.faults, checked.faulty)
    taken, known = (0, 0) if dry_run else await service.bring_in(factory, job, context, by.who, _quiet)
    faults = [fault_out(fault) for fault in checked.faults]
    counted = {"lines": checked.lines, "taken": taken, "known": known, "faulty": checked.faulty}
    found = EventImportOut(dry_run=dry_run, **counted, faults=faults, header=checked.header)
    await once.answered(factory, 200, found)
    return found


def _mapping(text: str) -> FileMapping:
    try:
        mapping = FileMapping.model_validate_json(text)
        mapping.headers()
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise Problem(ProblemCode.MAPPING_INVALID, f"form.mapping: {where}" if where else "form.mapping") from None
    except ValueError as error:
        raise Problem(ProblemCode.MAPPING_INVALID, f"form.mapping: {error}") from None
    return mapping


def _quiet(_what: str, _lines: int) -> None:
    """Nobody watches a request."""
