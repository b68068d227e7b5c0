"""All conversations of this process: begin, resume, leave, end. Conversations nobody comes back to are ended here, their tails included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import select

from audio_service.errors import AccessError, ErrorCode, ProtocolError, ServiceError
from audio_service.intake.finalise import finalise, is_final
from audio_service.intake.recording import Recording
from audio_service.live.admission import Admitted, Door
from audio_service.live.ear import Ear
from audio_service.live.identity import Identity, Past
from audio_service.live.interpret import Interpreter
from audio_service.live.opening import load_enrolment, open_session, read_past, thresholds_of_site
from audio_service.live.outlet import Outlet
from audio_service.live.plan import plan_for
from audio_service.live.ring import AudioRing
from audio_service.live.rounds import Rounds
from audio_service.live.rows import SessionRows
from audio_service.live.session import LiveSession
from audio_service.live.watch import Watch
from audio_service.messages import Feedback, Hello, Mark, Summary, WarningCode
from models.base import new_id, utc_now
from models.consents import Consent, withdrawn_among
from models.engine import reading
from models.sessions import Session
from models.settings import Settings

logger = structlog.get_logger()

Result = TypeVar("Result")

RING_SECONDS = 40.0
REAP_SECONDS = 5.0
CLOSE_SECONDS = 8.0
"""How long ends that have begun may take when the process goes down."""


class Registry:
    """The conversations of this process. `door` says who may come in."""

    def __init__(self, ear: Ear, door: Door) -> None:
        self.ear = ear
        self.door = door
        self._sessions: dict[str, LiveSession] = {}
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._beginning = 0
        self._ending: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._watch = Watch(ear, lambda: self.live)
        self.rounds = Rounds(ear.factory, lambda: self.live, self.withdraw)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> Settings:
        return self.ear.settings

    @property
    def live(self) -> list[LiveSession]:
        """The conversations in this process."""
        return list(self._sessions.values())

    def start(self) -> None:
        runs = {
            "reaper": self._reap(),
            "watch": self._watch.run(),
            "rounds": self.rounds.run(),
        }
        self._tasks = [asyncio.create_task(run, name=name) for name, run in runs.items()]

    async def close(self) -> None:
        """Shut down: ends that have begun are given a moment, clients are told to come back, stored audio waits for the next process."""
        if self._closing:
            return
        self._closing = True
        for background in self._tasks:
            background.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._ending:
            _, late = await asyncio.wait(self._ending, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()  # the next process ends it
            await asyncio.gather(*late, return_exceptions=True)
        for session in self.live:
            if session.outlet is not None:
                session.outlet.fail(ServiceError(ErrorCode.SHUTTING_DOWN))
            await session.abandon()
            if not session.ending:
                self._status(session, "interrupted")
        self._sessions.clear()

    async def enter(self, hello: Hello, admitted: Admitted) -> tuple[LiveSession, bool]:
        """Begin a conversation or go on with one; the second value says which. Raises StreamError."""
        if self._closing:
            raise ServiceError(ErrorCode.SHUTTING_DOWN)
        if hello.resume is None:
            return await self._begin(hello, admitted), False
        async with self._one_at_a_time(hello.resume):
            return await self._resume(hello.resume, hello.token, admitted), True

    def left(self, session: LiveSession, outlet: Outlet) -> None:
        """A connection has ended; the conversation waits for its client."""
        session.detach(outlet)
        if session.outlet is None and session.id in self._sessions and not session.ending:
            self._status(session, "interrupted")

    def finish_soon(self, session: LiveSession) -> asyncio.Task[Summary]:
        """The end as a task of its own, so that it happens whether or not the client stays on the line."""
        return self._soon(self.finish(session), f"finish-{session.id}")

    def _soon(self, end: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
        """An end under way, which a shutdown gives a moment."""
        task = asyncio.create_task(end, name=name)
        self._ending.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, AccessError):
            logger.error("finish.failed", task=task.get_name(), exc_info=error)

    async def finish(self, session: LiveSession) -> Summary:
        """End a conversation: every utterance gets its text, the summary goes out, the recording becomes one file.

        Raises AccessError: consent_withdrawn, if that happens before the summary.
        """
        if session.ending:
            return await session.finish()
        try:
            # the totals are there before anything else can go wrong; with this status nobody counts again
            self._status(session, "finishing")
            summary = await session.finish()
            session.interpreter.rows.session(**session.interpreter.totals(summary))
            session.send(summary)
            await self._conclude(session, summary)
        finally:
            try:
                await session.release()
            finally:
                self._sessions.pop(session.id, None)
        return summary

    async def withdraw(self, session: LiveSession) -> None:
        """The customer withdrew the consent: the conversation is over here, at once and without an end. Its row says so already."""
        await asyncio.shield(self._soon(self._withdrawn(session), f"withdraw-{session.id}"))

    async def _withdrawn(self, session: LiveSession) -> None:
        async with self._one_at_a_time(session.id):
            self._sessions.pop(session.id, None)  # first: nothing sets its status any more
            await session.withdraw()

    async def feedback(self, session: LiveSession, feedback: Feedback, person_id: str) -> None:
        """Raises ProtocolError(unknown_prompt)."""
        if not session.interpreter.feedback(feedback.prompt_id, feedback.verdict, person_id):
            raise ProtocolError(ErrorCode.UNKNOWN_PROMPT, feedback.prompt_id)

    def mark(self, session: LiveSession, mark: Mark, person_id: str) -> None:
        at = session.seconds if mark.at is None else min(mark.at, session.seconds)
        session.interpreter.mark(at, mark.note, person_id)

    def _one_at_a_time(self, session_id: str) -> asyncio.Lock:
        """What keeps two connections, or one and the reaper, from opening the same conversation twice; nobody else waits for it."""
        return self._opening.setdefault(session_id, asyncio.Lock())

    async def _begin(self, hello: Hello, admitted: Admitted) -> LiveSession:
        if hello.consent is None:
            raise AccessError(ErrorCode.CONSENT_REQUIRED)
        if admitted.case_over:
            raise AccessError(ErrorCode.CASE_OVER, admitted.case_id or "")
        running = self._beginning + sum(session.outlet is not None for session in self.live)
        if running >= self.settings.stream.max_sessions:
            raise ServiceError(ErrorCode.BUSY, f"{running} conversations are running")
        notice = self.door.notice(hello.consent.notice_version)
        self._beginning += 1
        try:
            return await self._begun(hello, admitted, notice)
        finally:
            self._beginning -= 1

    async def _begun(self, hello: Hello, admitted: Admitted, notice: str) -> LiveSession:
        assert hello.consent is not None
        session_id = new_id()
        async with reading(self.ear.factory) as db:
            plan = await plan_for(db, session_id, admitted.site_id, recording=hello.consent.recording)
            thresholds = await thresholds_of_site(db, admitted.site_id)
        who = (session_id, admitted.site_id, admitted.person_id, admitted.case_id)
        identity = Identity(*who, hello.consent.recording, plan, thresholds)
        session = await self._open(identity, Past())
        try:
            await open_session(self.ear, identity, hello, admitted, notice)
        except BaseException:
            await session.abandon()
            raise
        self._register(session)
        if hello.mic is not None and hello.mic.auto_gain_control:
            session.interpreter.warn(WarningCode.MIC_AGC)
        return session

    async def _resume(self, session_id: str, token: str, admitted: Admitted) -> LiveSession:
        session = self._sessions.get(session_id)
        if session is not None:
            if session.interpreter.identity.staff_id != admitted.person_id:
                raise AccessError(ErrorCode.SESSION_UNKNOWN, session_id)
            await self._still_allowed(session.interpreter.identity, token)
            await self._demand_consent(session_id)
            if session.outlet is not None:
                session.outlet.fail(AccessError(ErrorCode.SESSION_TAKEN_OVER))
                session.detach(session.outlet)
            if not session.ending:
                self._status(session, "live")
            return session
        identity, past = await read_past(self.ear, session_id, admitted)
        await self._still_allowed(identity, token)
        if not identity.recording or is_final(self.ear.folder(session_id)):
            raise AccessError(ErrorCode.SESSION_ENDED, session_id)  # nothing is left to go on from
        session = self._register(await self._open(identity, past))
        self._status(session, "live")
        return session

    async def _still_allowed(self, identity: Identity, token: str) -> None:
        """The person may run sessions where this one takes place: what the hello names may be another site. Raises AccessError."""
        await self.door.admit(token, None, identity.site_id)

    async def _demand_consent(self, session_id: str) -> None:
        """Raises AccessError: consent_withdrawn; the next round ends what runs of it."""
        async with reading(self.ear.factory) as db:
            if await withdrawn_among(db, [session_id]):
                raise AccessError(ErrorCode.CONSENT_WITHDRAWN, session_id)

    async def _open(self, identity: Identity, past: Past) -> LiveSession:
        ear = self.ear
        enrolment = await load_enrolment(ear, identity.staff_id)
        recording: Recording | None = await ear.run(open_recording, ear, identity.session_id) if identity.recording else None
        ring = AudioRing(RING_SECONDS)
        interpreter = Interpreter(ear, identity, ring, enrolment, past)
        return LiveSession(
            recording=recording,
            ring=ring,
            interpreter=interpreter,
            run=ear.run,
            seconds_max=self.settings.stream.session_seconds_max,
            kept_messages=self.settings.stream.send_queue // 2,
        )

    def _register(self, session: LiveSession) -> LiveSession:
        self._sessions[session.id] = session
        session.start()
        return session

    async def _conclude(self, session: LiveSession, summary: Summary) -> None:
        await self.ear.ledger.flush()
        values: dict[str, Any] = {"status": "ended", "ended_at": utc_now()}
        if session.recording is not None:
            values |= await self._one_file(session.interpreter.rows, session.recording.folder, session.recording.next_seq - 1)
        session.interpreter.rows.session(**values)
        session.interpreter.rows.ended(summary)
        await self.ear.ledger.flush()

    async def _one_file(self, rows: SessionRows, folder: Path, last_seq: int) -> dict[str, Any]:
        """Make the recording one file; the session's columns that say where it is. A failure leaves the segments, which still play."""
        try:
            final = await self.ear.run(finalise, folder)
        except ServiceError:
            logger.exception("finalise.failed", folder=folder.name)
            return {}
        if final is None:
            return {}
        path = str(final.path.relative_to(self.settings.data_dir))
        rows.recorded(final, path, last_seq)
        return {"recording_path": path, "recording_sha256": final.file_sha256}

    def _status(self, session: LiveSession, status: str) -> None:
        session.interpreter.rows.session(status=status, seconds=round(session.seconds, 3))

    async def _reap(self) -> None:
        """End conversations whose client stayed away too long, in this process and from earlier ones."""
        grace, begun = self.settings.stream.resume_grace_seconds, time.monotonic()
        while True:
            for session in self.live:
                if session.left_at is not None and time.monotonic() - session.left_at > grace and not session.ending:
                    self.finish_soon(session)
            left_behind = await self._left_behind(grace) if time.monotonic() - begun > grace else []
            for session_id in left_behind:
                await self._guarded(session_id, self._finish_left_behind(session_id))
            await asyncio.sleep(min(REAP_SECONDS, grace))

    async def _left_behind(self, grace: float) -> list[str]:
        """Conversations an earlier process did not end. Asked only after a grace period of our own, so that phones can come back first."""
        try:
            async with reading(self.ear.factory) as db:
                query = select(Session.id, Session.started_at, Session.recording).join(Consent, Consent.id == Session.consent_id)
                rows = (await db.execute(query.where(Session.status != "ended", Consent.withdrawn_at.is_(None)))).all()
        except Exception:
            logger.exception("reaper.unreadable")
            return []
        # nothing of a conversation without recording tells whether another process still runs it, except its age
        oldest = utc_now() - timedelta(seconds=grace + self.settings.stream.session_seconds_max)
        return [row.id for row in rows if row.id not in self._sessions and (row.recording or row.started_at < oldest)]

    async def _finish_left_behind(self, session_id: str) -> None:
        async with self._one_at_a_time(session_id):
            if session_id in self._sessions:
                return
            identity, past = await read_past(self.ear, session_id, None)
            if not identity.recording or is_final(self.ear.folder(session_id)):
                await self._close_left_behind(identity)
                return
            session = self._register(await self._open(identity, past))
        logger.info("session.recovered", session=session_id, seconds=session.seconds)
        await self.finish(session)

    async def _close_left_behind(self, identity: Identity) -> None:
        """There is nothing to hear any more: the totals that were written stand."""
        rows = SessionRows(self.ear.ledger, identity)
        values: dict[str, Any] = {"status": "ended", "ended_at": utc_now()}
        if identity.recording:
            values |= await self._one_file(rows, self.ear.folder(identity.session_id), -1)
        rows.session(**values)
        await self.ear.ledger.flush()

    async def _guarded(self, session_id: str, work: Awaitable[object]) -> None:
        try:
            await work
        except (AccessError, ServiceError) as error:
            logger.info("reaper.later", session=session_id, code=str(error.code))  # another process has it, or the consent has just gone
        except Exception:
            logger.exception("reaper.failed", session=session_id)


def open_recording(ear: Ear, session_id: str) -> Recording:
    """The writer of a conversation's audio. Raises ServiceError."""
    return Recording(ear.folder(session_id), free_bytes_min=ear.settings.stream.free_bytes_min)
