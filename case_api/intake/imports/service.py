"""Open cases from a file. An import that was cut off, or is repeated, makes what is not there yet and leaves the rest alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.cases.repository import cases_by_reference
from case_api.cases.service import Opening, index, open_case
from case_api.commands import By
from case_api.intake.imports.repository import people_at
from case_api.intake.imports.rules import COLUMNS, REQUIRED, ROWS_MAX, ImportLine, parse
from case_api.intake.imports.schemas import ImportedCase, ImportOut, fault_out
from case_api.intake.service import blank
from case_api.intake.sheets import Fault, SheetError, read_sheet
from case_api.problems import FieldError, Problem, ProblemCode
from case_api.sight import named_site
from models.cases import WithdrawalCase
from models.engine import Factory, reading, transaction
from models.people import fold_username

BATCH = 20
"""Lines of one transaction: other writers wait for no more than these."""
ERRORS_TOLD = 100


@dataclass(frozen=True, slots=True)
class _Checked:
    lines: list[ImportLine]
    people: dict[str, str]
    existing: dict[str, WithdrawalCase]
    faults: list[Fault]


async def import_cases(factory: Factory, by: By, site_id: str, data: bytes, *, dry_run: bool) -> ImportOut:
    """Read the whole file first; only a file without any fault is imported, in small transactions of whole cases.

    Raises Problem: site_unknown, import_rejected (not in a dry run, which tells the faults instead).
    """
    checked = await _check(factory, by, site_id, data)
    if checked.faults and not dry_run:
        raise rejected(checked.faults, len(checked.faults))
    if dry_run:
        made: list[tuple[ImportLine, WithdrawalCase | None, bool]] = [
            (line, checked.existing.get(line.reference), line.reference not in checked.existing) for line in checked.lines
        ]
    else:
        made = [done for batch in _batches(checked.lines) for done in await _import(factory, by, site_id, batch, checked.people)]
    cases = [
        ImportedCase(
            line=line.line,
            external_reference=line.reference,
            case_id=case.id if case else None,
            code=case.code if case else None,
            created=created,
        )
        for line, case, created in made
    ]
    new = sum(case.created for case in cases)
    faults = [fault_out(fault) for fault in checked.faults]
    return ImportOut(dry_run=dry_run, created=new, existing=len(cases) - new, cases=cases, faults=faults)


async def _check(factory: Factory, by: By, site_id: str, data: bytes) -> _Checked:
    async with reading(factory) as db:
        site = await named_site(db, site_id)
    try:
        sheet = await asyncio.to_thread(read_sheet, data, COLUMNS, required=REQUIRED, rows_max=ROWS_MAX)
    except SheetError as error:
        return _Checked([], {}, {}, error.faults)
    lines, faults = await asyncio.to_thread(parse, sheet, ZoneInfo(site.timezone), by.now)
    names = {fold_username(line.responsible) for line in lines if line.responsible is not None}
    async with reading(factory) as db:
        people = await people_at(db, site_id, names)
        existing = await cases_by_reference(db, site_id, [line.reference for line in lines])
    for line in lines:
        if line.responsible is not None and fold_username(line.responsible) not in people:
            faults.append(Fault(line.line, sheet.headers["responsible"], "person_unknown"))
    return _Checked(lines, people, existing, sorted(faults, key=lambda fault: fault.line))


def rejected(faults: Sequence[Fault], count: int) -> Problem:
    """A file of which nothing is imported: the first of its `count` faults."""
    told = [fault_out(fault) for fault in faults[:ERRORS_TOLD]]
    errors = [FieldError(field=f"{fault.line}:{fault.column}", message=f"{fault.code}: {fault.zh} / {fault.en}") for fault in told]
    return Problem(ProblemCode.IMPORT_REJECTED, f"{count} faults", errors=errors)


def _batches(lines: Sequence[ImportLine]) -> Iterator[Sequence[ImportLine]]:
    return (lines[first : first + BATCH] for first in range(0, len(lines), BATCH))


async def _import(
    factory: Factory, by: By, site_id: str, batch: Sequence[ImportLine], people: dict[str, str]
) -> list[tuple[ImportLine, WithdrawalCase | None, bool]]:
    """A batch in one transaction, asking again what is there: another import may run beside this one."""
    async with transaction(factory) as db:
        await named_site(db, site_id, lock=True)
        existing = await cases_by_reference(db, site_id, [line.reference for line in batch])
        return [
            (line, existing[line.reference], False)
            if line.reference in existing
            else (line, await _open(db, by, site_id, line, people), True)
            for line in batch
        ]


async def _open(db: AsyncSession, by: By, site_id: str, line: ImportLine, people: dict[str, str]) -> WithdrawalCase:
    responsible_id = people[fold_username(line.responsible)] if line.responsible is not None else None
    opening = Opening(
        customer_label=line.customer_name,
        unit_label=line.unit_label,
        source="import",
        responsible_id=responsible_id,
        received_at=line.received_at,
        external_reference=line.reference,
    )
    case = await open_case(db, by, site_id, opening)
    form = blank(case.id)
    form.customer_name, form.changed_by, form.changed_at = line.customer_name, by.person_id, by.now
    for name, value in line.form.items():
        setattr(form, name, value)
    db.add(form)
    case.causes = line.causes
    index(case, form)
    flow.note(db, by, case, "import", after={"line": line.line, "fields": sorted(line.form)})
    await db.flush()
    return case
