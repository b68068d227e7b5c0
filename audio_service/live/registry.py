"""All conversations of this process: begin, resume, leave, end. Conversations nobody comes back to are ended here, their tails included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select

from audio_service.errors import AccessError, ErrorCode, ProtocolError, ServiceError
from audio_service.intake.finalise import finalise
from audio_service.intake.recording import Recording
from audio_service.live.admission import Admitted, Door
from audio_service.live.ear import Ear
from audio_service.live.identity import Identity, Past
from audio_service.live.interpret import Interpreter
from audio_service.live.opening import load_enrolment, open_session, read_past
from audio_service.live.outlet import Outlet
from audio_service.live.ring import AudioRing
from audio_service.live.session import LiveSession
from audio_service.live.watch import Watch
from audio_service.messages import Feedback, Hello, Mark, Summary, WarningCode
from models.base import new_id, utc_now
from models.engine import reading
from models.sessions import Session
from models.settings import Settings

logger = structlog.get_logger()

RING_SECONDS = 40.0
REAP_SECONDS = 5.0


class Registry:
    """The conversations of this process. `door` says who may come in."""

    def __init__(self, ear: Ear, door: Door) -> None:
        self.ear = ear
        self.door = door
        self._sessions: dict[str, LiveSession] = {}
        self._opening = asyncio.Lock()
        self._ending: set[asyncio.Task[Summary]] = set()
        self._closing = False
        self._watch = Watch(ear, lambda: self.live)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> Settings:
        return self.ear.settings

    @property
    def live(self) -> list[LiveSession]:
        """The conversations in this process."""
        return list(self._sessions.values())

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._reap(), name="reaper"), asyncio.create_task(self._watch.run(), name="watch")]

    async def close(self) -> None:
        """Shut down: clients are told to come back, stored audio waits for the next process."""
        self._closing = True
        for background in self._tasks:
            background.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for task in self._ending:
            task.cancel()  # the next process ends it
        await asyncio.gather(*self._ending, return_exceptions=True)
        for session in self.live:
            if session.outlet is not None:
                session.outlet.fail(ServiceError(ErrorCode.SHUTTING_DOWN))
            await session.abandon()
            self._status(session, "interrupted")
        self._sessions.clear()

    async def enter(self, hello: Hello, admitted: Admitted) -> tuple[LiveSession, bool]:
        """Begin a conversation or go on with one; the second value says which. Raises StreamError."""
        if self._closing:
            raise ServiceError(ErrorCode.SHUTTING_DOWN)
        async with self._opening:
            if hello.resume is None:
                return await self._begin(hello, admitted), False
            return await self._resume(hello.resume, admitted), True

    def left(self, session: LiveSession, outlet: Outlet) -> None:
        """A connection has ended; the conversation waits for its client."""
        session.detach(outlet)
        if session.outlet is None and session.id in self._sessions and not session.ending:
            self._status(session, "interrupted")

    def finish_soon(self, session: LiveSession) -> asyncio.Task[Summary]:
        """The end as a task of its own, so that it happens whether or not the client stays on the line."""
        task = asyncio.create_task(self.finish(session), name=f"finish-{session.id}")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def finish(self, session: LiveSession) -> Summary:
        """End a conversation: every utterance gets its text, the summary goes out, the recording becomes one file."""
        if session.ending:
            return await session.finish()
        self._status(session, "finishing")
        summary = await session.finish()
        session.send(summary)
        await self._conclude(session, summary)
        return summary

    async def feedback(self, session: LiveSession, feedback: Feedback, person_id: str) -> None:
        """Raises ProtocolError(unknown_prompt)."""
        if not session.interpreter.feedback(feedback.prompt_id, feedback.verdict, person_id):
            raise ProtocolError(ErrorCode.UNKNOWN_PROMPT, feedback.prompt_id)

    def mark(self, session: LiveSession, mark: Mark, person_id: str) -> None:
        at = session.seconds if mark.at is None else min(mark.at, session.seconds)
        session.interpreter.mark(at, mark.note, person_id)

    async def _begin(self, hello: Hello, admitted: Admitted) -> LiveSession:
        if hello.consent is None:
            raise AccessError(ErrorCode.CONSENT_REQUIRED)
        if len(self._sessions) >= self.settings.stream.max_sessions:
            raise ServiceError(ErrorCode.BUSY, f"{len(self._sessions)} conversations are running")
        identity = Identity(new_id(), admitted.site_id, admitted.person_id, admitted.case_id, hello.consent.recording)
        session = await self._open(identity, Past())
        try:
            await open_session(self.ear, identity, hello, admitted, self.door.notice(hello.consent.notice_version))
        except BaseException:
            await session.abandon()
            raise
        self._register(session)
        if hello.mic is not None and hello.mic.auto_gain_control:
            session.interpreter.warn(WarningCode.MIC_AGC)
        return session

    async def _resume(self, session_id: str, admitted: Admitted) -> LiveSession:
        session = self._sessions.get(session_id)
        if session is not None:
            if session.interpreter.identity.staff_id != admitted.person_id:
                raise AccessError(ErrorCode.SESSION_UNKNOWN, session_id)
            if session.ending:
                raise AccessError(ErrorCode.SESSION_ENDED, session_id)
            if session.outlet is not None:
                session.outlet.fail(AccessError(ErrorCode.SESSION_TAKEN_OVER))
                session.detach(session.outlet)
            self._status(session, "live")
            return session
        identity, past = await read_past(self.ear, session_id, admitted)
        session = self._register(await self._open(identity, past))
        self._status(session, "live")
        return session

    async def _open(self, identity: Identity, past: Past) -> LiveSession:
        ear = self.ear
        recording: Recording | None = None
        if identity.recording:
            recording = await ear.run(open_recording, ear, identity.session_id)
        ring = AudioRing(RING_SECONDS)
        enrolment = await load_enrolment(ear, identity.staff_id)
        interpreter = Interpreter(ear, identity, ring, enrolment, past)
        return LiveSession(
            recording=recording,
            ring=ring,
            interpreter=interpreter,
            run=ear.run,
            seconds_max=self.settings.stream.session_seconds_max,
        )

    def _register(self, session: LiveSession) -> LiveSession:
        self._sessions[session.id] = session
        session.start()
        return session

    async def _conclude(self, session: LiveSession, summary: Summary) -> None:
        values: dict[str, Any] = {"status": "ended", "ended_at": utc_now(), **session.interpreter.totals(summary)}
        if session.recording is not None:
            folder = session.recording.folder
            try:
                final = await self.ear.run(finalise, folder)
            except ServiceError:
                logger.exception("finalise.failed", session=session.id)  # the segments stay and still play
            else:
                if final is not None:
                    values["recording_path"] = str(final.path.relative_to(self.settings.data_dir))
                    values["recording_sha256"] = final.file_sha256
                    session.interpreter.rows.recorded(final, values["recording_path"], session.next_seq - 1)
        session.interpreter.rows.session(**values)
        session.interpreter.rows.ended(summary)
        await self.ear.ledger.flush()
        self._sessions.pop(session.id, None)

    def _status(self, session: LiveSession, status: str) -> None:
        session.interpreter.rows.session(status=status, seconds=round(session.seconds, 3))

    async def _reap(self) -> None:
        """End conversations whose client stayed away too long, in this process and from earlier ones."""
        grace, begun = self.settings.stream.resume_grace_seconds, time.monotonic()
        while True:
            for session in self.live:
                if session.left_at is not None and time.monotonic() - session.left_at > grace and not session.ending:
                    await self._guarded(session.id, self.finish(session))
            left_behind = await self._left_behind(grace) if time.monotonic() - begun > grace else []
            for session_id in left_behind:
                await self._guarded(session_id, self._finish_left_behind(session_id))
            await asyncio.sleep(min(REAP_SECONDS, grace))

    async def _left_behind(self, grace: float) -> list[str]:
        """Conversations an earlier process did not end. Asked only after a grace period of our own, so that phones can come back first."""
        try:
            async with reading(self.ear.factory) as db:
                rows = (await db.execute(select(Session.id, Session.started_at, Session.recording).where(Session.status != "ended"))).all()
        except Exception:
            logger.exception("reaper.unreadable")
            return []
        # nothing of a conversation without recording tells whether another process still runs it, except its age
        oldest = utc_now() - timedelta(seconds=grace + self.settings.stream.session_seconds_max)
        return [row.id for row in rows if row.id not in self._sessions and (row.recording or row.started_at < oldest)]

    async def _finish_left_behind(self, session_id: str) -> None:
        async with self._opening:
            if session_id in self._sessions:
                return
            identity, past = await read_past(self.ear, session_id, None)
            session = self._register(await self._open(identity, past))
        logger.info("session.recovered", session=session_id, seconds=session.seconds)
        await self.finish(session)

    async def _guarded(self, session_id: str, work: Awaitable[object]) -> None:
        try:
            await work
        except ServiceError as error:
            logger.info("reaper.later", session=session_id, code=str(error.code))  # another process is writing it
        except Exception:
            logger.exception("reaper.failed", session=session_id)


def open_recording(ear: Ear, session_id: str) -> Recording:
    """The writer of a conversation's audio. Raises ServiceError."""
    return Recording(ear.folder(session_id), free_bytes_min=ear.settings.stream.free_bytes_min)
