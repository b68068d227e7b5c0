"""Reading sessions back, within what the principal may see and the customer agreed to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.intake.recording import stored_samples
from case_api.cases.flow import touch
from case_api.commands import By
from case_api.companions import repository as companions
from case_api.companions.schemas import hint_out, listener_out
from case_api.documents.pdf import Language
from case_api.people.repository import name_of
from case_api.problems import Problem, ProblemCode
from case_api.schemas import Out
from case_api.security import Permission, Principal
from case_api.sessions import audio, repository
from case_api.sessions.course import bands, onset, usual
from case_api.sessions.exports import ExportFormat, Said, clock, to_srt, to_text, to_vtt
from case_api.sessions.report import Reported
from case_api.sessions.rules import Column, downsample, splice, without_words
from case_api.sessions.schemas import (
    BandOut,
    ConsentOut,
    Course,
    FeedbackOut,
    KeywordOut,
    MarkOut,
    PromptOut,
    SessionDetail,
    SessionOut,
    StateOut,
    Track,
    UtteranceOut,
    WarningOut,
    WithheldOut,
)
from models import audit
from models.cases import WithdrawalCase
from models.consents import Consent, stands
from models.prosody import unpack
from models.sessions import Session
from models.sites import Site

MAX_POINTS = 20_000
REPORT_POINTS = 2400
"""Points of a printed curve, over all its strips."""


def kept(row: Any) -> bool:
    """Whether audio and text may be shown: agreed to, and not withdrawn since."""
    return stands(row.Session, row.Consent)


def _fields(schema: type[Out], row: Session) -> dict[str, Any]:
    return {name: getattr(row, name) for name in schema.model_fields if hasattr(row, name)}


def session_out(row: Any) -> SessionOut:
    """A row of `sessions_query` as a list shows it."""
    values = _fields(SessionOut, row.Session) | {"recording": kept(row), "consent_withdrawn": row.Consent.withdrawn_at is not None}
    return SessionOut(**values, staff_name=row.display_name, case_code=row.code)


async def find(db: AsyncSession, principal: Principal, session_id: str) -> Any:
    """The row, or `not_found` also for somebody else's."""
    row = await repository.session_row(db, principal, session_id)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


async def find_kept(db: AsyncSession, principal: Principal, session_id: str) -> Any:
    """The row of a session whose audio and text may be shown, else `not_recorded`."""
    row = await find(db, principal, session_id)
    if not kept(row):
        raise Problem(ProblemCode.NOT_RECORDED)
    return row


async def detail(db: AsyncSession, row: Any, *, characters: bool = True, utterances: bool = True) -> SessionDetail:
    """One session whole, or without the times of each character, or without what was said."""
    session: Session = row.Session
    values = _fields(SessionDetail, session) | session_out(row).model_dump()
    values |= {
        "consent": await _consent(db, row.Consent),
        "hints": [hint_out(hint, name, session.status) for hint, name in await companions.hints(db, session.id)],
        "listeners": [listener_out(*one) for one in await companions.listeners(db, session.id)],
    }
    if not kept(row):
        summary = without_words(session.summary) if session.summary is not None else None
        return SessionDetail(**values | {"audio_url": None, "recording_sha256": None, "summary": summary})
    return SessionDetail(
        **values | {"audio_url": f"/v1/sessions/{session.id}/audio"},
        utterances=await _said(db, session.id, characters=characters) if utterances else [],
        prompts=await _prompts(db, session.id),
        withheld=await _withheld(db, session),
        keywords=[KeywordOut.model_validate(one) for one in await repository.keywords(db, session.id)],
        marks=[MarkOut.model_validate(one) for one in await repository.marks(db, session.id)],
        warnings=[WarningOut.model_validate(one) for one in await repository.warnings(db, session.id)],
    )


async def _consent(db: AsyncSession, consent: Consent) -> ConsentOut:
    name = await name_of(db, consent.withdrawn_by) if consent.withdrawn_by is not None else None
    return ConsentOut.model_validate(consent).model_copy(update={"withdrawn_by_name": name})


async def _said(db: AsyncSession, session_id: str, *, characters: bool) -> list[UtteranceOut]:
    if characters:
        return [UtteranceOut.model_validate(one) for one in await repository.utterances(db, session_id)]
    return [UtteranceOut(characters=[], **one._mapping) for one in await repository.sentences(db, session_id)]


async def _prompts(db: AsyncSession, session_id: str) -> list[PromptOut]:
    taps: defaultdict[str, list[FeedbackOut]] = defaultdict(list)
    for tap in await repository.feedback(db, session_id):
        taps[tap.prompt_id].append(FeedbackOut.model_validate(tap))
    own = PromptOut.model_fields.keys() - {"id", "feedback"}
    return [
        PromptOut(id=prompt.prompt_key, feedback=taps[prompt.id], **{name: getattr(prompt, name) for name in own})
        for prompt in await repository.prompts(db, session_id)
    ]


async def _withheld(db: AsyncSession, session: Session) -> list[WithheldOut]:
    """Told when the conversation is over: known before, somebody would put in words what the lot left out."""
    if session.status != "ended":
        return []
    told = WithheldOut.model_fields.keys() - {"id", "text", "reasons"}
    return [
        WithheldOut(
            id=one.prompt_key,
            text=one.evidence.get("text", ""),
            reasons=one.evidence.get("reasons", []),
            **{name: getattr(one, name) for name in told},
        )
        for one in await repository.withheld(db, session.id)
    ]


async def states(db: AsyncSession, session_id: str) -> list[StateOut]:
    """The customer's level over time."""
    return [StateOut.model_validate(state) for state in await repository.states(db, session_id)]


