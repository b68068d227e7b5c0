"""`/v1/enrolments`: everybody their own, nobody another's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile, status

from case_api.database import FactoryDep, ReadDb, WriteDb
from case_api.enrolments import service
from case_api.enrolments.schemas import EnrolmentOut
from case_api.problems import Problem, ProblemCode, responses
from case_api.security import Permission, Principal, actor, require
from models.enrolments import VoiceEnrolment

router = APIRouter(prefix="/enrolments", tags=["enrolments"])

Enroller = Annotated[Principal, Depends(require(Permission.ENROLMENT_OWN))]


def _out(row: VoiceEnrolment | None) -> EnrolmentOut:
    if row is None:
        return EnrolmentOut(enrolled=False)
    return EnrolmentOut(enrolled=True, raised=row.raised, created_at=row.created_at, consent_text_version=row.consent_text_version)


@router.get("/me", operation_id="getEnrolment")
async def get_enrolment(principal: Enroller, db: ReadDb) -> EnrolmentOut:
    """Whether one's voice is enrolled."""
    return _out(await service.current(db, principal.person_id))


@router.post(
    "",
    operation_id="enrol",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        ProblemCode.CONSENT_REQUIRED, ProblemCode.AUDIO_UNDECODABLE, ProblemCode.AUDIO_LENGTH, ProblemCode.VOICE_UNAVAILABLE
    ),
)
async def enrol(
    request: Request,
    principal: Enroller,
    factory: FactoryDep,
    consent: Annotated[bool, Form(description="Agreed to the notice of kind `enrolment`")],
    calm: Annotated[UploadFile, File(description="15 s or so of one's everyday voice: WAV, FLAC or WebM")],
    raised: Annotated[UploadFile | None, File(description="The same, raised")] = None,
) -> EnrolmentOut:
    """Enrol one's own voice, or replace it. Only numbers computed from the recordings are kept."""
    if not consent:
        raise Problem(ProblemCode.CONSENT_REQUIRED)
    embed: service.Embed | None = request.app.state.embed
    if embed is None:
        raise Problem(ProblemCode.VOICE_UNAVAILABLE)
    recordings = [await upload.read() for upload in (calm, raised) if upload is not None]
    return _out(await service.enrol(factory, embed, principal, actor(request, principal), recordings))


@router.delete("/me", operation_id="deleteEnrolment", status_code=status.HTTP_204_NO_CONTENT, responses=responses(ProblemCode.NOT_ENROLLED))
async def delete_enrolment(request: Request, principal: Enroller, db: WriteDb) -> None:
    """Delete one's voice at once."""
    await service.delete(db, principal, actor(request, principal))
