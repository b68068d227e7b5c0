"""`/v1/cases/{case_id}/evidence` and `/v1/evidence`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from case_api.cases import flow
from case_api.commands import STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, KeyHeader, begin_command, tag
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.evidence import repository, service
from case_api.evidence.schemas import UPLOAD_FORM, Citation, EvidenceOut, UploadFields, Withdrawal
from case_api.evidence.store import BlobStore
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, actor, require
from models import audit
from models.engine import reading, transaction
from models.evidence import Evidence, EvidenceKind

router = APIRouter(tags=["evidence"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
Adder = Annotated[Principal, Depends(require(Permission.EVIDENCE_ADD))]


async def get_store(request: Request) -> BlobStore:
    """The installation's store of uploads."""
    store: BlobStore = request.app.state.evidence
    return store


StoreDep = Annotated[BlobStore, Depends(get_store)]


async def _form(request: Request, case_id: Reference, principal: Adder, factory: FactoryDep) -> AsyncIterator[dict[str, Any]]:
    """The form's fields; read only after it is known that the person may add to this case."""
    async with reading(factory) as db:
        case = await flow.case_for(db, principal, Permission.EVIDENCE_ADD, case_id, lock=False)
        flow.demand_step(case, *service.AT_WORK)
    async with request.form(max_files=1, max_fields=3, max_part_size=8192) as form:
        yield dict(form)


def _fields(form: dict[str, Any]) -> tuple[UploadFile, UploadFields]:
    given = dict(form)
    file = given.pop("file", None)
    try:
        fields = UploadFields.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in error.errors()]) from error
    if not isinstance(file, UploadFile):
        raise RequestValidationError([{"loc": ("body", "file"), "msg": "a file is required", "type": "missing"}])
    return file, fields


@router.post(
    "/cases/{case_id}/evidence",
    operation_id="uploadEvidence",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=UPLOAD_FORM,
    responses=responses(
        *STEP_PROBLEMS,
        ProblemCode.TASK_UNKNOWN,
        ProblemCode.EVIDENCE_TYPE,
        ProblemCode.EVIDENCE_TYPE_MISMATCH,
        ProblemCode.EVIDENCE_UNSAFE,
        ProblemCode.SCAN_UNAVAILABLE,
        ProblemCode.STORE_UNAVAILABLE,
    ),
)
async def upload_evidence(
    request: Request,
    response: Response,
    case_id: Reference,
    by: ByDep,
    form: Annotated[dict[str, Any], Depends(_form)],
    settings: SettingsDep,
    store: StoreDep,
    afterwards: BackgroundTasks,
    key: KeyHeader = None,
) -> EvidenceOut:
    """Add a file to a case. It is looked at, scanned and stored before the case is told of it; the same content is stored once."""
    file, fields = _fields(form)
    declared = file.content_type or ""
    async with service.checked(store, settings.records, file.file, file.filename or "", declared) as upload:
        asked = f"{fields.model_dump_json()} {upload.name} {upload.sha256}"
        db = await begin_command(request, by, key, asked.encode())
        found, first = await service.add_file(db, by, case_id, upload, fields)
    if not first:
        afterwards.add_task(store.delete, upload.path)
    tag(response, found.Evidence)
    return service.shown(found)


@router.post(
    "/cases/{case_id}/evidence/citations",
    operation_id="citeUtterance",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *STEP_PROBLEMS, ProblemCode.TASK_UNKNOWN, ProblemCode.SESSION_NOT_LINKED, ProblemCode.NOT_RECORDED, ProblemCode.UTTERANCE_UNKNOWN
    ),
)
async def cite_utterance(response: Response, case_id: Reference, body: Citation, by: ByDep, principal: Adder, db: CommandDb) -> EvidenceOut:
    """Keep what somebody said in a conversation of this case as evidence, with its words as they are now and its place in the audio."""
    found = await service.cite(db, by, case_id, body)
    tag(response, found.Evidence)
    return service.shown(found)


@router.get("/cases/{case_id}/evidence", operation_id="listEvidence", responses=responses(ProblemCode.NOT_FOUND))
async def list_evidence(
    case_id: Reference,
    principal: Reader,
    db: ReadDb,
    kind: EvidenceKind | None = None,
    task_id: Reference | None = None,
    withdrawn: Annotated[bool | None, Query(description="Only what was withdrawn, or only what was not")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[EvidenceOut]:
    """A case's evidence, newest first."""
    await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return await newest_first(
        db,
        repository.of_case(case_id, kind=kind, task_id=task_id, withdrawn=withdrawn),
        Evidence.created_at,
        Evidence.id,
        limit=limit,
        cursor=cursor,
        show=service.shown,
    )


@router.get("/evidence/{evidence_id}", operation_id="getEvidence", responses=responses(ProblemCode.NOT_FOUND))
async def get_evidence(response: Response, evidence_id: Reference, principal: Reader, db: ReadDb) -> EvidenceOut:
    """One piece of evidence."""
    found = await service.find(db, principal, evidence_id)
    tag(response, found.Evidence)
    return service.shown(found)


@router.get(
    "/evidence/{evidence_id}/file",
    operation_id="downloadEvidence",
    response_class=Response,
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.EVIDENCE_MISSING, ProblemCode.FORBIDDEN, ProblemCode.STORE_UNAVAILABLE)
    | {200: {"content": {"application/octet-stream": {}}}},
)
async def download_evidence(request: Request, evidence_id: Reference, principal: Reader, factory: FactoryDep, store: StoreDep) -> Response:
    """The file, as an attachment under the name it was uploaded with. Each download is audited."""
    async with reading(factory) as db:  # given back before the audit asks for a connection
        found = await service.find_file(db, principal, evidence_id)
    row, blob = found.Evidence, found.EvidenceBlob
    blocks = await store.get(blob.path, blob.sha256)
    async with transaction(factory) as write:
        subject = audit.Subject("case", row.case_id, row.site_id)
        audit.record(write, actor(request, principal), "api:evidence:download", subject, after={"evidence_id": row.id})
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.filename, safe='')}",
        "Content-Length": str(blob.size),
        "ETag": f'"{blob.sha256}"',
    }
    return StreamingResponse(blocks, media_type=blob.media_type, headers=headers)


@router.post(
    "/evidence/{evidence_id}/withdraw",
    operation_id="withdrawEvidence",
    responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.EVIDENCE_WITHDRAWN),
)
async def withdraw_evidence(
    response: Response, evidence_id: Reference, body: Withdrawal, by: ByDep, principal: Adder, db: CommandDb, version: IfMatch
) -> EvidenceOut:
    """Say that a piece of evidence should not count, and why. It stays in the file. `If-Match` is the evidence's own version."""
    found = await service.withdraw(db, by, evidence_id, version, body.reason)
    tag(response, found.Evidence)
    return service.shown(found)
