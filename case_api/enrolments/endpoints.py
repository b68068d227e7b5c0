"""`/v1/enrolments`: everybody their own, nobody another's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile, status

from case_api.commands import KEY_PROBLEMS, ByDep, CommandDb, CommandRoute, KeyHeader
from case_api.database import FactoryDep, ReadDb
from case_api.enrolments import service
from case_api.enrolments.schemas import EnrolmentOut
from case_api.once import once_files
from case_api.problems import Problem, ProblemCode, responses
from case_api.security import Permission, Principal, require

router = APIRouter(prefix="/enrolments", tags=["enrolments"], route_class=CommandRoute)

Enroller = Annotated[Principal, Depends(require(Permission.ENROLMENT_OWN))]


@router.get("/me", operation_id="getEnrolment")
async def get_enrolment(principal: Enroller, db: ReadDb) -> EnrolmentOut:
    """Whether one's voice is enrolled."""
    return service.shown(await service.current(db, principal.person_id))


@router.post(
    "",
    operation_id="enrol",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        ProblemCode.CONSENT_REQUIRED,
        ProblemCode.AUDIO_UNDECODABLE,
        ProblemCode.AUDIO_LENGTH,
        ProblemCode.VOICE_UNAVAILABLE,
        *KEY_PROBLEMS,
    ),
)
async def enrol(
    request: Request,
    _: Enroller,
    by: ByDep,
    factory: FactoryDep,
    consent: Annotated[bool, Form(description="Agreed to the notice of kind `enrolment`")],
    calm: Annotated[UploadFile, File(description="15 s or so of one's everyday voice: WAV, FLAC or WebM")],
    raised: Annotated[UploadFile | None, File(description="The same, raised")] = None,
    key: KeyHeader = None,
) -> EnrolmentOut:
    """Enrol one's own voice, or replace it. Only numbers computed from the recordings are kept."""
    if not consent:
        raise Problem(ProblemCode.CONSENT_REQUIRED)
    embed: service.Embed | None = request.app.state.embed
    if embed is None:
        raise Problem(ProblemCode.VOICE_UNAVAILABLE)
    uploads = [upload for upload in (calm, raised) if upload is not None]
    once = await once_files(request, by, key, uploads)
    return await service.enrol(factory, embed, by, [await upload.read() for upload in uploads], once)


@router.delete(
    "/me",
    operation_id="deleteEnrolment",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(ProblemCode.NOT_ENROLLED, *KEY_PROBLEMS),
)
async def delete_enrolment(_: Enroller, by: ByDep, db: CommandDb) -> None:
    """Delete one's voice at once."""
    await service.delete(db, by)
