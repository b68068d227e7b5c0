"""`/v1/library/edits`: changes of scripts, terms and wording rules."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile, status

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, KeyHeader, begin_command, tag
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.library.edits import files, repository, schemas, service
from case_api.library.edits.trying import both, replay
from case_api.library.endpoints import ShelfDep
from case_api.once import OnceDep, once_files
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Prose, Reference
from case_api.security import Permission, Principal, require
from models.engine import reading, transaction
from models.library_edits import EditShelf, EditStatus, LibraryEdit
from scripts_library.library import places

router = APIRouter(prefix="/library", tags=["library"], route_class=CommandRoute)

Desk = Annotated[Principal, Depends(require(Permission.LIBRARY_DESK))]
AT_THE_DESK = [Depends(require(Permission.LIBRARY_DESK))]
DRAFTS = [Depends(require(Permission.LIBRARY_EDIT))]
COMMAND = (*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.EDIT_STATE)
WEIGHED = (ProblemCode.LIBRARY_REFUSED, ProblemCode.EDIT_CHANGES_NOTHING)


async def _not_done(once: OnceDep, factory: FactoryDep) -> None:
    """A repetition is answered before anything is weighed: what it asked for is in force by now."""
    async with reading(factory) as db:
        await once.look(db)


NOT_DONE = Depends(_not_done)


async def _show(response: Response, db: CommandDb, row: LibraryEdit) -> schemas.EditOut:
    await db.flush()
    tag(response, row)
    return service.edit_out(await service.found(db, row.id))


@router.get("/entry", operation_id="getLibraryEntry", dependencies=AT_THE_DESK, responses=responses(ProblemCode.NOT_FOUND))
async def get_entry(db: ReadDb, shelf: ShelfDep, kind: Annotated[EditShelf, Query(alias="shelf")], key: schemas.Key) -> schemas.EntryOut:
    """One script, term or wording rule as a form needs it, with the draft that there is of it."""
    return await service.entry(db, shelf.tools.library, kind, key)


@router.get("/edits", operation_id="listLibraryEdits", dependencies=AT_THE_DESK)
async def list_edits(
    db: ReadDb,
    shelf: EditShelf | None = None,
    key: Annotated[schemas.Key | None, Query(description="Name of the entry: with `shelf`, its history")] = None,
    status: EditStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[schemas.EditOut]:
    """Changes of every kind, the newest first."""
    return await newest_first(
        db,
        repository.edits_query(shelf=shelf, key=key, status=status),
        LibraryEdit.drafted_at,
        LibraryEdit.id,
        limit=limit,
        cursor=cursor,
        show=service.edit_out,
    )


@router.post("/edits/check", operation_id="checkLibraryEdit", dependencies=AT_THE_DESK)
async def check_edit(body: schemas.Check, by: ByDep, factory: FactoryDep, settings: SettingsDep, shelf: ShelfDep) -> schemas.Checked:
    """What is wrong with a change, each fault at its field; what a sentence would set off with it. Nothing is kept."""
    _, found = await service.weighed(factory, places(settings), body.change, by)
    tried = await both(shelf, settings, found.library, body.spoken) if found.library is not None and body.spoken is not None else None
    return schemas.Checked(faults=list(found.faults), tried=tried)


@router.post(
    "/edits",
    operation_id="draftLibraryEdit",
    status_code=status.HTTP_201_CREATED,
    dependencies=[*DRAFTS, NOT_DONE],
    responses=responses(*COMMAND, *WEIGHED, ProblemCode.EDIT_OPEN),
)
async def draft_edit(
    request: Request,
    response: Response,
    body: schemas.Draft,
    by: ByDep,
    factory: FactoryDep,
    settings: SettingsDep,
    shelf: ShelfDep,
    key: KeyHeader = None,
) -> schemas.EditOut:
    """Draft a change. It is on no phone until somebody else approves it; what the library's checks refuse is not kept."""
    prepared = await service.ready(factory, places(settings), body.change, by, shelf.tools.library)
    db = await begin_command(request, by, key, await request.body())
    row = await service.draft(db, by, body.change, prepared, body.note, submit=body.submit)
    return await _show(response, db, row)


@router.get("/export", operation_id="exportLibrary", dependencies=AT_THE_DESK, response_class=Response)
async def export_library(settings: SettingsDep, shelf: ShelfDep) -> Response:
    """The library in force as a ZIP of its files: as `library_dir` it reads the same."""
    packed = await asyncio.to_thread(files.export, places(settings), shelf.tools.library)
    headers = {"Content-Disposition": 'attachment; filename="calmdesk-library.zip"'}
    return Response(packed, media_type="application/zip", headers=headers)


@router.post(
    "/import",
    operation_id="importLibrary",
    dependencies=DRAFTS,
    responses=responses(*COMMAND, ProblemCode.LIBRARY_REFUSED, ProblemCode.LIBRARY_FILE, ProblemCode.EDIT_OPEN),
)
async def import_library(
    request: Request,
    by: ByDep,
    factory: FactoryDep,
    settings: SettingsDep,
    shelf: ShelfDep,
    file: Annotated[UploadFile, File(description="A library file (scripts, a category of terms, wording rules), or a ZIP of them")],
    dry_run: Annotated[bool, Form(description="Tell what would change and what is wrong in which line, keep nothing")] = False,
    note: Annotated[Prose, Form(description="Why")] = "",
    key: KeyHeader = None,
) -> schemas.Imported:
    """Draft and submit what a file says otherwise than what is in force; entries that it does not name stay as they are."""
    once = await once_files(request, by, key, [file], dry_run, note)
    async with reading(factory) as db:
        await once.look(db)
    content = await file.read(files.BYTES_MAX + 1)
    if len(content) > files.BYTES_MAX:
        raise Problem(ProblemCode.BODY_TOO_LARGE)
    found = await files.read(factory, places(settings), by, files.unpack(file.filename or "", content), shelf.tools.library)
    if dry_run:
        return files.told(found, [], dry_run=True)
    async with transaction(factory) as db:
        await once.claim(db)
        answer = files.told(found, await files.bring_in(db, by, found, note), dry_run=False)
        once.keep(db, 200, answer)
    return answer


