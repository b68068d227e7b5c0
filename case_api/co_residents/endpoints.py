"""`/v1/co-resident-acknowledgements`: the 《共居人知情确认书》 of a customer and a unit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from case_api.co_residents import printing, repository, service
from case_api.co_residents.schemas import AckChange, AckCheck, AckIn, AckListed, AckOut, AckWithdrawal, SignIn
from case_api.commands import (
    COMMAND_PROBLEMS,
    KEY_PROBLEMS,
    VERSION_PROBLEMS,
    ByDep,
    CommandDb,
    CommandRoute,
    IfMatch,
    KeyHeader,
    begin_command,
    tag,
)
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.documents.pool import Renderer, get_renderer
from case_api.evidence.endpoints import StoreDep
from case_api.evidence.service import checked
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, Principal, actor, require
from models import audit
from models.co_residents import AckStatus, CoResidentAck
from models.engine import reading, transaction
from models.people import Person
from models.sites import Site

router = APIRouter(prefix="/co-resident-acknowledgements", tags=["co-residents"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.ACK_READ))]
Recorder = Annotated[Principal, Depends(require(Permission.ACK_RECORD))]
_CHANGES = (*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.ACK_STATE)
_SCAN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
            }
        },
    }
}
Number = Annotated[Line | None, Query(description="The customer's number in the CRM, whole")]
Unit = Annotated[Line | None, Query(description="The unit, whole")]


@router.get("", operation_id="listAcknowledgements")
async def list_acknowledgements(
    principal: Reader,
    db: ReadDb,
    site_id: Reference | None = None,
    customer_reference: Number = None,
    unit_reference: Unit = None,
    status: AckStatus | None = None,
    q: Annotated[Line | None, Query(description="Part of a name, of the unit or of the customer's number")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[AckListed]:
    """Acknowledgements of the person's sites, newest first."""
    wanted = {"site_id": site_id, "customer_reference": customer_reference, "unit_reference": unit_reference, "status": status, "q": q}
    return await newest_first(
        db,
        repository.acks_query(principal.sites_for(Permission.ACK_READ), **wanted),
        CoResidentAck.created_at,
        CoResidentAck.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: AckListed.model_validate(row.CoResidentAck),
    )


@router.get("/check", operation_id="checkAcknowledgement", responses=responses(ProblemCode.NOT_FOUND))
async def check_acknowledgement(
    principal: Reader, db: ReadDb, site_id: Reference, customer_reference: Number = None, unit_reference: Unit = None
) -> AckCheck:
    """Whether a customer has a signed acknowledgement: by number, or by unit where one of the two has no number.

    Asked before a subscription is taken; a subscription without one becomes an early warning after the days that the rules give.
    """
    if not principal.may(Permission.ACK_READ, site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    if not (customer_reference or unit_reference):
        raise Problem(ProblemCode.INVALID_REQUEST, "客户编号与单元编号至少填写一项 / the customer's number or the unit is needed")
    found = await repository.newest_signed(db, site_id, customer_reference or "", unit_reference or "")
    return AckCheck(
        acknowledged=found is not None,
        acknowledgement_id=found.id if found is not None else None,
        signed_at=found.signed_at if found is not None else None,
    )


@router.post(
    "",
    operation_id="recordAcknowledgement",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.FORBIDDEN, ProblemCode.SITE_UNKNOWN, *KEY_PROBLEMS),
)
async def record_acknowledgement(response: Response, body: AckIn, by: ByDep, _: Recorder, db: CommandDb) -> AckOut:
    """Write down who pays, who decides and who will live in the unit. The answer holds the text to be read and signed."""
    return _show(response, await service.create(db, by, body))


@router.get("/{ack_id}", operation_id="getAcknowledgement", responses=responses(ProblemCode.NOT_FOUND))
async def get_acknowledgement(response: Response, ack_id: Reference, principal: Reader, db: ReadDb) -> AckOut:
    """One acknowledgement."""
    return _show(response, await service.find(db, principal, ack_id))


@router.put("/{ack_id}", operation_id="changeAcknowledgement", responses=responses(*_CHANGES))
async def change_acknowledgement(
    response: Response, ack_id: Reference, body: AckChange, by: ByDep, _: Recorder, expected: IfMatch, db: CommandDb
) -> AckOut:
    """Other people, before anybody has signed."""
    return _show(response, await service.change(db, by, ack_id, expected, body))


@router.post("/{ack_id}/signatures", operation_id="signAcknowledgement", responses=responses(*_CHANGES, ProblemCode.ACK_SIGNATURES))
async def sign_acknowledgement(
    response: Response, ack_id: Reference, body: SignIn, by: ByDep, _: Recorder, expected: IfMatch, db: CommandDb
) -> AckOut:
    """Everybody's signature, drawn on the screen. From now on it counts: a warning of its lack closes by itself."""
    return _show(response, await service.sign(db, by, ack_id, expected, body))


