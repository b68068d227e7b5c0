"""`/v1/sessions/{id}/hints` and `/v1/sessions/{id}/listeners`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, status

from case_api.commands import COMMAND_PROBLEMS, ByDep, CommandDb, CommandRoute
from case_api.companions import service
from case_api.companions.schemas import HeardOut, HintIn, HintOut, ListenerOut
from case_api.database import FactoryDep, SettingsDep
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference

router = APIRouter(prefix="/sessions", tags=["companions"], route_class=CommandRoute)
WRITES = (*COMMAND_PROBLEMS, ProblemCode.SESSION_OVER)


@router.post(
    "/{session_id}/hints",
    operation_id="sendHint",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*WRITES, ProblemCode.TOO_MANY_REQUESTS, ProblemCode.HINTS_FULL),
)
async def send_hint(session_id: Reference, body: HintIn, by: ByDep, db: CommandDb) -> HintOut:
    """Send a short word to the phone of a running conversation, under one's name. A phone that is away gets it when it is back."""
    return await service.send_hint(db, by, session_id, body)


@router.post(
    "/{session_id}/listeners",
    operation_id="startListening",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*WRITES, ProblemCode.NOT_RECORDED, ProblemCode.LISTENING_NOT_AGREED, ProblemCode.LISTENERS_FULL),
)
async def start_listening(session_id: Reference, by: ByDep, db: CommandDb) -> ListenerOut:
    """Listen in on a running conversation whose customer agreed to it. The phone shows one's name first; both ends are audited."""
    return await service.listen(db, by, session_id)


@router.get(
    "/{session_id}/listeners/{listener_id}/audio",
    operation_id="hearNewest",
    responses=responses(ProblemCode.NOT_FOUND),
)
async def hear_newest(
    session_id: Reference,
    listener_id: Reference,
    by: ByDep,
    factory: FactoryDep,
    settings: SettingsDep,
    after: Annotated[int | None, Query(ge=0, le=1 << 40, description="`next` of the answer before; left out: the last two seconds")] = None,
) -> HeardOut:
    """What was said since one last asked. Whoever does not ask for 15 seconds no longer listens."""
    return await service.hear(factory, settings.data_dir, by, session_id, listener_id, after)


@router.delete(
    "/{session_id}/listeners/{listener_id}",
    operation_id="stopListening",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*COMMAND_PROBLEMS),
)
async def stop_listening(session_id: Reference, listener_id: Reference, by: ByDep, db: CommandDb) -> None:
    """Stop listening."""
    await service.stop(db, by, session_id, listener_id)