@router.get("/edits/{edit_id}", operation_id="getLibraryEdit", dependencies=AT_THE_DESK, responses=responses(ProblemCode.NOT_FOUND))
async def get_edit(edit_id: Reference, db: ReadDb, shelf: ShelfDep, response: Response) -> schemas.EditDetail:
    """One change, field by field."""
    return tag(response, await service.detail(db, edit_id, shelf.tools.library))


@router.patch(
    "/edits/{edit_id}",
    operation_id="redraftLibraryEdit",
    dependencies=[*DRAFTS, NOT_DONE],
    responses=responses(*COMMAND, *WEIGHED, ProblemCode.EDIT_DRAFTER),
)
async def redraft_edit(
    request: Request,
    response: Response,
    edit_id: Reference,
    body: schemas.Redraft,
    by: ByDep,
    expected: IfMatch,
    factory: FactoryDep,
    settings: SettingsDep,
    shelf: ShelfDep,
    key: KeyHeader = None,
) -> schemas.EditOut:
    """Change one's own draft; one that was submitted has to be submitted again."""
    prepared = await service.ready(factory, places(settings), body.change, by, shelf.tools.library)
    db = await begin_command(request, by, key, await request.body())
    return await _show(response, db, await service.redraft(db, by, edit_id, expected, body.change, prepared, body.note))


@router.post(
    "/edits/{edit_id}/submit",
    operation_id="submitLibraryEdit",
    dependencies=DRAFTS,
    responses=responses(*COMMAND, ProblemCode.EDIT_DRAFTER),
)
async def submit_edit(edit_id: Reference, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> schemas.EditOut:
    """One's own draft is ready for the second person."""
    return await _show(response, db, await service.submit(db, by, edit_id, expected))


@router.post(
    "/edits/{edit_id}/withdraw",
    operation_id="withdrawLibraryEdit",
    dependencies=DRAFTS,
    responses=responses(*COMMAND, ProblemCode.EDIT_DRAFTER),
)
async def withdraw_edit(edit_id: Reference, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> schemas.EditOut:
    """Take one's own draft back."""
    return await _show(response, db, await service.withdraw(db, by, edit_id, expected))


@router.post(
    "/edits/{edit_id}/approve",
    operation_id="approveLibraryEdit",
    dependencies=[*AT_THE_DESK, NOT_DONE],
    responses=responses(*COMMAND, ProblemCode.EDIT_SECOND, ProblemCode.LIBRARY_REFUSED),
)
async def approve_edit(
    request: Request,
    edit_id: Reference,
    by: ByDep,
    expected: IfMatch,
    factory: FactoryDep,
    settings: SettingsDep,
    response: Response,
    key: KeyHeader = None,
) -> schemas.EditOut:
    """Put somebody else's change in force: conversations that run use it within seconds."""
    standing = await service.may_approve(factory, places(settings), by, edit_id)
    db = await begin_command(request, by, key, await request.body())
    return await _show(response, db, await service.approve(db, by, edit_id, expected, standing, places(settings)))


@router.post(
    "/edits/{edit_id}/return",
    operation_id="returnLibraryEdit",
    dependencies=AT_THE_DESK,
    responses=responses(*COMMAND, ProblemCode.EDIT_SECOND),
)
async def return_edit(
    edit_id: Reference, body: schemas.Return, db: CommandDb, by: ByDep, expected: IfMatch, response: Response
) -> schemas.EditOut:
    """Refuse somebody else's change, with the reason."""
    return await _show(response, db, await service.send_back(db, by, edit_id, expected, body.reason))


@router.post(
    "/edits/{edit_id}/try",
    operation_id="tryLibraryEdit",
    dependencies=AT_THE_DESK,
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.LIBRARY_REFUSED),
)
async def try_edit(
    edit_id: Reference, body: schemas.Spoken, factory: FactoryDep, settings: SettingsDep, shelf: ShelfDep, by: ByDep
) -> schemas.Both:
    """What a sentence sets off as the library is, and with the change. Nothing is kept."""
    library = await service.with_edit(factory, places(settings), edit_id)
    return await both(shelf, settings, library, body)


@router.post(
    "/edits/{edit_id}/replay",
    operation_id="replayLibraryEdit",
    dependencies=AT_THE_DESK,
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.LIBRARY_REFUSED, ProblemCode.NOT_RECORDED),
)
async def replay_edit(
    edit_id: Reference,
    body: schemas.Replay,
    principal: Desk,
    db: ReadDb,
    factory: FactoryDep,
    settings: SettingsDep,
    shelf: ShelfDep,
) -> schemas.Replayed:
    """A stored conversation heard again: terms and prompts as the library is, and with the change. Nothing is kept."""
    library = await service.with_edit(factory, places(settings), edit_id)
    return await replay(db, principal, settings, shelf, library, body.session_id)