async def _file(request: Request, ack_id: Reference, principal: Recorder, factory: FactoryDep) -> AsyncIterator[UploadFile]:
    """Read only after it is known that the person may add it."""
    async with reading(factory) as db:
        await service.find(db, principal, ack_id)
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise RequestValidationError([{"loc": ("body", "file"), "msg": "a file is required", "type": "missing"}])
        yield file


@router.post(
    "/{ack_id}/scan",
    operation_id="uploadSignedAcknowledgement",
    openapi_extra=_SCAN,
    responses=responses(
        *_CHANGES,
        ProblemCode.EVIDENCE_TYPE,
        ProblemCode.EVIDENCE_TYPE_MISMATCH,
        ProblemCode.EVIDENCE_UNSAFE,
        ProblemCode.SCAN_UNAVAILABLE,
        ProblemCode.STORE_UNAVAILABLE,
    ),
)
async def upload_signed(
    request: Request,
    response: Response,
    ack_id: Reference,
    by: ByDep,
    expected: IfMatch,
    file: Annotated[UploadFile, Depends(_file)],
    settings: SettingsDep,
    store: StoreDep,
    afterwards: BackgroundTasks,
    key: KeyHeader = None,
) -> AckOut:
    """The page that everybody has signed by hand, scanned. It is looked at, scanned and stored like evidence; then it counts."""
    async with checked(store, settings.records, file.file, file.filename or "", file.content_type or "") as upload:
        db = await begin_command(request, by, key, f"{upload.name} {upload.sha256}".encode())
        row, first = await service.keep_scan(db, by, ack_id, expected, upload)
    if not first:
        afterwards.add_task(store.delete, upload.path)
    return _show(response, row)


@router.get(
    "/{ack_id}/scan",
    operation_id="downloadSignedAcknowledgement",
    response_class=Response,
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.EVIDENCE_MISSING, ProblemCode.STORE_UNAVAILABLE)
    | {200: {"content": {"application/octet-stream": {}}}},
)
async def download_signed(request: Request, ack_id: Reference, principal: Reader, factory: FactoryDep, store: StoreDep) -> Response:
    """The scanned page, as an attachment. Each download is audited."""
    async with reading(factory) as db:
        row, blob = await service.scan_of(db, principal, ack_id)
    blocks = await store.get(blob.path, blob.sha256)
    async with transaction(factory) as write:
        subject = audit.Subject("co_resident_ack", row.id, row.site_id)
        audit.record(write, actor(request, principal), "api:co_resident_ack:download", subject)
    name = f"attachment; filename*=UTF-8''{quote(row.scan_name, safe='')}"
    headers = {"Content-Disposition": name, "Content-Length": str(blob.size), "ETag": f'"{blob.sha256}"'}
    return StreamingResponse(blocks, media_type=blob.media_type, headers=headers)


@router.get(
    "/{ack_id}/paper.pdf",
    operation_id="printAcknowledgement",
    response_class=Response,
    responses=responses(ProblemCode.NOT_FOUND) | {200: {"content": {"application/pdf": {}}, "description": "To sign, or as it was signed"}},
)
async def print_acknowledgement(
    ack_id: Reference, principal: Reader, factory: FactoryDep, renderer: Annotated[Renderer, Depends(get_renderer)]
) -> Response:
    """The acknowledgement on paper, in Chinese: with lines to sign on, or with the signatures that were drawn."""
    async with reading(factory) as db:
        row = await service.find(db, principal, ack_id)
        site = await db.get_one(Site, row.site_id)
        witness = await db.get(Person, row.witnessed_by) if row.witnessed_by is not None else None
    text = service.shown(row).text_zh
    paper = printing.document(row, text, site.name, site.timezone, witness.display_name if witness is not None else "")
    name = {"Content-Disposition": f'inline; filename="acknowledgement-{row.id}.pdf"'}
    return Response(await renderer.render(paper), media_type="application/pdf", headers=name)


@router.post("/{ack_id}/withdraw", operation_id="withdrawAcknowledgement", responses=responses(*_CHANGES))
async def withdraw_acknowledgement(
    response: Response, ack_id: Reference, body: AckWithdrawal, by: ByDep, _: Recorder, expected: IfMatch, db: CommandDb
) -> AckOut:
    """Say that it should not count, and why. It stays to be read; its lack may be warned of again."""
    return _show(response, await service.withdraw(db, by, ack_id, expected, body.reason))


def _show(response: Response, row: CoResidentAck) -> AckOut:
    return service.shown(tag(response, row))
