"""One conversation while it runs: packets become durable audio, audio becomes events, events become messages and rows.

The path of the audio: `offer` → intake queue → disk → acknowledgement → hearing queue → the ear, in a thread of its own. Every queue is
bounded; when the disk is slow the socket is read more slowly, and nothing else happens. The ear never waits for text, with one exception:
audio that comes faster than real time (a file, or a recording heard again after a restart) waits until the words that count by then are
there, so that the outcome is the same as live.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from audio_service.errors import AccessError, AudioError, ErrorCode, ServiceError
from audio_service.intake.codecs import Decoder
from audio_service.intake.packets import Packet
from audio_service.intake.recording import Recording
from audio_service.live.backlog import Block, HearingBacklog
from audio_service.live.interpret import Interpreter
from audio_service.live.outlet import Outlet, is_replaceable
from audio_service.live.ring import AudioRing
from audio_service.messages import SAMPLE_RATE, Ack, ServerMessage, Summary, WarningCode

logger = structlog.get_logger()

INTAKE_PACKETS = 100
HEARING_BLOCKS = 500
"""Packets between disk and ear. Where more wait the ear reads them from the recording, so that storing never waits for it."""
BACKLOG_SECONDS = 5.0
"""Audio waiting to be heard that makes this a catching up, not a live conversation."""
KEPT_SECONDS = 40.0
"""A line may take what is written to it for this long before it is known to be dead."""


@dataclass(slots=True)
class Progress:
    """How far each stage is, in samples."""

    offered: int = 0
    stored: int = 0
    heard: int = 0


class LiveSession:
    """A conversation in this process. `recording` is None when the customer refused: audio then lives in memory until it is heard."""

    def __init__(
        self,
        *,
        recording: Recording | None,
        ring: AudioRing,
        interpreter: Interpreter,
        run: Callable[..., asyncio.Future[Any]],
        seconds_max: float,
        kept_messages: int = 500,
    ) -> None:
        self.id = interpreter.identity.session_id
        self.recording = recording
        self.interpreter = interpreter
        self.outlet: Outlet | None = None
        self.left_at: float | None = time.monotonic()
        self._ring = ring
        self._run = run
        self._samples_max = int(seconds_max * SAMPLE_RATE)
        self._next_seq = recording.next_seq if recording else 0
        self._stored_seq = self._next_seq
        self._recovered = recording.samples if recording else 0
        self._progress = Progress(self._recovered, self._recovered)
        self._arrival = Arrival()
        # the room is taken before a packet changes anything, so that a reader cancelled while it waits leaves no trace
        self._room = asyncio.Semaphore(INTAKE_PACKETS)
        self._intake: asyncio.Queue[tuple[int, Block] | None] = asyncio.Queue()
        self._to_hear = HearingBacklog(HEARING_BLOCKS, recording.folder if recording else None, self._recovered)
        self._kept: deque[tuple[float, ServerMessage]] = deque(maxlen=kept_messages)
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.Task[Summary] | None = None
        self._withdrawn = False
        interpreter.connect(self.send)

    @property
    def stored_seq(self) -> int:
        """The first sequence number that is not durable yet: from there a client has to send again."""
        return self._stored_seq

    @property
    def ending(self) -> bool:
        """Whether the end has begun."""
        return self._ended is not None

    @property
    def enrolled(self) -> bool:
        """Whether the staff member's voice is known."""
        return self.interpreter.enrolled

    @property
    def seconds(self) -> float:
        """Audio stored so far."""
        return self._progress.stored / SAMPLE_RATE

    def start(self) -> None:
        """Begin storing and hearing; what an earlier process stored is heard first."""
        self._tasks = [
            asyncio.create_task(self._store(), name=f"store-{self.id}"),
            asyncio.create_task(self._hear(), name=f"hear-{self.id}"),
        ]

    def attach(self, outlet: Outlet) -> None:
        """Send to this client from now on, first what it missed or may have missed on a dying line (it knows repeats by their ids)."""
        since = (self.left_at or time.monotonic()) - KEPT_SECONDS
        for at, message in self._kept:
            if at >= since:
                outlet.put(message)
        self._kept.clear()
        self.outlet, self.left_at = outlet, None

    def detach(self, outlet: Outlet) -> None:
        """The client is gone. A newer connection is left alone."""
        if self.outlet is outlet:
            self.outlet, self.left_at = None, time.monotonic()

    def send(self, message: ServerMessage) -> None:
        """To the client if it is there; what must arrive is kept for its return."""
        if not is_replaceable(message) and not isinstance(message, Ack):
            self._kept.append((time.monotonic(), message))
        self.pass_on(message)

    def pass_on(self, message: ServerMessage) -> None:
        """To the client if it is there; its author sends it again where that matters."""
        if self.outlet is None:
            return
        try:
            self.outlet.put(message)
        except ServiceError as error:
            logger.warning("client.slow", session=self.id)
            outlet = self.outlet
            self.detach(outlet)
            outlet.fail(error)

    async def offer(self, packet: Packet, decoder: Decoder) -> None:
        """Take one packet; waits while the disk is behind. Repeats and what comes after the end are ignored, a gap is an AudioError."""
        await self._room.acquire()
        try:
            samples = self._taken(packet, decoder)
        except BaseException:
            self._room.release()
            raise
        if samples is None:
            self._room.release()
            return
        self._next_seq += 1
        self._progress.offered += samples.size
        self._arrival.note(self._progress.offered)
        self._intake.put_nowait((packet.seq, samples))

    def _taken(self, packet: Packet, decoder: Decoder) -> Block | None:
        """The samples of a packet that is next in line; None for one to ignore."""
        if packet.seq < self._next_seq or self.ending:
            return None
        if packet.seq > self._next_seq:
            raise AudioError(ErrorCode.SEQUENCE_GAP, f"expected {self._next_seq}, got {packet.seq}")
        samples = decoder.decode(packet.payload)
        if self._progress.offered + samples.size > self._samples_max:
            raise AudioError(ErrorCode.SESSION_TOO_LONG, f"{self._samples_max // SAMPLE_RATE} s")
        return samples

    async def finish(self) -> Summary:
        """No more audio: store and hear what is there, wait for every final, sum up. Safe to call from several places at once.

        Raises AccessError: consent_withdrawn, if that happens before the end.
        """
        if self._ended is None:
            self._ended = asyncio.create_task(self._finish())
        try:
            return await asyncio.shield(self._ended)
        except asyncio.CancelledError:
            if self._withdrawn and self._ended.cancelled():  # it was the end that was cancelled, not whoever waits for it
                raise AccessError(ErrorCode.CONSENT_WITHDRAWN, self.id) from None
            raise

    async def withdraw(self) -> None:
        """The customer withdrew the consent: the client is told, what is not stored or heard yet is let go, there is no end to wait for."""
        self._withdrawn = True
        outlet = self.outlet
        if outlet is not None:
            self.detach(outlet)
            outlet.fail(AccessError(ErrorCode.CONSENT_WITHDRAWN))
        await self.abandon()

    async def abandon(self) -> None:
        """Stop without an end (the process goes down): stored audio is picked up by the next process."""
        tasks = [*self._tasks, *([self._ended] if self._ended else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.interpreter.abandon()
        await self.release()

    async def release(self) -> None:
        """Let go of the recording: another process may write it now. Waits for the disk, in a thread."""
        if self.recording is not None:
            await self._run(self.recording.close)

    async def _finish(self) -> Summary:
        self._intake.put_nowait(None)
        await asyncio.gather(*self._tasks)
        return await self.interpreter.finish()

    async def _store(self) -> None:
        while True:
            batch = [await self._intake.get()]
            while not self._intake.empty():
                batch.append(self._intake.get_nowait())
            packets: list[tuple[int, Block]] = []
            for item in batch:
                if item is None:
                    continue
                self._room.release()
                # after a failed append, packets that were on their way no longer follow the last stored one: the client sends them again
                if item[0] == self._stored_seq + len(packets):
                    packets.append(item)
            if packets:
                await self._store_batch(packets)
            if None in batch:
                self._to_hear.end()
                return

    async def _store_batch(self, packets: list[tuple[int, Block]]) -> None:
        try:
            if self.recording is not None:
                await self._run(self.recording.append, packets)
        except ServiceError as error:
            self._refuse(error)
            return
        except Exception:
            logger.exception("store.failed", session=self.id)
            self._refuse(ServiceError(ErrorCode.STORE_FAILED))
            return
        self._stored_seq = packets[-1][0] + 1
        self._progress.stored += sum(block.size for _, block in packets)
        self.send(Ack(seq=packets[-1][0]))
        for _, block in packets:
            await self._to_hear.put(block)

    def _refuse(self, error: ServiceError) -> None:
        """The disk took nothing: forget the packets not stored, so that the client sends them again when it comes back."""
        logger.error("store.refused", session=self.id, code=str(error.code), detail=error.detail)
        self._next_seq, self._progress.offered = self._stored_seq, self._progress.stored
        if self.outlet is not None:
            self.outlet.fail(error)

    async def _hear(self) -> None:
        """A failure of the ear is told and logged; storing goes on, because the recording is what must not be lost."""
        try:
            async for block in self._to_hear.blocks(self._run):
                await self._keep_pace(block.size)
                self._ring.extend(block)
                self._progress.heard += block.size
                self.interpreter.take(await self._run(self.interpreter.hear, block))
            self.interpreter.take(await self._run(self.interpreter.hear_end))
        except Exception:
            logger.exception("hearing.failed", session=self.id, heard=self._progress.heard / SAMPLE_RATE)
            self.interpreter.warn(WarningCode.HEARING_FAILED)
            self._to_hear.abandon()

    async def _keep_pace(self, samples: int) -> None:
        """Audio that is heard again, caught up with or sent faster than it was spoken waits for its words; live audio never does."""
        position = self._progress.heard + samples
        backlog = (self._progress.stored - position) / SAMPLE_RATE
        if position <= self._recovered or backlog > BACKLOG_SECONDS or self._arrival.fast:
            await self.interpreter.settled(position / SAMPLE_RATE)


class Arrival:
    """Whether audio comes faster than it was spoken, over the last seconds of wall clock."""

    WINDOW_SECONDS = 5.0
    STEP_SECONDS = 0.25
    FASTER = 1.15
    SLACK_SECONDS = 0.5

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._newest = 0

    def note(self, samples: int) -> None:
        """`samples` have come in all."""
        now, self._newest = self._clock(), samples
        if not self._marks or now - self._marks[-1][0] >= self.STEP_SECONDS:
            self._marks.append((now, samples))
        while len(self._marks) > 1 and now - self._marks[1][0] >= self.WINDOW_SECONDS:
            self._marks.popleft()

    @property
    def fast(self) -> bool:
        """A burst after a dead spot counts for as long as the window holds it."""
        if not self._marks:
            return False
        since, samples = self._marks[0]
        elapsed = self._clock() - since
        return (self._newest - samples) / SAMPLE_RATE > self.FASTER * elapsed + self.SLACK_SECONDS
