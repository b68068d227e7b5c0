"""`/v1/sessions/{id}/labels` and `/v1/labels`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb, SettingsDep
from case_api.labels import repository, service
from case_api.labels.schemas import LabelKind, LabelledOut, LabelsIn, LabelsOut
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, SignedIn, require
from models.labels import SessionLabel

KEPT = (ProblemCode.NOT_FOUND, ProblemCode.FORBIDDEN, ProblemCode.NOT_RECORDED, ProblemCode.AUDIO_GONE)
LABELS = Depends(require(Permission.SESSION_LABEL))

router = APIRouter(prefix="/sessions", tags=["labels"], route_class=CommandRoute)
corpus_router = APIRouter(prefix="/labels", tags=["labels"])


@router.get("/{session_id}/labels", operation_id="getLabels", responses=responses(*KEPT))
async def get_labels(response: Response, session_id: Reference, principal: SignedIn, db: ReadDb, settings: SettingsDep) -> LabelsOut:
    """Who spoke when and when it escalated; before anybody labelled it (version 0) a draft from what the ear heard."""
    return tag(response, await service.read(db, principal, session_id, settings.data_dir))


@router.put(
    "/{session_id}/labels",
    operation_id="putLabels",
    responses=responses(*dict.fromkeys((*KEPT, *COMMAND_PROBLEMS)), *VERSION_PROBLEMS, ProblemCode.LABELS_INVALID),
)
async def put_labels(
    response: Response, session_id: Reference, body: LabelsIn, by: ByDep, expected: IfMatch, db: CommandDb, settings: SettingsDep
) -> LabelsOut:
    """Keep the labels. `If-Match`: the version, "0" the first time."""
    return tag(response, await service.write(db, by, session_id, expected, body, settings.data_dir))


@corpus_router.get("", operation_id="listLabelled")
async def list_labelled(
    principal: Annotated[Principal, LABELS],
    db: ReadDb,
    site_id: Reference | None = None,
    kind: LabelKind | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[LabelledOut]:
    """Conversations that were labelled at one's sites, drafts too; the last labelled first."""
    query = repository.labelled(principal, site_id, kind)
    return await newest_first(
        db, query, SessionLabel.labelled_at, SessionLabel.session_id, limit=limit, cursor=cursor, show=service.labelled_out
    )


@corpus_router.get(
    "/corpus",
    operation_id="exportCorpus",
    response_class=Response,
    dependencies=[LABELS],
    responses=responses(ProblemCode.FORBIDDEN, ProblemCode.LABELS_NONE, ProblemCode.LABELS_TOO_MANY)
    | {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_corpus(
    request: Request,
    by: ByDep,
    db: ReadDb,
    settings: SettingsDep,
    site_id: Reference | None = None,
    kind: LabelKind | None = None,
    session_id: Annotated[list[Reference] | None, Query(max_length=service.MOST_EXPORTED, description="Only these")] = None,
) -> StreamingResponse:
    """A corpus for `calmdesk eval`: `labels.json` and `<id>.flac`, no drafts. Each conversation's export is audited.

    No name, no case, no account goes along; what was said aloud does. Without enrolments: those are kept as vectors only.
    """
    entries = await service.choose(db, by.principal, settings.data_dir, site_id, kind, session_id or [])
    await service.record_export(request.app.state.factory, by, entries)
    file, size = await asyncio.to_thread(service.pack, entries, settings.data_dir)
    headers = {"Content-Length": str(size), "Content-Disposition": f'attachment; filename="calmdesk-corpus-{by.now:%Y%m%d}.zip"'}
    return StreamingResponse(service.blocks(file), media_type="application/zip", headers=headers)
