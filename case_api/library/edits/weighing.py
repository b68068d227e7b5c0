"""What a change would make of the library: its faults, and the library with it. Reads files and builds indexes: not for the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from case_api.library.edits.schemas import Change, DifferenceOut, FaultOut
from case_api.problems import FieldError, Problem, ProblemCode
from models.library_edits import LibraryEdit
from models.sites import CHINA
from scripts_library.entries import ORDER, Content, Entry, Shelf, content_of, field_of, named_at, page_of
from scripts_library.library import DESK, Library, Places, validate
from scripts_library.problems import LibraryError
from scripts_library.problems import Problem as Fault

DRAFT: Final = "draft.yaml"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the desk has in force, and how many approvals that took."""

    number: int
    entries: tuple[Entry, ...]

    def without(self, shelf: Shelf, key: str) -> tuple[Entry, ...]:
        """All but one entry."""
        return tuple(one for one in self.entries if (one.shelf, one.key) != (shelf, key))


@dataclass(frozen=True, slots=True)
class Weighed:
    """Of a change: what is wrong with it, or the library with it."""

    faults: tuple[FaultOut, ...]
    library: Library | None

    def demand_right(self) -> Library:
        """The library with the change. Raises Problem: library_refused, with each fault at its field."""
        if self.library is None:
            places = ["body.change.content." + one.field if one.field else "body.change" for one in self.faults]
            errors = [FieldError(field=place, message=_said(one)) for place, one in zip(places, self.faults, strict=True)]
            raise Problem(ProblemCode.LIBRARY_REFUSED, _said(self.faults[0]), errors=errors)
        return self.library


def entry_of(shelf: str, key: str, action: str, content: Content | None, by: str, at: datetime) -> Entry | None:
    """A change as an entry; None where the files are to say it again."""
    if action == "reset":
        return None
    return Entry(Shelf(shelf), key, content, by, day_of(at))


def day_of(at: datetime) -> date:
    """The sales offices' day, which an approval is dated with."""
    return at.astimezone(CHINA).date()


def entry_in_force(row: Any) -> Entry:
    """A row of `repository.in_force`."""
    edit: LibraryEdit = row.LibraryEdit
    return Entry(Shelf(edit.shelf), edit.key, edit.content, row.decided_by_name, day_of(edit.decided_at) if edit.decided_at else None)


def content_in(change: Change) -> Content | None:
    """What a change says, as a file would. Raises Problem: invalid_request."""
    if (change.action == "put") is (change.content is None):
        raise Problem(ProblemCode.INVALID_REQUEST, "body.change.content")
    return None if change.content is None else change.content.model_dump(mode="json", exclude_defaults=True)


def weigh(places: Places, standing: Standing, shelf: Shelf, key: str, entry: Entry | None) -> Weighed:
    """The library with the desk's other entries and this one. Takes about a tenth of a second."""
    page = page_of([entry] if entry is not None else [])
    desk, over = page_of(standing.without(shelf, key), standing.number), [(DRAFT, page)] if entry is not None else []
    try:
        return Weighed((), Library.load(places.folder, places.own, desk, over))
    except LibraryError as error:
        return Weighed(tuple(fault_out(one, field_of(page, one) if one.file == DRAFT else None) for one in error.problems), None)


def fault_out(fault: Fault, field: str | None) -> FaultOut:
    """A fault as it is told."""
    return FaultOut(field=field, file=fault.file, line=fault.line, column=fault.column, code=fault.code, zh=fault.zh, en=fault.en)


def _said(fault: FaultOut) -> str:
    return f"{fault.file}:{fault.line}:{fault.column}: {fault.zh} / {fault.en}"


def desk_page(standing: Standing, number: int, changed: tuple[Shelf, str], entry: Entry | None) -> bytes:
    """The desk's file after an approval."""
    return page_of([*standing.without(*changed), *([entry] if entry is not None else [])], number)


def fitting(places: Places, standing: Standing) -> tuple[bytes, list[Entry]]:
    """The desk's file, and the entries left out of it: those that files which changed meanwhile say something against."""
    kept = list(standing.entries)
    left_out: list[Entry] = []
    while kept:
        page = page_of(kept, standing.number)
        faults = validate(places.folder, places.own, page)
        blamed = {named_at(page, fault) for fault in faults if fault.file == DESK.name}
        wrong = [entry for entry in kept if (entry.shelf, entry.key) in blamed]
        if not wrong:
            return page, left_out
        left_out += wrong
        kept = [entry for entry in kept if entry not in wrong]
    return page_of([], standing.number), left_out


def differences(before: Content | None, after: Content | None) -> list[DifferenceOut]:
    """Field by field, in the order of a form."""
    old, new = _flat(before or {}), _flat(after or {})
    names = sorted(old.keys() | new.keys(), key=lambda name: (ORDER.index(name.partition(".")[0]), name))
    return [DifferenceOut(field=name, before=old.get(name), after=new.get(name)) for name in names if old.get(name) != new.get(name)]


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    inner = {f"instead.{name}": value for name, value in (content.get("instead") or {}).items()}
    return {name: value for name, value in content.items() if name != "instead"} | inner


def demand_changed(library: Library, shelf: Shelf, key: str, action: str, after: Content | None) -> Content | None:
    """What is in force of an entry. Raises Problem: edit_changes_nothing, not_found (to be taken away, and not there)."""
    before = content_of(library, shelf, key)
    if action == "remove" and before is None:
        raise Problem(ProblemCode.NOT_FOUND)
    waits = shelf is Shelf.SCRIPT and before is not None and not library.scripts[key].approved
    if action != "reset" and before == after and not waits:
        raise Problem(ProblemCode.EDIT_CHANGES_NOTHING)
    return before
