"""Read a file of events, whole before any of it is taken; then take it in small transactions. Sent again it adds what is not there yet."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from case_api.early_warning.events.rules import NewEvent
from case_api.early_warning.events.service import take
from case_api.early_warning.imports.rules import Context, FileMapping, kinds_of, parse
from case_api.early_warning.sources.service import sites_of
from case_api.intake.sheets import Fault, SheetError, csv_lines, encoding_of, open_sheet, xlsx_lines
from models import audit
from models.crm import CrmSource
from models.engine import Factory, reading, transaction

BATCH: Final = 1000
"""Lines of one transaction: other writers wait for no more than these."""
FAULTS_KEPT: Final = 100
ZIP: Final = b"PK\x03\x04"

Progress = Callable[[str, int], None]
"""Told what is done (`read` or `taken`) and how many lines of it there are so far."""


@dataclass(slots=True)
class Checked:
    """A file that was read: how many lines are events, and what is wrong with the others (the first `FAULTS_KEPT` of `faulty`)."""

    lines: int = 0
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    """What the file calls its columns, where a needed one is missing or one is there twice."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to import, and how to read it. `site_id`: of lines that name no site."""

    stream: BinaryIO
    mapping: FileMapping
    source: CrmSource
    site_id: str | None
    rows_max: int


async def context_of(factory: Factory, file: File, now: datetime, *, only: str | None = None) -> Context:
    """What the file's lines are read against; `only` one site's lines are taken."""
    async with reading(factory) as db:
        sites = [site for site in await sites_of(db, file.source) if only in (None, site.id)]
    codes = {site.code: (site.id, ZoneInfo(site.timezone)) for site in sites}
    own = next((site.code for site in sites if site.id == file.site_id), None)
    return Context(codes, own, kinds_of(file.mapping), file.mapping.kind, now)


async def check(file: File, context: Context, progress: Progress) -> Checked:
    """Read every line, change nothing."""
    return await asyncio.to_thread(_check, file, context, progress)


def _check(file: File, context: Context, progress: Progress) -> Checked:
    checked = Checked()
    try:
        for found in _lines(file, context):
            if isinstance(found, NewEvent):
                checked.lines += 1
            else:
                checked.faulty += 1
                checked.faults += found[: FAULTS_KEPT - len(checked.faults)]
            if (checked.lines + checked.faulty) % BATCH == 0:
                progress("read", checked.lines + checked.faulty)
    except SheetError as error:
        checked.faulty, checked.faults = checked.faulty + len(error.faults), [*error.faults, *checked.faults][:FAULTS_KEPT]
        checked.header = error.header
    progress("read", checked.lines + checked.faulty)
    return checked


def _lines(file: File, context: Context) -> Iterator[NewEvent | list[Fault]]:
    """Raises SheetError."""
    file.stream.seek(0)
    excel = file.stream.read(len(ZIP)) == ZIP
    file.stream.seek(0)
    options = {"required": file.mapping.required(), "rows_max": file.rows_max, "strict": False}
    if excel:
        yield from parse(open_sheet(xlsx_lines(file.stream), file.mapping.headers(), **options), context)  # type: ignore[arg-type]
        return
    text = io.TextIOWrapper(file.stream, encoding_of(file.stream), newline="")
    try:
        yield from parse(open_sheet(csv_lines(text), file.mapping.headers(), **options), context)  # type: ignore[arg-type]
    finally:
        text.detach()  # the stream is read again, and closed by whoever opened it


async def bring_in(factory: Factory, file: File, context: Context, who: audit.Actor, progress: Progress) -> tuple[int, int]:
    """Take every event of a file that was checked: (new, told before). A line that is wrong by now is left out."""
    lines, taken, known = _lines(file, context), 0, 0
    while batch := await asyncio.to_thread(lambda: list(islice(lines, BATCH))):
        events = [found for found in batch if isinstance(found, NewEvent)]
        async with transaction(factory) as db:
            new = await take(db, file.source.id, events, context.now)
        taken, known = taken + new, known + len(events) - new
        progress("taken", taken + known)
    async with transaction(factory) as db:
        subject = audit.Subject("crm_source", file.source.id, file.site_id)
        after = {"taken": taken, "known": known}
        audit.record(db, who, "api:crm_source:import" if who.person_id else "cli:crm_source:import", subject, after=after, at=context.now)
    return taken, known
