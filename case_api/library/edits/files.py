"""The library as files out of the service, and files into it as drafts, each line of them checked."""

from __future__ import annotations

import asyncio
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.library.edits import repository, service
from case_api.library.edits.following import standing_of
from case_api.library.edits.schemas import FaultOut, Imported, ImportedEntry
from case_api.library.edits.weighing import Standing, day_of, differences, fault_out
from case_api.problems import FieldError, Problem, ProblemCode
from models.engine import Factory, reading
from models.library_edits import LibraryEdit
from scripts_library.entries import Content, Entry, Shelf, changes, content_of, field_of, files_of, named_in, page_of
from scripts_library.library import Library, Places
from scripts_library.pages import is_plain
from scripts_library.problems import LibraryError

KEPT: Final = ("causes.yaml", "holdback.yaml", "everyday.yaml")
"""Files that the desk does not edit: exported as they are, not imported."""
FILES_MAX: Final = 100
BYTES_MAX: Final = 2_000_000
File = tuple[str, bytes]


def export(places: Places, library: Library) -> bytes:
    """A ZIP of files that read as this library."""
    kept = {name: (places.folder / name).read_bytes() for name in KEPT}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files_of(library, kept).items()):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()


def unpack(name: str, content: bytes) -> list[File]:
    """The files of an upload that the desk edits: of a ZIP those it holds, else the one. Raises Problem: library_file."""
    files = _unzip(name, content) if content.startswith(b"PK\x03\x04") else [(PurePosixPath(name).name[:80] or "import.yaml", content)]
    for file, text in files:
        if not is_plain(text):
            raise Problem(ProblemCode.LIBRARY_FILE, file)
    return files


def _unzip(name: str, content: bytes) -> list[File]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [one for one in archive.infolist() if _is_edited(one.filename)]
            if len(found) > FILES_MAX or sum(one.file_size for one in found) > BYTES_MAX:
                raise Problem(ProblemCode.LIBRARY_FILE, name[:80])
            return [(one.filename, archive.read(one)) for one in sorted(found, key=lambda one: one.filename)]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise Problem(ProblemCode.LIBRARY_FILE, name[:80]) from error


def _is_edited(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".yaml" and (path.name == "wording.yaml" or path.parent.name in ("scripts", "lexicon"))


@dataclass(frozen=True, slots=True)
class Read:
    """What files say that is otherwise than what is in force, weighed with `standing`."""

    standing: Standing
    entries: int
    changed: tuple[tuple[Entry, Content | None], ...]
    faults: tuple[FaultOut, ...]


async def read(factory: Factory, places: Places, by: By, files: Sequence[File], now: Library) -> Read:
    """Raises Problem: library_file (there is nothing in them)."""
    async with reading(factory) as db:
        standing = await standing_of(db)
    return await asyncio.to_thread(_read, places, standing, by, files, now)


def _read(places: Places, standing: Standing, by: By, files: Sequence[File], now: Library) -> Read:
    named: dict[Shelf, list[str]] = {shelf: [] for shelf in Shelf}
    for _, text in files:
        for shelf, keys in named_in(text).items():
            named[shelf] += keys
    entries = sum(map(len, named.values()))
    desk = page_of(standing.entries, standing.number)
    try:
        after = Library.load(places.folder, places.own, desk, files)
    except LibraryError as error:
        return Read(standing, entries, (), tuple(fault_out(one, None) for one in error.problems))
    if not entries:
        raise Problem(ProblemCode.LIBRARY_FILE)
    signed = [replace(entry, by=by.principal.display_name, on=day_of(by.now)) for entry in changes(now, after, named)]
    page = page_of(signed)
    try:  # once more as if all were approved: a script that waits for legal in the file may hold a promise
        Library.load(places.folder, places.own, desk, [("import.yaml", page)])
    except LibraryError as error:
        return Read(standing, entries, (), tuple(fault_out(one, field_of(page, one)) for one in error.problems))
    return Read(standing, entries, tuple((entry, content_of(now, entry.shelf, entry.key)) for entry in signed), ())


async def bring_in(db: AsyncSession, by: By, found: Read, note: str) -> list[str]:
    """Draft and submit every change, or none. Raises Problem: library_refused, edit_open, version_conflict."""
    if found.faults:
        errors = [FieldError(field=f"{one.file}:{one.line}:{one.column}", message=f"{one.zh} / {one.en}") for one in found.faults]
        raise Problem(ProblemCode.LIBRARY_REFUSED, errors[0].field, errors=errors)
    await service.demand_still(db, found.standing)
    busy = await repository.open_keys(db)
    made = []
    for entry, before in found.changed:
        if (str(entry.shelf), entry.key) in busy:
            raise Problem(ProblemCode.EDIT_OPEN, entry.key)
        row = LibraryEdit(shelf=str(entry.shelf), key=entry.key, action="put", content=entry.content, before=before, note=note)
        made.append((await service.keep(db, by, row, submit=True)).id)
    return made


def told(found: Read, edits: list[str], *, dry_run: bool) -> Imported:
    """The answer."""
    rows = [
        ImportedEntry(shelf=entry.shelf.value, key=entry.key, new=before is None, differences=differences(before, entry.content))
        for entry, before in found.changed
    ]
    return Imported(
        dry_run=dry_run, entries=found.entries, same=found.entries - len(rows), changes=rows, faults=list(found.faults), edits=edits
    )
