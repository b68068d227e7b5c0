"""`/v1/stream`: the thin shell between a WebSocket and a conversation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from audio_service.contract import asyncapi
from audio_service.errors import AccessError, ErrorCode, ProtocolError, ServiceError, StreamError
from audio_service.intake.codecs import Decoder, decoder_for
from audio_service.intake.packets import parse_packet
from audio_service.live.allowance import Allowance
from audio_service.live.outlet import Outlet
from audio_service.live.registry import Registry
from audio_service.live.session import LiveSession
from audio_service.messages import (
    CLIENT_MESSAGE,
    PROTOCOL_VERSION,
    Feedback,
    Hello,
    Limits,
    Mark,
    Ready,
    Shown,
    Stop,
    Summary,
    error_message,
)
from models.engine import DatabaseBusy

logger = structlog.get_logger()
router = APIRouter()

TEXT_MAX = 16_384
MESSAGES_BURST, MESSAGES_PER_SECOND = 30, 2.0
"""Marks, feedback and what was shown, of one connection; a phone that was away has some to hand in."""
TOKEN_CHECK_SECONDS = 60.0
DRAIN_SECONDS = 10.0
"""How long the last messages may take to reach a client before the line is cut."""


@router.get("/v1/stream/asyncapi.json", include_in_schema=False)
async def asyncapi_document() -> dict[str, Any]:
    """The contract of the stream for programs."""
    return asyncapi()


@router.websocket("/v1/stream")
async def stream(socket: WebSocket) -> None:
    """One connection: hello, then audio and messages until stop, the line's end or an error."""
    await socket.accept()
    registry: Registry | None = socket.app.state.registry
    if registry is None:
        await socket.send_text(error_message(ServiceError(ErrorCode.BUSY, "not listening")).model_dump_json(exclude_none=True))
        await socket.close(4503)
        return
    await Connection(socket, registry).run()


