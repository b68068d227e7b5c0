"""`/v1/sessions/{id}/utterances/{utterance_id}`."""

from __future__ import annotations

from fastapi import APIRouter, Response

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.corrections import service
from case_api.corrections.schemas import CorrectedOut, CorrectionIn, RestorationIn, Versions
from case_api.database import ReadDb
from case_api.library.endpoints import ShelfDep
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import SignedIn

router = APIRouter(prefix="/sessions", tags=["corrections"], route_class=CommandRoute)
WRITES = responses(
    *COMMAND_PROBLEMS,
    *VERSION_PROBLEMS,
    ProblemCode.NOT_RECORDED,
    ProblemCode.SESSION_NOT_ENDED,
    ProblemCode.CORRECTION_OWN,
    ProblemCode.CORRECTIONS_FULL,
)
PATH = "/{session_id}/utterances/{utterance_id}"


@router.get(f"{PATH}/versions", operation_id="listVersions", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.NOT_RECORDED))
async def list_versions(session_id: Reference, utterance_id: Reference, principal: SignedIn, db: ReadDb, shelf: ShelfDep) -> Versions:
    """What was recognised and what people made of it, with who, when and why, for whoever may read the conversation."""
    return await service.versions(db, principal, session_id, utterance_id, shelf.tools.matcher)


@router.patch(PATH, operation_id="correctUtterance", responses=WRITES)
async def correct_utterance(
    response: Response, session_id: Reference, utterance_id: Reference, body: CorrectionIn, by: ByDep, expected: IfMatch, db: CommandDb
) -> CorrectedOut:
    """Correct the text or the speaker of a sentence of an ended conversation, not of one's own. What was recognised stays as version 0."""
    return service.out(tag(response, await service.correct(db, by, session_id, utterance_id, expected, body)))


@router.post(f"{PATH}/restore", operation_id="restoreUtterance", responses=WRITES)
async def restore_utterance(
    response: Response, session_id: Reference, utterance_id: Reference, body: RestorationIn, by: ByDep, expected: IfMatch, db: CommandDb
) -> CorrectedOut:
    """Go back to a version; that makes a new one, and none is lost."""
    return service.out(tag(response, await service.restore(db, by, session_id, utterance_id, expected, body)))
