"""One conversation while it runs: packets become durable audio, audio becomes events, events become messages and rows.

The path of the audio: `offer` → intake queue → disk → acknowledgement → hearing queue → the ear, in a thread of its own. Every queue is
bounded; when the disk is slow the socket is read more slowly, and nothing else happens. The ear never waits for text, with one exception:
audio that comes faster than real time (a file, or a recording heard again after a restart) waits until the words that count by then are
there, so that the outcome is the same as live.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from audio_service.errors import AudioError, ErrorCode, ServiceError
from audio_service.intake.codecs import Decoder
from audio_service.intake.packets import Packet
from audio_service.intake.recording import Recording, iter_samples
from audio_service.live.interpret import Interpreter
from audio_service.live.outlet import Outlet, is_replaceable
from audio_service.live.ring import AudioRing
from audio_service.messages import SAMPLE_RATE, Ack, ServerMessage, Summary, error_message

logger = structlog.get_logger()

Block = NDArray[np.int16]
INTAKE_PACKETS = 100
HEARING_BLOCKS = 6000
"""Packets between disk and ear: ten minutes at 100 ms, enough for the recording to be heard again while new audio comes in."""
STEP_SAMPLES = SAMPLE_RATE
REAL_TIME_SLACK = 0.5
MISSED_MESSAGES = 500


@dataclass(slots=True)
class Progress:
    """How far each stage is, in samples; `first_packet` is the wall clock of the first packet of this process."""

    stored: int = 0
    heard: int = 0
    first_packet: float | None = None
    first_sample: int = 0


@dataclass(slots=True)
class Missed:
    """What the client could not be sent while it was away."""

    messages: list[ServerMessage] = field(default_factory=list)

    def keep(self, message: ServerMessage) -> None:
        self.messages.append(message)
        del self.messages[:-MISSED_MESSAGES]


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
        self._recovered = self._offered = recording.samples if recording else 0
        self._progress = Progress(stored=self._recovered, first_sample=self._recovered)
        self._intake: asyncio.Queue[tuple[int, Block] | None] = asyncio.Queue(INTAKE_PACKETS)
        self._to_hear: asyncio.Queue[Block | None] = asyncio.Queue(HEARING_BLOCKS)
        self._missed = Missed()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.Task[Summary] | None = None
        interpreter.connect(self.send)

    @property
    def next_seq(self) -> int:
        """The sequence number expected next."""
        return self._next_seq

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
        """Send to this client from now on, first what it missed."""
        for message in self._missed.messages:
            outlet.put(message)
        self._missed = Missed()
        self.outlet, self.left_at = outlet, None

    def detach(self, outlet: Outlet) -> None:
        """The client is gone; what it has not read is kept for its return. A newer connection is left alone."""
        if self.outlet is not outlet:
            return
        for message in outlet.unsent():
            self._missed.keep(message)
        self.outlet, self.left_at = None, time.monotonic()

    def send(self, message: ServerMessage) -> None:
        """To the client if it is there, else kept if it must arrive."""
        if self.outlet is None:
            if not is_replaceable(message) and not isinstance(message, Ack):
                self._missed.keep(message)
            return
        try:
            self.outlet.put(message)
        except ServiceError as error:
            logger.warning("client.slow", session=self.id)
            outlet = self.outlet
            self.detach(outlet)
            self._missed.keep(message)
            outlet.fail(error)

    async def offer(self, packet: Packet, decoder: Decoder) -> None:
        """Take one packet; waits while the disk is behind. Repeats and what comes after the end are ignored, a gap is an AudioError."""
        if packet.seq < self._next_seq or self.ending:
            return
        if packet.seq > self._next_seq:
            raise AudioError(ErrorCode.SEQUENCE_GAP, f"expected {self._next_seq}, got {packet.seq}")
        samples = decoder.decode(packet.payload)
        if self._offered + samples.size > self._samples_max:
            raise AudioError(ErrorCode.SESSION_TOO_LONG, f"{self._samples_max // SAMPLE_RATE} s")
        if self._progress.first_packet is None:
            self._progress.first_packet = time.monotonic()
        self._next_seq += 1
        self._offered += samples.size
        await self._intake.put((packet.seq, samples))

    async def finish(self) -> Summary:
        """No more audio: store and hear what is there, wait for every final, sum up. Safe to call from several places at once."""
        if self._ended is None:
            self._ended = asyncio.create_task(self._finish())
        return await asyncio.shield(self._ended)

    async def abandon(self) -> None:
        """Stop without an end (the process goes down): stored audio is picked up by the next process."""
        tasks = [*self._tasks, *([self._ended] if self._ended else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.interpreter.abandon()
        if self.recording is not None:
            self.recording.close()

    async def _finish(self) -> Summary:
        await self._intake.put(None)
        await asyncio.gather(*self._tasks)
        summary = await self.interpreter.finish()
        if self.recording is not None:
            self.recording.close()
        return summary

    async def _store(self) -> None:
        while True:
            batch = [await self._intake.get()]
            while not self._intake.empty():
                batch.append(self._intake.get_nowait())
            packets = [item for item in batch if item is not None]
            # after a failed append, packets that were on their way no longer follow the last stored one: the client sends them again
            packets = [packet for index, packet in enumerate(packets) if packet[0] == self._stored_seq + index]
            if packets:
                await self._store_batch(packets)
            if None in batch:
                await self._to_hear.put(None)
                return

    async def _store_batch(self, packets: list[tuple[int, Block]]) -> None:
        try:
            if self.recording is not None:
                await self._run(self.recording.append, packets)
        except ServiceError as error:
            self._refuse(error)
            return
        self._stored_seq = packets[-1][0] + 1
        self._progress.stored += sum(block.size for _, block in packets)
        self.send(Ack(seq=packets[-1][0]))
        for _, block in packets:
            await self._to_hear.put(block)

    def _refuse(self, error: ServiceError) -> None:
        """The disk took nothing: forget the packets not stored, so that the client sends them again when it comes back."""
        assert self.recording is not None
        logger.error("store.failed", session=self.id, code=str(error.code), detail=error.detail)
        while not self._intake.empty():
            self._intake.get_nowait()
        self._next_seq, self._offered = self.recording.next_seq, self.recording.samples
        if self.outlet is not None:
            self.outlet.fail(error)

    async def _hear(self) -> None:
        """A failure of the ear is told and logged; storing goes on, because the recording can be heard again later."""
        blocks = self._audio()
        try:
            async for block in blocks:
                await self._keep_pace(block.size)
                self._ring.extend(block)
                self._progress.heard += block.size
                self.interpreter.take(await self._run(self.interpreter.hear, block))
            self.interpreter.take(await self._run(self.interpreter.hear_end))
        except Exception:
            logger.exception("hearing.failed", session=self.id, heard=self._progress.heard / SAMPLE_RATE)
            self.send(error_message(ServiceError(ErrorCode.INTERNAL, "hearing")))
            async for _ in blocks:
                pass

    async def _audio(self) -> AsyncIterator[Block]:
        """The stored past of the conversation, then what comes in; in steps small enough to keep every stage responsive."""
        if self.recording is not None and self._recovered:
            steps = iter_steps(self.recording.folder, self._recovered)
            while (step := await self._run(next, steps, None)) is not None:
                yield step
        while (first := await self._to_hear.get()) is not None:
            blocks = [first]
            size = first.size
            while size < STEP_SAMPLES and not self._to_hear.empty():
                following = self._to_hear.get_nowait()
                if following is None:
                    yield np.concatenate(blocks)
                    return
                blocks.append(following)
                size += following.size
            yield np.concatenate(blocks)

    async def _keep_pace(self, samples: int) -> None:
        """Audio ahead of the clock waits for its words; live audio never does."""
        ahead = self._progress.heard + samples - self._progress.first_sample
        begun = self._progress.first_packet
        if begun is None or ahead / SAMPLE_RATE > time.monotonic() - begun + REAL_TIME_SLACK:
            await self.interpreter.settled((self._progress.heard + samples) / SAMPLE_RATE)


def iter_steps(folder: Path, samples: int) -> Iterator[Block]:
    """The first `samples` samples of a recording in steps of about `STEP_SAMPLES`, read as they are asked for."""
    held: list[Block] = []
    for block in iter_samples(folder):
        held.append(block[:samples])
        samples -= held[-1].size
        if samples == 0 or sum(part.size for part in held) >= STEP_SAMPLES:
            yield np.concatenate(held)
            held = []
        if samples == 0:
            return
