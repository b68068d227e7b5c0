"""`/v1/signals`, and what the conversations of a case say about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from case_api.cases import flow
from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.signals import repository, service
from case_api.signals.schemas import CauseOut, Confirmation, Dismissal, RecordingOut, RiskOut, SignalOut, SuggestionsOut
from models.signals import CaseSignal, SignalKind, SignalStatus

router = APIRouter(tags=["signals"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
Receiver = Annotated[Principal, Depends(require(Permission.CASE_INTAKE))]
DECISION = (*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.SIGNAL_DECIDED, ProblemCode.NOT_RECORDED)


def _show(response: Response, row: Any) -> SignalOut:
    tag(response, row.CaseSignal)
    return service.shown(row)


@router.get("/signals", operation_id="listSignals")
async def list_signals(
    principal: Reader,
    db: ReadDb,
    site_id: Reference | None = None,
    session_id: Reference | None = None,
    case_id: Reference | None = None,
    kind: SignalKind | None = None,
    status: SignalStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[SignalOut]:
    """Signals of the person's sites, newest first; `status=open` are those that ask for a decision."""
    return await newest_first(
        db,
        repository.narrowed(
            principal.sites_for(Permission.CASE_READ), site_id=site_id, session_id=session_id, case_id=case_id, kind=kind, status=status
        ),
        CaseSignal.heard_at,
        CaseSignal.id,
        limit=limit,
        cursor=cursor,
        show=service.shown,
    )


@router.get("/signals/{signal_id}", operation_id="getSignal", responses=responses(ProblemCode.NOT_FOUND))
async def get_signal(response: Response, signal_id: Reference, principal: Reader, db: ReadDb) -> SignalOut:
    """One signal."""
    return _show(response, await service.find(db, principal, signal_id))


@router.post(
    "/signals/{signal_id}/confirm",
    operation_id="confirmSignal",
    responses=responses(*DECISION, ProblemCode.CASE_STATE, ProblemCode.CASE_UNKNOWN, ProblemCode.SITE_UNKNOWN),
)
async def confirm_signal(
    response: Response, signal_id: Reference, body: Confirmation, by: ByDep, principal: Receiver, db: CommandDb, version: IfMatch
) -> SignalOut:
    """Say that the conversation is a request to withdraw: attach it to a case, or open a draft. `If-Match` is the signal's version."""
    return _show(response, await service.confirm(db, by, signal_id, version, body))


@router.post("/signals/{signal_id}/dismiss", operation_id="dismissSignal", responses=responses(*DECISION))
async def dismiss_signal(
    response: Response, signal_id: Reference, body: Dismissal, by: ByDep, principal: Receiver, db: CommandDb, version: IfMatch
) -> SignalOut:
    """Say that no case comes of it, and why. `If-Match` is the signal's version."""
    return _show(response, await service.dismiss(db, by, signal_id, version, body.reason))


@router.get("/cases/{case_id}/suggestions", operation_id="getSuggestions", responses=responses(ProblemCode.NOT_FOUND))
async def get_suggestions(case_id: Reference, principal: Reader, db: ReadDb) -> SuggestionsOut:
    """Causes and risks heard in the case's conversations, for a person to take over or not. Nothing is decided by them."""
    await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    found = await service.suggestions(db, case_id)
    causes = [CauseOut.model_validate(one) for one in found.causes]
    return SuggestionsOut(causes=causes, risks=[RiskOut.model_validate(one) for one in found.risks])


@router.get("/cases/{case_id}/recordings", operation_id="listRecordings", responses=responses(ProblemCode.NOT_FOUND))
async def list_recordings(case_id: Reference, principal: Reader, db: ReadDb) -> list[RecordingOut]:
    """The case's conversations, oldest first."""
    await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return [service.recording(principal, row) for row in await repository.recordings(db, case_id)]
