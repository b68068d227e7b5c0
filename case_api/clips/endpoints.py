"""`/v1/sessions/{id}/clips` and `/v1/clips`."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response, status

from case_api.clips import repository, service
from case_api.clips.schemas import ClipChange, ClipDetail, ClipIn, ClipOut, Clips
from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import SignedIn
from case_api.sessions import heard
from case_api.sessions.audio import recording_of, wanted_bytes
from models import audit
from models.clips import SessionClip
from models.engine import reading, transaction

router = APIRouter(prefix="/sessions", tags=["clips"], route_class=CommandRoute)
clips_router = APIRouter(prefix="/clips", tags=["clips"], route_class=CommandRoute)


@router.get("/{session_id}/clips", operation_id="listSessionClips", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.NOT_RECORDED))
async def list_session_clips(session_id: Reference, principal: SignedIn, db: ReadDb) -> Clips:
    """What was cut out of the conversation, for whoever may hear it."""
    return Clips(items=await service.of_session(db, principal, session_id))


@router.post(
    "/{session_id}/clips",
    operation_id="cutClip",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *COMMAND_PROBLEMS, ProblemCode.NOT_RECORDED, ProblemCode.AUDIO_GONE, ProblemCode.CLIP_OUTSIDE, ProblemCode.CLIPS_FULL
    ),
)
async def cut_clip(response: Response, session_id: Reference, body: ClipIn, by: ByDep, db: CommandDb, settings: SettingsDep) -> ClipOut:
    """Cut a clip of up to ten minutes out of a finished recording. It is a window onto it: what removes the recording removes the clip."""
    return tag(response, await service.cut(db, by, session_id, body, settings.data_dir))


@clips_router.get("", operation_id="listClips")
async def list_clips(principal: SignedIn, db: ReadDb, limit: Limit = 20, cursor: Cursor = None) -> Page[ClipOut]:
    """Clips of the conversations one may hear, and those that are shared at one's sites; newest first."""
    query = repository.clips(principal)
    return await newest_first(db, query, SessionClip.created_at, SessionClip.id, limit=limit, cursor=cursor, show=service.clip_out)


@clips_router.get("/{clip_id}", operation_id="getClip", responses=responses(ProblemCode.NOT_FOUND))
async def get_clip(response: Response, clip_id: Reference, principal: SignedIn, db: ReadDb) -> ClipDetail:
    """One clip with what was said in it."""
    return tag(response, await service.detail(db, principal, clip_id))


@clips_router.patch("/{clip_id}", operation_id="changeClip", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS))
async def change_clip(response: Response, clip_id: Reference, body: ClipChange, by: ByDep, expected: IfMatch, db: CommandDb) -> ClipOut:
    """Rename a clip, or share it with the site's consultants, or no longer."""
    return tag(response, await service.change(db, by, clip_id, expected, body))


@clips_router.delete(
    "/{clip_id}",
    operation_id="deleteClip",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS),
)
async def delete_clip(clip_id: Reference, by: ByDep, expected: IfMatch, db: CommandDb) -> None:
    """Delete a clip; the recording stays."""
    await service.remove(db, by, clip_id, expected)


@clips_router.get(
    "/{clip_id}/audio",
    operation_id="getClipAudio",
    response_class=Response,
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.AUDIO_GONE, ProblemCode.RANGE_NOT_SATISFIABLE)
    | {200: {"content": {"audio/flac": {}}}, 206: {"description": "A range"}},
)
async def get_clip_audio(request: Request, clip_id: Reference, by: ByDep, factory: FactoryDep, settings: SettingsDep) -> Response:
    """The clip's sound as FLAC, in ranges. Listening is audited, once a playing."""
    async with reading(factory) as db:
        row = await service.find(db, by.principal, clip_id)
    clip, path = row.SessionClip, recording_of(settings.data_dir, row.Session)
    if path is None:
        raise Problem(ProblemCode.AUDIO_GONE)
    subject = audit.Subject("session", clip.session_id, row.Session.site_id)
    async with transaction(factory) as write:
        await heard.record(write, by.who, "clip_listen", subject, by.now, {"clip_id": clip.id})
    data = await asyncio.to_thread(service.flac, path, clip.start, clip.end)
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f'inline; filename="{clip_id}.flac"'}
    part = wanted_bytes(request.headers.get("range"), len(data))
    if part is None:
        return Response(data, media_type="audio/flac", headers=headers)
    first, last = part
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, headers, "audio/flac")
