"""What waits to be sent to one client: bounded, acknowledgements folded into the newest, the replaceable dropped before the rest."""

from __future__ import annotations

import asyncio
from collections import deque

from audio_service.errors import ErrorCode, ServiceError, StreamError
from audio_service.messages import Ack, Ready, ServerMessage, State, Transcript


def is_replaceable(message: ServerMessage) -> bool:
    """Partials and states are overtaken by the next of their kind; everything else must arrive."""
    return isinstance(message, State) or (isinstance(message, Transcript) and not message.final)


class Outlet:
    """Queue between a conversation and its socket. `put` never waits: a client that does not read costs no more than `limit` messages."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queue: deque[ServerMessage] = deque()
        self._ack: int | None = None
        self._something = asyncio.Event()
        self._closing = asyncio.Event()
        self.dropped = 0
        self.failure: StreamError | None = None
        """Why the connection has to end, if it has to."""

    def put(self, message: ServerMessage) -> None:
        """Queue a message. Raises ServiceError(slow_client) when even without the replaceable ones there is no room."""
        if isinstance(message, Ack):
            self._ack = message.seq
        elif len(self._queue) >= self._limit and not self._make_room(message):
            if is_replaceable(message):
                self.dropped += 1
                return
            raise ServiceError(ErrorCode.SLOW_CLIENT, f"{self._limit} messages are waiting")
        else:
            self._queue.append(message)
        self._something.set()

    async def get(self) -> ServerMessage | None:
        """The next message, an acknowledgement before all but `ready` (it frees the client's memory); None once closed and empty."""
        while True:
            if self._ack is not None and not (self._queue and isinstance(self._queue[0], Ready)):
                ack, self._ack = Ack(seq=self._ack), None
                return ack
            if self._queue:
                return self._queue.popleft()
            if self._closing.is_set():
                return None
            self._something.clear()
            await self._something.wait()

    def close(self) -> None:
        """No more will be put; `get` hands out what is there, then None."""
        self._closing.set()
        self._something.set()

    def fail(self, error: StreamError) -> None:
        """End the connection with this error, without waiting for the client to read what is queued."""
        if self.failure is None:  # the first reason is the true one
            self.failure = error
        self._ack = None
        self._queue.clear()
        self.close()

    async def closed(self) -> None:
        """Returns once no more will be put."""
        await self._closing.wait()

    def _make_room(self, message: ServerMessage) -> bool:
        if is_replaceable(message):
            return False
        for index, waiting in enumerate(self._queue):
            if is_replaceable(waiting):
                del self._queue[index]
                self.dropped += 1
                return True
        return False