class Connection:
    """One client on the line. The conversation outlives it."""

    def __init__(self, socket: WebSocket, registry: Registry) -> None:
        self._socket = socket
        self._registry = registry
        self._outlet = Outlet(registry.settings.stream.send_queue)
        self._session: LiveSession | None = None
        self._decoder: Decoder | None = None
        self._person_id = ""
        self._allowance = Allowance(MESSAGES_BURST, MESSAGES_PER_SECOND)
        self._token_check: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the connection to its end; never raises to the server."""
        reader = asyncio.create_task(self._read())
        sender = asyncio.create_task(self._send())
        closing = asyncio.create_task(self._outlet.closed())
        tasks = [reader, sender, closing]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if self._token_check is not None:
            tasks.append(self._token_check)
        if not sender.done():
            self._outlet.close()
            await asyncio.wait({sender}, timeout=DRAIN_SECONDS)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            self._registry.left(self._session, self._outlet)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | RuntimeError):
                logger.error("stream.failed", exc_info=result)

    async def _send(self) -> None:
        while (message := await self._outlet.get()) is not None:
            await self._socket.send_text(message.model_dump_json(exclude_none=True))
        failure = self._outlet.failure
        if failure is not None:
            expected = self._session.stored_seq if self._session and failure.code is ErrorCode.SEQUENCE_GAP else None
            await self._socket.send_text(error_message(failure, expected).model_dump_json(exclude_none=True))
            await self._socket.close(failure.text.close or 1011, str(failure.code))
        else:
            await self._socket.close(1000)

    async def _read(self) -> None:
        try:
            await self._greet()
            while True:
                await self._one()
        except StreamError as error:
            self._outlet.fail(error)
        except WebSocketDisconnect:
            self._outlet.close()
        except Exception as error:
            logger.exception("stream.failed")
            self._outlet.fail(_unexpected(error))

    def _ended(self, task: asyncio.Task[Summary]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._outlet.fail(ServiceError(ErrorCode.SHUTTING_DOWN if task.cancelled() else ErrorCode.INTERNAL))
        else:
            self._outlet.close()

    async def _check_token(self, token: str, site_id: str) -> None:
        """A token that expires or is taken back ends the connection, and so does a move to another site; the conversation waits."""
        while True:
            await asyncio.sleep(TOKEN_CHECK_SECONDS)
            try:
                await self._registry.door.admit(token, None, site_id)
            except AccessError as error:
                self._outlet.fail(error)
                return
            except (DatabaseBusy, OperationalError):
                logger.warning("token.unchecked")

    async def _greet(self) -> None:
        seconds = self._registry.settings.stream.hello_seconds
        try:
            message = await asyncio.wait_for(self._socket.receive(), seconds)
        except TimeoutError:
            raise ProtocolError(ErrorCode.HELLO_TIMEOUT, f"{seconds:g} s") from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        if message.get("text") is None:
            raise ProtocolError(ErrorCode.HELLO_EXPECTED)
        try:
            hello = parse_message(message["text"])
        except ProtocolError as error:
            if error.code in (ErrorCode.UNKNOWN_TYPE, ErrorCode.BAD_JSON):
                raise ProtocolError(ErrorCode.HELLO_EXPECTED, error.detail) from error
            raise _closing(error) from error
        if not isinstance(hello, Hello):
            raise ProtocolError(ErrorCode.HELLO_EXPECTED)
        await self._enter(hello)

    async def _enter(self, hello: Hello) -> None:
        if hello.version != PROTOCOL_VERSION:
            raise ProtocolError(ErrorCode.UNSUPPORTED_VERSION, f"{hello.version}; this server speaks {PROTOCOL_VERSION}")
        self._decoder = decoder_for(hello.codec, hello.sample_rate)
        admitted = await self._registry.door.admit(hello.token, hello.case_id, hello.site_id)
        session, resumed = await self._registry.enter(hello, admitted)
        session.interpreter.nudges = hello.nudge
        self._session, self._person_id = session, admitted.person_id
        self._token_check = asyncio.create_task(self._check_token(hello.token, session.interpreter.identity.site_id))
        limits = self._registry.settings.stream
        self._outlet.put(
            Ready(
                session=session.id,
                next_seq=session.stored_seq,
                resumed=resumed,
                recording=session.recording is not None,
                enrolled=session.enrolled,
                limits=Limits(window_packets=limits.window_packets, session_seconds_max=limits.session_seconds_max),
            )
        )
        session.attach(self._outlet)
        self._registry.rounds.hurry()
        if session.ending:
            self._registry.finish_soon(session).add_done_callback(self._ended)

    async def _one(self) -> None:
        """Take one message."""
        assert self._session is not None
        assert self._decoder is not None
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        data = message.get("bytes")
        if data is not None:
            await self._session.offer(parse_packet(data), self._decoder)
            return
        try:
            await self._command(parse_message(message["text"]))
        except StreamError as error:
            if error.text.close is not None:
                raise
            self._outlet.put(error_message(error))  # a bad message ends nothing

    async def _command(self, command: Hello | Feedback | Mark | Shown | Stop) -> None:
        assert self._session is not None
        if isinstance(command, Hello):
            raise ProtocolError(ErrorCode.HELLO_REPEATED)
        if not isinstance(command, Stop) and not self._allowance.take():
            raise ProtocolError(ErrorCode.TOO_MANY_MESSAGES, f"{MESSAGES_PER_SECOND:g} a second")
        if isinstance(command, Feedback):
            await self._registry.feedback(self._session, command, self._person_id)
        elif isinstance(command, Mark):
            self._registry.mark(self._session, command, self._person_id)
        elif isinstance(command, Shown):
            self._registry.rounds.shown(self._session, command.id)
        else:
            # the end takes a moment; the client may still answer the prompts that come meanwhile
            self._registry.finish_soon(self._session).add_done_callback(self._ended)


def _unexpected(error: Exception) -> StreamError:
    """What a client is told of a fault that is not its own."""
    if isinstance(error, DatabaseBusy | OperationalError):
        return ServiceError(ErrorCode.BUSY, "database")
    return ServiceError(ErrorCode.INTERNAL)


def parse_message(text: str) -> Hello | Feedback | Mark | Shown | Stop:
    """A client's text message. Raises ProtocolError: message_too_large, bad_json, unknown_type, bad_message (naming the field)."""
    if len(text) > TEXT_MAX:
        raise ProtocolError(ErrorCode.MESSAGE_TOO_LARGE, f"{len(text)} characters, at most {TEXT_MAX}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(ErrorCode.BAD_JSON, str(error)[:200]) from error
    try:
        return CLIENT_MESSAGE.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            raise ProtocolError(ErrorCode.UNKNOWN_TYPE, first["msg"][:200]) from error
        where = ".".join(str(part) for part in first["loc"][1:])
        raise ProtocolError(ErrorCode.BAD_MESSAGE, f"{where}: {first['msg']}"[:200]) from error


def _closing(error: ProtocolError) -> StreamError:
    """A hello that cannot be read ends the connection, whatever the same fault would do later."""
    return AccessError(ErrorCode.HELLO_EXPECTED, f"{error.code}: {error.detail}")