async def course(db: AsyncSession, session: Session) -> Course:
    """The states in short."""
    found = await repository.course(db, session.id)
    stretches = bands(found, max([session.seconds, *(state.at for state in found[-1:])]))
    return Course(bands=[BandOut.model_validate(band) for band in stretches], usual=usual(found), onset=onset(stretches))


async def track(db: AsyncSession, session_id: str, begin: float, end: float, step: float, *, extremes: bool = False) -> Track:
    """Prosody columns in [begin, end) at (about) `step` seconds, with the extremes of each if wanted. Raises Problem: range_too_long."""
    chunks = [(chunk.start, chunk.step, unpack(chunk)) for chunk in await repository.track_chunks(db, session_id, begin, end)]
    return await asyncio.to_thread(_track, chunks, begin, end, step, extremes=extremes)  # two hours take tens of milliseconds


def _track(chunks: Sequence[tuple[float, float, Mapping[str, Column]]], begin: float, end: float, step: float, *, extremes: bool) -> Track:
    start, fine, columns = splice(chunks, begin, end)
    if not columns:
        return Track(start=begin, step=step, columns={})
    factor = max(round(step / fine), 1)
    if len(next(iter(columns.values()))) // factor > MAX_POINTS:
        raise Problem(ProblemCode.RANGE_TOO_LONG, f"最多 {MAX_POINTS} 个点 / {MAX_POINTS} points at most")
    shown = {name: downsample(column, factor) for name, column in columns.items()}
    found = Track(start=round(start, 3), step=round(fine * factor, 3), columns=shown)
    if extremes and factor > 1:
        found.low = {name: downsample(column, factor, "lowest") for name, column in columns.items()}
        found.high = {name: downsample(column, factor, "highest") for name, column in columns.items()}
    return found


async def export(db: AsyncSession, row: Any, form: ExportFormat) -> str:
    """The session as JSON, or its transcript as subtitles or text."""
    if form == "json":
        return (await detail(db, row)).model_dump_json(indent=2)
    said = [Said(one.speaker, one.start, one.end, one.text, one.corrected) for one in await repository.sentences(db, row.Session.id)]
    if form == "srt":
        return to_srt(said)
    if form == "vtt":
        return to_vtt(said)
    session: Session = row.Session
    site = await db.get_one(Site, session.site_id)
    started_at = session.started_at.astimezone(ZoneInfo(site.timezone))
    head = [
        f"会话 {session.id}",
        f"开始时间 {started_at:%Y-%m-%d %H:%M:%S}（{site.timezone}）　时长 {clock(round(session.seconds * 1000), '.')[:8]}",
        f"接待人员 {row.display_name}　案件 {row.code or '未关联'}",
    ]
    return to_text(said, head)


async def reported(db: AsyncSession, row: Any, by: By, language: Language) -> Reported:
    """What a report of the session is made of."""
    session: Session = row.Session
    site = await db.get_one(Site, session.site_id)
    step = min(max(session.seconds / REPORT_POINTS, 0.2), 60)
    curves = await track(db, session.id, 0, session.seconds + 60, step)
    return Reported(
        await detail(db, row, characters=False),
        site.name_en if language == "en" and site.name_en else site.name,
        site.timezone,
        await course(db, session),
        curves,
        by.principal.display_name,
        by.now,
    )


def demand_unheard(session: Session, principal: Principal) -> None:
    """While a conversation goes on its sound is its staff member's; others listen in, and the phone shows it.

    Raises Problem: listening_shown_first.
    """
    if session.status != "ended" and session.staff_id != principal.person_id:
        raise Problem(ProblemCode.LISTENING_SHOWN_FIRST)


async def live_wav(folder: Path, wanted: str | None) -> audio.Part:
    """The audio so far, or the bytes of it that the `Range` header asks for. Raises Problem: audio_gone, range_not_satisfiable."""
    samples = await asyncio.to_thread(stored_samples, folder)
    if samples == 0:
        raise Problem(ProblemCode.AUDIO_GONE)
    size = len(audio.wav_header(0)) + 2 * samples
    span = audio.wanted_bytes(wanted, size)
    first, last = span or (0, size - 1)
    return audio.Part(first, last, size, span is None, audio.wav_bytes(folder, samples, first, last))


async def link_case(db: AsyncSession, principal: Principal, who: audit.Actor, session_id: str, case_id: str | None) -> Any:
    """Link a session to a case of its own site, or to none. What an ended case rests on stays with it.

    Raises Problem: not_found, forbidden, case_unknown, case_state.
    """
    row = await find(db, principal, session_id)
    session: Session = row.Session
    principal.demand(Permission.CASE_CREATE, session.site_id)
    for each in sorted({session.case_id, case_id} - {None, ""}, key=str):
        await _lock_linkable(db, session, str(each))
    await db.refresh(session, with_for_update=True)
    subject = audit.Subject("session", session.id, session.site_id)
    audit.record(db, who, "api:session:link_case", subject, before={"case_id": session.case_id}, after={"case_id": case_id})
    session.case_id = case_id
    await db.flush()
    return await find(db, principal, session_id)


async def _lock_linkable(db: AsyncSession, session: Session, case_id: str) -> None:
    case = await db.get(WithdrawalCase, case_id, with_for_update=True, populate_existing=True)
    if case is None or case.site_id != session.site_id:
        raise Problem(ProblemCode.CASE_UNKNOWN)
    if case.status in ("closing", "archived", "cancelled"):
        raise Problem(ProblemCode.CASE_STATE, case.status)
    await touch(db, case)
