"""The client's half of the contract: keep packets until they are acknowledged, come back after a lost line, resend what is missing."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from audio_service.errors import ERRORS, ErrorCode
from audio_service.intake.packets import build_packet
from audio_service.messages import PROTOCOL_VERSION, SAMPLE_RATE

RETRY_FIRST, RETRY_MOST = 0.25, 5.0
GIVE_UP_SECONDS = 120.0


class StreamRefused(Exception):
    """The server said no and trying again cannot help. `error` is its message."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')}: {error.get('en')}" + (f" ({error['detail']})" if error.get("detail") else ""))
        self.error = error


class Packets:
    """Samples as packets, each due when its last sample has been spoken. Waiting for one can be cancelled without losing it."""

    def __init__(self, samples: NDArray[np.int16], packet_ms: int, speed: float) -> None:
        size = SAMPLE_RATE * packet_ms // 1000
        self._samples = samples
        self._edges = [*range(0, max(samples.size - size // 2, 1), size), samples.size]
        self._speed = speed
        self._given = 0
        self._begun: float | None = None

    async def due(self) -> bytes | None:
        """The next packet's PCM, when it is time; None after the last."""
        if self._given + 1 >= len(self._edges):
            return None
        if self._begun is None:
            self._begun = time.monotonic()
        start, end = self._edges[self._given : self._given + 2]
        await asyncio.sleep(max(0.0, self._begun + end / SAMPLE_RATE / self._speed - time.monotonic()))
        self._given += 1
        return self._samples[start:end].astype("<i2").tobytes()


@dataclass(slots=True)
class Phone:
    """One conversation. `on_message` gets every message with `received_at`, seconds of wall clock since the first packet was sent."""

    url: str
    token: str
    consent: dict[str, Any]
    on_message: Callable[[dict[str, Any]], None]
    case_id: str | None = None
    packet_ms: int = 100
    answer: str | None = None
    """Verdict given to every prompt at once, as an eager staff member would."""
    shows: bool = False
    """Whether somebody looks at what `on_message` makes of it: hints and listeners are then said to be shown."""
    extra: list[dict[str, Any]] = field(default_factory=list)
    """Messages sent after the last packet, before stop."""
    tls: ssl.SSLContext | None = None
    session: str | None = None
    reconnects: int = 0
    _unacked: deque[tuple[int, bytes]] = field(default_factory=deque)
    _next: int = 0
    _window: int = 100
    _first_sent: float | None = None
    _finished: bool = False
    _retry: float = RETRY_FIRST
    _lost_at: float | None = None
    """When the line was lost; None while there is one."""
    _progress: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, samples: NDArray[np.int16], speed: float) -> None:
        """Send the samples at `speed` × real time, say stop, return when the summary is here. Raises StreamRefused, TimeoutError."""
        packets = Packets(samples, self.packet_ms, speed)
        while not self._finished:
            try:
                await self._connection(packets)
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError) as error:
                await self._pause(error)

    async def _pause(self, error: Exception) -> None:
        """Wait before the next attempt, longer each time. Raises TimeoutError once there has been no line for too long."""
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        if now - self._lost_at > GIVE_UP_SECONDS:
            raise TimeoutError(f"no connection to {self.url} for {GIVE_UP_SECONDS:.0f} s: {error}") from error
        self.reconnects += 1
        await asyncio.sleep(self._retry * random.uniform(0.8, 1.2))
        self._retry = min(self._retry * 2, RETRY_MOST)

    async def _connection(self, packets: Packets) -> None:
        async with connect(self.url, ssl=self.tls, max_size=1 << 20, open_timeout=10, close_timeout=5) as socket:
            await socket.send(json.dumps(self._hello()))
            ready = json.loads(await socket.recv())
            self._received(ready)
            self._lost_at = None
            self.session = ready["session"]
            self._window = ready["limits"]["window_packets"]
            self._forget_below(ready["next_seq"])
            reader = asyncio.create_task(self._read(socket))
            writer = asyncio.create_task(self._write(socket, packets))
            try:
                await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
                if writer.done() and writer.exception() is None:
                    await reader
            finally:
                for task in (reader, writer):
                    task.cancel()
                results = await asyncio.gather(reader, writer, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result

    def _hello(self) -> dict[str, Any]:
        hello: dict[str, Any] = {"type": "hello", "version": PROTOCOL_VERSION, "token": self.token, "codec": "pcm_s16le"}
        hello |= {"consent": self.consent, "client": "calmdesk stream"}
        return hello | {name: value for name, value in (("resume", self.session), ("case_id", self.case_id)) if value is not None}

    async def _write(self, socket: ClientConnection, packets: Packets) -> None:
        for waiting in list(self._unacked):
            await socket.send(build_packet(*waiting))
        while (payload := await packets.due()) is not None:
            if self._first_sent is None:
                self._first_sent = time.monotonic()
            self._unacked.append((self._next, payload))
            self._next += 1
            await socket.send(build_packet(*self._unacked[-1]))
            await self._acknowledged(self._window - 1)
        for message in self.extra:
            await socket.send(json.dumps(message))
        await self._acknowledged(0)  # an end leaves out what a full disk refused on its way there
        await socket.send(json.dumps({"type": "stop"}))

    async def _acknowledged(self, most: int) -> None:
        """Wait until no more than this many packets are without acknowledgement."""
        while len(self._unacked) > most:
            self._progress.clear()
            await self._progress.wait()

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            self._received(message)
            if self.answer is not None and message["type"] == "prompt":
                await socket.send(json.dumps({"type": "feedback", "prompt_id": message["id"], "verdict": self.answer}))
            for shown in _to_show(message) if self.shows else []:
                await socket.send(json.dumps({"type": "shown", "id": shown}))
        if not self._finished:
            raise ConnectionResetError("the server closed before the summary")

    def _received(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        message["received_at"] = round(now - self._first_sent, 4) if self._first_sent is not None else 0.0
        self.on_message(message)
        if message["type"] == "ack":
            self._retry = RETRY_FIRST  # not at `ready`: a service that greets and dies at the first packet would be asked in a tight loop
            self._forget_below(message["seq"] + 1)
        elif message["type"] == "summary":
            self._finished = True
        elif message["type"] == "error" and ERRORS[ErrorCode(message["code"])].close is not None:
            raise ConnectionResetError(message["code"]) if message["retry"] else StreamRefused(message)

    def _forget_below(self, seq: int) -> None:
        while self._unacked and self._unacked[0][0] < seq:
            self._unacked.popleft()
        self._progress.set()


def _to_show(message: dict[str, Any]) -> list[str]:
    """Ids of what the server wants to know to have been shown."""
    if message["type"] == "hint":
        return [message["id"]]
    return [one["id"] for one in message["people"]] if message["type"] == "listeners" else []
