"""`/v1/public/…`: what a customer's phone asks, with the secret of a link instead of an account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Depends, Request, status
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from case_api.database import FactoryDep, ReadDb, SettingsDep, WriteDb
from case_api.evidence.endpoints import StoreDep
from case_api.evidence.rules import HEIC, JPEG, PNG, WEBP
from case_api.evidence.service import Checked, checked
from case_api.evidence.store import BlobStore
from case_api.intake.phone.gateways import PhoneGateway, phone_gateway
from case_api.intake.schemas import CodeConfirmation
from case_api.problems import Problem, ProblemCode, responses
from case_api.public_form import service
from case_api.public_form.access import VisitorDep
from case_api.public_form.schemas import (
    SUBMISSION_FORM,
    Application,
    CodeOnItsWay,
    FormOut,
    PhoneIn,
    PhoneVerified,
    ProgressOut,
    Received,
    SurveyIn,
    SurveyOut,
)
from models.engine import reading, transaction
from models.settings import Settings

router = APIRouter(prefix="/public", tags=["public form"])

APPLICATION_BYTES: Final = 32 * 1024
PHOTOS: Final = (JPEG, PNG, HEIC, WEBP)
VISIT = (ProblemCode.TOKEN_MISSING, ProblemCode.LINK_INVALID, ProblemCode.LINK_EXPIRED, ProblemCode.TOO_MANY_REQUESTS)
USE = (*VISIT, ProblemCode.LINK_USED)
Gateway = Annotated[PhoneGateway, Depends(phone_gateway)]


@router.get("/form", operation_id="getPublicForm", responses=responses(*USE))
async def get_form(visitor: VisitorDep, db: ReadDb, settings: SettingsDep) -> FormOut:
    """What the page needs to show the form."""
    return await service.shown(db, visitor, settings)


@router.post(
    "/form/code",
    operation_id="sendFormCode",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *USE,
        ProblemCode.PHONE_INVALID,
        ProblemCode.PHONE_NO_MESSAGES,
        ProblemCode.CODE_TOO_SOON,
        ProblemCode.CODE_EXHAUSTED,
        ProblemCode.CODE_NOT_SENT,
    ),
)
async def send_code(visitor: VisitorDep, body: PhoneIn, factory: FactoryDep, settings: SettingsDep, gateway: Gateway) -> CodeOnItsWay:
    """Send a one-time code to the customer's phone."""
    return await service.send_code(factory, gateway, settings.intake, visitor, body.phone)


@router.post(
    "/form/confirm",
    operation_id="confirmFormCode",
    responses=responses(*USE, ProblemCode.CODE_NONE, ProblemCode.CODE_WRONG, ProblemCode.CODE_EXPIRED, ProblemCode.CODE_EXHAUSTED),
)
async def confirm_code(visitor: VisitorDep, body: CodeConfirmation, factory: FactoryDep, settings: SettingsDep) -> PhoneVerified:
    """Confirm the code that the customer received. A wrong one is counted although it is refused."""
    return await service.confirm_code(factory, settings.intake, visitor, body.code)


async def _form(request: Request, visitor: VisitorDep, factory: FactoryDep) -> AsyncIterator[dict[str, Any]]:
    """The form's parts; nothing of them is read before the link is known."""
    async with reading(factory) as db:
        await service.find(db, visitor)
    async with request.form(max_files=1, max_fields=1, max_part_size=APPLICATION_BYTES) as form:
        yield dict(form)


def _application(form: dict[str, Any]) -> tuple[Application, UploadFile | None]:
    photo = form.get("photo")
    try:
        body = Application.model_validate_json(form.get("application") or "")
    except (ValidationError, TypeError) as error:
        found = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": "has to be JSON", "type": "json_invalid"}]
        raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in found]) from error
    if set(form) - {"application", "photo"} or not (photo is None or isinstance(photo, UploadFile)):
        raise RequestValidationError([{"loc": ("body",), "msg": "application and photo, nothing else", "type": "extra_forbidden"}])
    return body, photo


@router.post(
    "/form/submit",
    operation_id="submitPublicForm",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=SUBMISSION_FORM,
    responses=responses(
        *USE,
        ProblemCode.CONSENT_OUTDATED,
        ProblemCode.ID_NUMBER_INVALID,
        ProblemCode.PHONE_INVALID,
        ProblemCode.PHONE_NO_MESSAGES,
        ProblemCode.EVIDENCE_TYPE,
        ProblemCode.EVIDENCE_TYPE_MISMATCH,
        ProblemCode.EVIDENCE_UNSAFE,
        ProblemCode.SCAN_UNAVAILABLE,
        ProblemCode.STORE_UNAVAILABLE,
    ),
)
async def submit_form(
    visitor: VisitorDep,
    form: Annotated[dict[str, Any], Depends(_form)],
    factory: FactoryDep,
    settings: SettingsDep,
    store: StoreDep,
    afterwards: BackgroundTasks,
) -> Received:
    """Hand the application in, once: a draft that a receptionist goes through with the customer. Sent again with the same
    `progress_token`, it answers as before and changes nothing."""
    body, photo = _application(form)
    async with reading(factory) as db:
        before = await service.received_before(db, visitor, body.progress_token)
    if before is not None:
        return before
    async with AsyncExitStack() as stack:
        upload = await stack.enter_async_context(_picture(store, settings, photo)) if photo is not None else None
        async with transaction(factory) as write:
            received, first = await service.submit(write, visitor, body, upload)
    if upload is not None and not first:
        afterwards.add_task(store.delete, upload.path)
    return received


@asynccontextmanager
async def _picture(store: BlobStore, settings: Settings, photo: UploadFile) -> AsyncIterator[Checked]:
    """The photo, looked at and stored as evidence is, if it is a picture. Raises Problem: those of `checked`."""
    limits = settings.records.model_copy(update={"upload_bytes_max": settings.public.photo_bytes_max})
    async with checked(store, limits, photo.file, photo.filename or "", photo.content_type or "") as upload:
        if upload.type not in PHOTOS:
            raise Problem(ProblemCode.EVIDENCE_TYPE, "body.photo")
        yield upload


@router.get("/progress", operation_id="getPublicProgress", responses=responses(*VISIT))
async def get_progress(visitor: VisitorDep, db: ReadDb) -> ProgressOut:
    """How far the case is that this link belongs to."""
    return await service.progress(db, visitor)


@router.post("/survey", operation_id="answerSurvey", responses=responses(*VISIT, ProblemCode.SURVEY_CLOSED, ProblemCode.SURVEY_ANSWERED))
async def answer_survey(visitor: VisitorDep, body: SurveyIn, db: WriteDb) -> SurveyOut:
    """Say how satisfied one is, once the case has ended."""
    return await service.answer_survey(db, visitor, body)
