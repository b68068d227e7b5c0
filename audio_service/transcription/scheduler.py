"""The one queue between all conversations and the recogniser: bounded, finals first, a worker thread each decoder.

`final` may be called early, at the first short silence; if speech goes on, the caller cancels its task and a job that still waits is
never run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import cast

import structlog

from audio_service.transcription.backlog import Backlog, Job
from audio_service.transcription.results import Dropped, Propose, Samples, Transcriber, Transcription

log = structlog.get_logger(__name__)

FINALS_MAX = 64
SESSION_FINALS_MAX = 8


class FallingBehind(Exception):
    """More finals wait than may; the utterance was not taken. `lag_s` is how long the oldest one has waited."""

    def __init__(self, lag_s: float) -> None:
        super().__init__(f"transcription is {lag_s:.1f} s behind")
        self.lag_s = lag_s


class QueueClosed(Exception):
    """The queue is shutting down and takes nothing new."""


@dataclass(eq=False, slots=True)
class _Request:
    samples: Samples
    propose: Propose | None
    answer: asyncio.Future[Transcription | None]
    steps: Generator[None, None, Transcription] | None = None
    """What is left of a second listening."""


class TranscriptionQueue:
    """Shared by all conversations of a process. An async context manager: leaving it finishes the finals that wait, then stops."""

    def __init__(
        self, transcriber: Transcriber, *, workers: int = 1, finals_max: int = FINALS_MAX, session_finals_max: int = SESSION_FINALS_MAX
    ) -> None:
        self._transcriber = transcriber
        self._workers = workers
        self._backlog: Backlog[_Request] = Backlog(finals_max, session_finals_max)
        self._running: dict[int, Job[_Request]] = {}
        self._wake = asyncio.Event()
        self._closing = False

    async def __aenter__(self) -> TranscriptionQueue:
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="transcribe")
        self._tasks = [asyncio.create_task(self._work(number)) for number in range(self._workers)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing = True
        for job in self._backlog.drop_partials():
            _answer(job, None)
        for job in self._backlog.drop_again():
            if not job.payload.answer.done():
                job.payload.answer.set_exception(QueueClosed())
        self._wake.set()
        await asyncio.gather(*self._tasks)
        self._threads.shutdown()

    @property
    def lag_s(self) -> float:
        """Seconds since the oldest final that is not finished was asked for; 0 when there is none."""
        asked = [job.at for job in self._running.values() if job.final]
        oldest = self._backlog.oldest_final()
        if oldest is not None:
            asked.append(oldest)
        return _now() - min(asked) if asked else 0.0

    async def final(self, session: str, utterance: str, samples: Samples, propose: Propose | None = None) -> Transcription:
        """Text of a finished utterance, the readings of `propose` rescored.

        Raises FallingBehind when too many wait, QueueClosed on shutdown. A decoder that fails gives a Transcription with
        `dropped = decoder_failed`. Cancelling takes a waiting job back.
        """
        if self._backlog.full_for(session):
            raise FallingBehind(self.lag_s)
        result = await self._ask(self._backlog.add_final, session, utterance, samples, propose)
        assert result is not None  # only partials are overtaken
        return result

    async def partial(self, session: str, utterance: str, samples: Samples) -> Transcription | None:
        """Provisional text, or None when a newer partial or the final of the utterance overtook it, or on shutdown."""
        return await self._ask(self._backlog.add_partial, session, utterance, samples)

    def doubts(self, heard: Transcription) -> bool:
        """Whether `again` may add to a final."""
        return self._transcriber.doubts(heard)

    async def again(self, session: str, utterance: str, samples: Samples) -> Transcription | None:
        """What a second listening to a finished utterance comes to, once nothing else waits; None if newer ones pushed it out.

        Raises QueueClosed on shutdown.
        """
        return await self._ask(self._backlog.add_again, session, utterance, samples, steps=self._transcriber.again(samples))

    async def _ask(
        self,
        add: Callable[[str, str, float, _Request], Job[_Request] | None],
        session: str,
        utterance: str,
        samples: Samples,
        propose: Propose | None = None,
        steps: Generator[None, None, Transcription] | None = None,
    ) -> Transcription | None:
        if self._closing:
            raise QueueClosed
        request = _Request(samples, propose, asyncio.get_running_loop().create_future(), steps)
        overtaken = add(session, utterance, _now(), request)
        if overtaken is not None:
            _answer(overtaken, None)
        self._wake.set()
        try:
            return await request.answer
        except asyncio.CancelledError:
            self._backlog.discard(request)
            raise

    async def _work(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        while True:
            job = self._backlog.next()
            if job is None:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            self._running[number] = job
            result = await loop.run_in_executor(self._threads, self._run, job)
            del self._running[number]
            if result is not None:
                _answer(job, result)
            elif not job.payload.answer.done():
                self._backlog.put_back(job)

    def _run(self, job: Job[_Request]) -> Transcription | None:
        """The answer; None if this was one step of more."""
        try:
            if job.payload.steps is not None:
                return _step(job.payload.steps)
            if job.final:
                return self._transcriber.final(job.payload.samples, job.payload.propose)
            return self._transcriber.partial(job.payload.samples)
        except Exception:
            # one broken utterance may not end the worker that serves every conversation
            log.exception("transcription_failed", session=job.session, utterance=job.utterance, final=job.final)
            return Transcription(dropped=Dropped.DECODER_FAILED)


def _step(steps: Generator[None, None, Transcription]) -> Transcription | None:
    try:
        next(steps)
    except StopIteration as done:
        return cast(Transcription, done.value)
    return None


def _answer(job: Job[_Request], result: Transcription | None) -> None:
    # the caller may have gone while the decoder ran
    if not job.payload.answer.done():
        job.payload.answer.set_result(result)


def _now() -> float:
    return asyncio.get_running_loop().time()
