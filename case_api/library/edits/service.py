"""A change of the library from draft to approval: four eyes, one open change an entry, in force on every process within seconds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, guard
from case_api.library.edits import repository
from case_api.library.edits.following import standing_of
from case_api.library.edits.schemas import Change, EditDetail, EditOut, EntryOut
from case_api.library.edits.weighing import (
    Standing,
    Weighed,
    content_in,
    demand_changed,
    desk_page,
    differences,
    entry_of,
    weigh,
)
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_row
from models import audit
from models.engine import Factory, one_at_a_time, reading
from models.files import write_whole
from models.library_edits import EditStatus, LibraryEdit
from models.outbox import publish
from scripts_library.entries import Content, Shelf, content_of
from scripts_library.library import Library, Places


@dataclass(frozen=True, slots=True)
class Ready:
    """A change that was weighed while nothing was locked: it may be kept as long as the desk stands as it stood."""

    standing: Standing
    content: Content | None
    before: Content | None
    library: Library


async def weighed(factory: Factory, places: Places, change: Change, by: By) -> tuple[Standing, Weighed]:
    """What a change would make of the library. Raises Problem: invalid_request."""
    content = content_in(change)
    async with reading(factory) as db:
        standing = await standing_of(db)
    shelf = Shelf(change.shelf)
    entry = entry_of(shelf, change.key, change.action, content, by.principal.display_name, by.now)
    return standing, await asyncio.to_thread(weigh, places, standing, shelf, change.key, entry)


async def ready(factory: Factory, places: Places, change: Change, by: By, now: Library) -> Ready:
    """Raises Problem: library_refused, edit_changes_nothing, not_found, invalid_request. `now` is the library in force."""
    standing, found = await weighed(factory, places, change, by)
    library = found.demand_right()
    shelf = Shelf(change.shelf)
    content = None if change.action != "put" else content_of(library, shelf, change.key)
    return Ready(standing, content, demand_changed(now, shelf, change.key, change.action, content), library)


async def draft(db: AsyncSession, by: By, change: Change, prepared: Ready, note: str, *, submit: bool) -> LibraryEdit:
    """Keep a change. Raises Problem: edit_open, version_conflict (something was approved meanwhile)."""
    await demand_still(db, prepared.standing)
    if await repository.open_edit(db, change.shelf, change.key) is not None:
        raise Problem(ProblemCode.EDIT_OPEN, change.key)
    row = LibraryEdit(shelf=change.shelf, key=change.key, action=change.action, content=prepared.content, before=prepared.before, note=note)
    return await keep(db, by, row, submit=submit)


async def keep(db: AsyncSession, by: By, row: LibraryEdit, *, submit: bool) -> LibraryEdit:
    """A new draft that was weighed, of an entry that has none."""
    row.drafted_by, row.drafted_at = by.person_id, by.now
    db.add(row)
    await _told(db, by, row, "draft", content=row.content, note=row.note)
    return await _submitted(db, by, row) if submit else row


async def redraft(db: AsyncSession, by: By, edit_id: str, expected: int, change: Change, prepared: Ready, note: str) -> LibraryEdit:
    """Another content for one's own draft. Raises Problem: not_found, edit_drafter, edit_state, version_conflict, invalid_request."""
    row = await _own(db, by, edit_id, expected)
    if (row.shelf, row.key) != (change.shelf, change.key):
        raise Problem(ProblemCode.INVALID_REQUEST, "body.change.key")
    await demand_still(db, prepared.standing)
    row.action, row.content, row.before, row.note = change.action, prepared.content, prepared.before, note
    row.status, row.submitted_at = "draft", None
    return await _told(db, by, row, "redraft", content=row.content, note=note)


async def submit(db: AsyncSession, by: By, edit_id: str, expected: int) -> LibraryEdit:
    """Say that it is ready for the second person. Raises Problem as `redraft`."""
    return await _submitted(db, by, await _own(db, by, edit_id, expected, "draft"))


async def withdraw(db: AsyncSession, by: By, edit_id: str, expected: int) -> LibraryEdit:
    """Take one's own back. Raises Problem as `redraft`."""
    row = await _own(db, by, edit_id, expected)
    row.status = "withdrawn"
    return await _told(db, by, row, "withdraw")


async def approve(db: AsyncSession, by: By, edit_id: str, expected: int, standing: Standing, places: Places) -> LibraryEdit:
    """Put a change in force that `may_approve` was asked about. Raises Problem as `send_back`, and version_conflict.

    The file goes last; if the commit fails after it, `follow` writes again what is in the database.
    """
    row = await _to_decide(db, by, edit_id, expected)
    await demand_still(db, standing)
    row.status, row.decided_by, row.decided_at, row.number = "approved", by.person_id, by.now, standing.number + 1
    await _told(db, by, row, "approve", number=row.number, content=row.content)
    shelf = Shelf(row.shelf)
    entry = entry_of(shelf, row.key, row.action, row.content, by.principal.display_name, by.now)
    page = desk_page(standing, row.number, (shelf, row.key), entry)
    assert places.desk is not None
    await asyncio.to_thread(write_whole, places.desk, page)
    return row


async def send_back(db: AsyncSession, by: By, edit_id: str, expected: int, reason: str) -> LibraryEdit:
    """Refuse a change with the reason. Raises Problem: not_found, edit_state, edit_second, version_conflict."""
    row = await _to_decide(db, by, edit_id, expected)
    row.status, row.decided_by, row.decided_at, row.reason = "returned", by.person_id, by.now, reason
    return await _told(db, by, row, "return", reason=reason)


