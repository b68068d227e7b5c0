"""`/v1/sessions`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from case_api.commands import KEY_PROBLEMS, ByDep, CommandDb, CommandRoute, Now
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.documents.pdf import Language
from case_api.documents.pool import Renderer, get_renderer
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Line, Moment, Reference
from case_api.security import Permission, Principal, SignedIn, actor
from case_api.sessions import audio, heard, report, repository, service
from case_api.sessions.exports import MEDIA_TYPES, ExportFormat
from case_api.sessions.repository import Filters
from case_api.sessions.schemas import Course, SessionChange, SessionDetail, SessionOut, States, Track
from case_api.transcripts import repository as transcripts
from models import audit
from models.engine import reading, transaction
from models.sessions import Level, Session, SessionStatus

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=CommandRoute)

MOST_RARE = 2000
"""Sentences up to which the conversations that hold a word are listed by the index."""


async def _reader(principal: SignedIn) -> Principal:
    if not (principal.holds(Permission.SESSION_READ_OWN) or principal.holds(Permission.SESSION_READ_SITE)):
        raise Problem(ProblemCode.FORBIDDEN, Permission.SESSION_READ_OWN)
    return principal


Reader = Annotated[Principal, Depends(_reader)]
KEPT = responses(ProblemCode.NOT_FOUND, ProblemCode.NOT_RECORDED)


async def _filters(
    site_id: Reference | None = None,
    staff_id: Reference | None = None,
    case_id: Reference | None = None,
    status: SessionStatus | None = None,
    level: Annotated[Level | None, Query(description="Highest level that was reached")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="Started then or later")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Started before")] = None,
    q: Annotated[Line | None, Query(description="Text somebody said")] = None,
) -> Filters:
    return Filters(site_id, staff_id, case_id, status, level, since, until, q)


@router.get("", operation_id="listSessions")
async def list_sessions(
    principal: Reader, db: ReadDb, filters: Annotated[Filters, Depends(_filters)], limit: Limit = 20, cursor: Cursor = None
) -> Page[SessionOut]:
    """One's own sessions, or every session of the sites one oversees; newest first."""
    spoken_in = await transcripts.spoken_in(db, filters.q, MOST_RARE) if filters.q else None
    query = repository.sessions_query(principal, replace(filters, spoken_in=spoken_in))
    return await newest_first(db, query, Session.started_at, Session.id, limit=limit, cursor=cursor, show=service.session_out)


@router.get("/{session_id}", operation_id="getSession", responses=responses(ProblemCode.NOT_FOUND))
async def get_session(
    session_id: Reference,
    principal: Reader,
    db: ReadDb,
    characters: Annotated[bool, Query(description="With the time of each character: most of what a long session is")] = True,
    utterances: Annotated[bool, Query(description="With what was said: most of the rest")] = True,
) -> SessionDetail:
    """One session with everything that was said, shown and found."""
    row = await service.find(db, principal, session_id)
    return await service.detail(db, row, characters=characters, utterances=utterances)


@router.patch(
    "/{session_id}",
    operation_id="linkSession",
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.CASE_UNKNOWN, ProblemCode.CASE_STATE, *KEY_PROBLEMS),
)
async def link_session(request: Request, session_id: Reference, body: SessionChange, principal: Reader, db: CommandDb) -> SessionOut:
    """Link the session to a case."""
    return service.session_out(await service.link_case(db, principal, actor(request, principal), session_id, body.case_id))


@router.get("/{session_id}/states", operation_id="getStates", responses=KEPT)
async def get_states(session_id: Reference, principal: Reader, db: ReadDb) -> States:
    """How the customer's level went."""
    await service.find_kept(db, principal, session_id)
    return States(items=await service.states(db, session_id))


@router.get("/{session_id}/course", operation_id="getCourse", responses=KEPT)
async def get_course(session_id: Reference, principal: Reader, db: ReadDb) -> Course:
    """The states in short: stretches of one level, and what was usual for the customer."""
    row = await service.find_kept(db, principal, session_id)
    return await service.course(db, row.Session)


@router.get("/{session_id}/track", operation_id="getTrack", responses=KEPT | responses(ProblemCode.RANGE_TOO_LONG))
async def get_track(
    session_id: Reference,
    principal: Reader,
    db: ReadDb,
    begin: Annotated[float, Query(alias="from", ge=0, le=864_000, allow_inf_nan=False)] = 0.0,
    end: Annotated[float, Query(alias="to", gt=0, le=864_000, allow_inf_nan=False)] = 864_000.0,
    step: Annotated[float, Query(ge=0.1, le=60, allow_inf_nan=False, description="Seconds between two points")] = 1.0,
    extremes: Annotated[bool, Query(description="Also the lowest and highest value of each step: no outburst is lost in a mean")] = False,
) -> Track:
    """Rate, loudness, pitch and balance over time."""
    await service.find_kept(db, principal, session_id)
    return await service.track(db, session_id, begin, end, step, extremes=extremes)


@router.get(
    "/{session_id}/audio",
    operation_id="getAudio",
    response_class=Response,
    responses=KEPT
    | responses(ProblemCode.AUDIO_GONE, ProblemCode.RANGE_NOT_SATISFIABLE, ProblemCode.LISTENING_SHOWN_FIRST)
    | {200: {"content": {"audio/flac": {}, "audio/wav": {}}}, 206: {"description": "A range"}},
)
async def get_audio(request: Request, session_id: Reference, principal: Reader, db: ReadDb, settings: SettingsDep, now: Now) -> Response:
    """The recording: FLAC once it is finished, before that a WAV of what is stored so far; both in ranges.

    Listening is audited, once in ten minutes.
    """
    row = await service.find_kept(db, principal, session_id)
    service.demand_unheard(row.Session, principal)
    subject = audit.Subject("session", session_id, row.Session.site_id)
    async with transaction(request.app.state.factory) as write:
        await heard.record(write, actor(request, principal), "listen", subject, now)
    path = audio.recording_of(settings.data_dir, row.Session)
    if path is not None:
        return FileResponse(path, media_type="audio/flac", filename=f"{session_id}.flac", content_disposition_type="inline")
    part = await service.live_wav(settings.data_dir / "recordings" / session_id, request.headers.get("range"))
    headers = {"Content-Length": str(part.last - part.first + 1), "Accept-Ranges": "bytes"}
    if not part.whole:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{part.size}"
    return StreamingResponse(part.blocks, 200 if part.whole else 206, headers, "audio/wav")


@router.get(
    "/{session_id}/export",
    operation_id="exportSession",
    response_class=Response,
    responses=KEPT | {200: {"content": {media: {} for media in MEDIA_TYPES.values()}}},
)
async def export_session(
    session_id: Reference, by: ByDep, _: Reader, factory: FactoryDep, form: Annotated[ExportFormat, Query(alias="format")] = "json"
) -> Response:
    """Everything as JSON, or the transcript as SRT, WebVTT or plain text. Each export is audited."""
    async with reading(factory) as db:
        row = await service.find_kept(db, by.principal, session_id)
        data = await service.export(db, row, form)
    subject = audit.Subject("session", session_id, row.Session.site_id)
    async with transaction(factory) as write:
        audit.record(write, by.who, "api:session:export", subject, after={"format": form}, at=by.now)
    headers = {"Content-Disposition": f'attachment; filename="{session_id}.{form}"'}
    return Response(data, media_type=MEDIA_TYPES[form], headers=headers)


@router.get(
    "/{session_id}/report.pdf",
    operation_id="printSession",
    response_class=Response,
    responses=KEPT | {200: {"content": {"application/pdf": {}}, "description": "The report"}},
)
async def print_session(
    session_id: Reference,
    by: ByDep,
    factory: FactoryDep,
    renderer: Annotated[Renderer, Depends(get_renderer)],
    transcript: Annotated[bool, Query(description="With everything that was said")] = False,
    language: Annotated[Language, Query(alias="lang", description="What was said and shown stays as it was")] = "zh",
) -> Response:
    """The session on paper, in Chinese or English: figures, its course drawn, prompts, terms and moments. Printing is audited."""
    async with reading(factory) as db:
        row = await service.find_kept(db, by.principal, session_id)
        given = await service.reported(db, row, by, language)
    subject = audit.Subject("session", session_id, row.Session.site_id)
    async with transaction(factory) as write:
        audit.record(write, by.who, "api:session:print", subject, after={"transcript": transcript, "language": language}, at=by.now)
    data = await renderer.render(report.document(given, transcript=transcript, language=language))
    name = f'inline; filename="{session_id}.pdf"'
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})