async def may_approve(factory: Factory, places: Places, by: By, edit_id: str) -> Standing:
    """Weigh what is to be approved with the library of now. Raises Problem: not_found, edit_second, library_refused."""
    async with reading(factory) as db:
        row = (await found(db, edit_id)).LibraryEdit
        demand_second(by.principal, row)
        standing = await standing_of(db)
    shelf = Shelf(row.shelf)
    entry = entry_of(shelf, row.key, row.action, row.content, by.principal.display_name, by.now)
    (await asyncio.to_thread(weigh, places, standing, shelf, row.key, entry)).demand_right()
    return standing


def may_decide(principal: Principal, shelf: str, drafted_by: str) -> bool:
    """Four eyes: whoever approves for every site, never one's own; of a term another trainer will do, who puts no words on a phone."""
    second = principal.may(Permission.LIBRARY_APPROVE, None) or (shelf == "term" and principal.may(Permission.LIBRARY_EDIT, None))
    return second and principal.person_id != drafted_by


def demand_second(principal: Principal, row: LibraryEdit) -> None:
    """Raise `edit_second` unless this person may decide on it."""
    if not may_decide(principal, row.shelf, row.drafted_by):
        raise Problem(ProblemCode.EDIT_SECOND)


async def found(db: AsyncSession, edit_id: str) -> Any:
    """(edit, drafter, decider). Raises Problem: not_found."""
    row = await repository.named(db, edit_id)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


async def detail(db: AsyncSession, edit_id: str, library: Library) -> EditDetail:
    """A change with what it changes. Raises Problem: not_found."""
    row = await found(db, edit_id)
    edit: LibraryEdit = row.LibraryEdit
    before = content_of(library, Shelf(edit.shelf), edit.key) if edit.status in ("draft", "submitted") else edit.before
    changed = [] if edit.action == "reset" else differences(before, edit.content)
    return EditDetail(**edit_out(row).model_dump(), differences=changed)


async def entry(db: AsyncSession, library: Library, shelf: str, key: str) -> EntryOut:
    """An entry as it is in force. Raises Problem: not_found (never there, and no draft of it)."""
    content = content_of(library, Shelf(shelf), key)
    row = await repository.open_edit(db, shelf, key)
    held = [one for one in await repository.in_force(db) if (one.LibraryEdit.shelf, one.LibraryEdit.key) == (shelf, key)]
    if content is None and row is None and not held:
        raise Problem(ProblemCode.NOT_FOUND)
    return EntryOut(shelf=shelf, key=key, content=content, of_the_desk=bool(held), open=edit_out(row) if row is not None else None)  # type: ignore[arg-type]


def edit_out(row: Any) -> EditOut:
    """A row of `repository.edits_query` as it is told."""
    edit = row.LibraryEdit
    values = {name: getattr(edit, name) for name in EditOut.model_fields if hasattr(edit, name)}
    return EditOut(**values, drafted_by_name=row.drafted_by_name, decided_by_name=row.decided_by_name)


async def with_edit(factory: Factory, places: Places, edit_id: str) -> Library:
    """The library with a change that is not in force. Raises Problem: not_found, library_refused."""
    async with reading(factory) as db:
        row = await found(db, edit_id)
        standing = await standing_of(db)
    edit: LibraryEdit = row.LibraryEdit
    shelf = Shelf(edit.shelf)
    entry = entry_of(shelf, edit.key, edit.action, edit.content, row.drafted_by_name, edit.drafted_at)
    return (await asyncio.to_thread(weigh, places, standing, shelf, edit.key, entry)).demand_right()


async def _locked(db: AsyncSession, edit_id: str, expected: int, *statuses: EditStatus) -> LibraryEdit:
    await one_at_a_time(db, LibraryEdit)
    row = await find_row(db, LibraryEdit, edit_id)
    guard(row, expected)
    if row.status not in statuses:
        raise Problem(ProblemCode.EDIT_STATE, row.status)
    return row


async def _own(db: AsyncSession, by: By, edit_id: str, expected: int, *statuses: EditStatus) -> LibraryEdit:
    row = await _locked(db, edit_id, expected, *(statuses or ("draft", "submitted")))
    if row.drafted_by != by.person_id:
        raise Problem(ProblemCode.EDIT_DRAFTER)
    return row


async def _to_decide(db: AsyncSession, by: By, edit_id: str, expected: int) -> LibraryEdit:
    row = await _locked(db, edit_id, expected, "submitted")
    demand_second(by.principal, row)
    return row


async def _submitted(db: AsyncSession, by: By, row: LibraryEdit) -> LibraryEdit:
    row.status, row.submitted_at = "submitted", by.now
    return await _told(db, by, row, "submit")


async def demand_still(db: AsyncSession, standing: Standing) -> None:
    """Raise `version_conflict` if something was approved since a change was weighed; approvals wait for this transaction from here on."""
    await one_at_a_time(db, LibraryEdit)
    if await repository.newest(db) != standing.number:
        raise Problem(ProblemCode.VERSION_CONFLICT, "期间已有另一处改动通过 / another change was approved meanwhile")


async def _told(db: AsyncSession, by: By, row: LibraryEdit, verb: str, **after: object) -> LibraryEdit:
    """Written, audited and told, in this transaction."""
    await db.flush()
    told = {"shelf": row.shelf, "key": row.key, "action": row.action, "status": row.status} | after
    audit.record(db, by.who, f"api:library:{verb}", audit.Subject("library_edit", row.id), after=told, at=by.now)
    await publish(db, f"library.{verb}", {"edit_id": row.id, "at": by.now.isoformat()} | told)
    return row
