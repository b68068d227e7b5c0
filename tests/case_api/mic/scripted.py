"""A server with the real page and a scripted other side: it keeps what it receives, and drops, restarts or falls silent on cue.

It stands in for the service in tests of the *client*: what is proved here is that every packet arrives once and in order,
whatever the line and the server do. `test_end_to_end.py` runs the page against the real service.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from audio_service.errors import ERRORS, ErrorCode
from audio_service.messages import CLIENT_MESSAGE, Feedback, Hello, Level, Limits, Mark, PromptKind, Ready, Shown, Speaker, Stop, Summary
from case_api.mic.router import mic_router
from case_api.notices import Notice, NoticeKind, current_notice

PERSON = {"id": "p1", "display_name": "李静", "roles": [{"role": "staff", "site_id": "s1"}]}


@dataclass
class Heard:
    """What arrived in one session: packets in order of their number, and everything that should not have happened."""

    packets: list[bytes] = field(default_factory=list)
    repeats: int = 0
    unanswered: int = 0  # packets taken while deaf
    gaps: int = 0
    feedback: list[Feedback] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    stopped: bool = False
    ended: bool = False
    withdrawn: int = 0  # times somebody said so

    @property
    def audio(self) -> bytes:
        return b"".join(self.packets)


@dataclass
class Script:
    """Cues; a test changes them while the page runs."""

    window: int = 300
    deaf: bool = False  # lines open now take packets and answer nothing, for good: a tunnel
    token: str = "token-1"  # only this token is good
    must_change_password: bool = False
    drop_after: set[int] = field(default_factory=set)  # packet numbers after which the line is cut, once each
    cases: list[dict[str, str]] = field(default_factory=list)
    over: set[str] = field(default_factory=set)  # cases that were archived or cancelled since the phone read the list
    enrolment: dict[str, Any] | None = None
    uploads: dict[str, bytes] = field(default_factory=dict)


class ScriptedServer:
    def __init__(self) -> None:
        self.script = Script()
        self.sessions: defaultdict[str, Heard] = defaultdict(Heard)
        self.opened = 0
        self.hellos: list[Hello] = []
        self.live: WebSocket | None = None
        self._news = asyncio.Event()  # something has arrived
        self.app = self._build()
        self._socket = self._bind(0)
        self.port = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mic"

    @staticmethod
    def _bind(port: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    # ---- coming and going ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        config = uvicorn.Config(self.app, log_level="critical", lifespan="off", ws="websockets-sansio")
        self._server = uvicorn.Server(config)
        if self._socket.fileno() == -1:
            self._socket = self._bind(self.port)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """Every line breaks in the middle, as when the process dies; nothing listens until `start`."""
        assert self._server is not None
        assert self._task is not None
        self.cut()
        self._server.should_exit = self._server.force_exit = True
        await self._task
        self._socket.close()

    def cut(self) -> None:
        """Resets every connection, without a close frame."""
        assert self._server is not None
        for protocol in list(self._server.server_state.connections):
            protocol.transport.abort()  # type: ignore[union-attr]

    async def until(self, condition: Callable[[], bool], within: float = 30) -> None:
        """Waits until what has arrived satisfies the condition."""
        async with asyncio.timeout(within):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def send(self, message: dict[str, Any]) -> None:
        assert self.live is not None
        await self.live.send_text(json.dumps(message))

    # ---- the service's side -------------------------------------------------------------------------------------

    def _build(self) -> FastAPI:
        app = FastAPI()
        app.include_router(mic_router())
        app.add_api_websocket_route("/v1/stream", self._stream)
        for method, path, endpoint in (
            ("POST", "/v1/tokens", self._sign_in),
            ("DELETE", "/v1/tokens/current", self._nothing),
            ("POST", "/v1/me/password", self._change_password),
            ("GET", "/v1/cases", self._list_cases),
            ("POST", "/v1/cases", self._create_case),
            ("GET", "/v1/consent-notice", self._notice),
            ("GET", "/v1/enrolments/me", self._enrolment),
            ("POST", "/v1/enrolments", self._enrol),
            ("DELETE", "/v1/enrolments/me", self._drop_enrolment),
            ("POST", "/v1/sessions/{session}/consent/withdrawal", self._withdraw),
        ):
            app.add_api_route(path, endpoint, methods=[method], response_model=None)
        return app

    async def _sign_in(self, request: Request) -> Response:
        body = await request.json()
        if body["password"] not in {"correct horse", "new correct horse"}:
            problem = {
                "code": "credentials_invalid",
                "title": "…",
                "detail": "…",
                "zh": "用户名或密码不正确",
                "en": "Wrong user name or password",
            }
            return JSONResponse(problem, status_code=401, media_type="application/problem+json")
        answer = {
            "token": self.script.token,
            "expires_at": "2099-01-01T00:00:00Z",
            "must_change_password": self.script.must_change_password,
        }
        return JSONResponse(answer | {"person": PERSON})

    async def _nothing(self) -> Response:
        return Response(status_code=204)

    async def _change_password(self, request: Request) -> Response:
        assert await request.json() == {"old_password": "correct horse", "new_password": "new correct horse"}
        self.script.must_change_password = False
        return Response(status_code=204)

    async def _list_cases(self, q: str = "") -> dict[str, Any]:
        return {"items": [case for case in self.script.cases if q in json.dumps(case, ensure_ascii=False)]}

    async def _create_case(self, request: Request) -> dict[str, str]:
        body = await request.json()
        case = {"id": "c9", "code": "HD-20261123-0009", "status": "assessing"} | body
        self.script.cases.append(case)
        return dict(case)

    async def _notice(self, kind: NoticeKind = "recording") -> Notice:
        return current_notice(kind)

    async def _enrolment(self) -> dict[str, Any]:
        return self.script.enrolment or {"enrolled": False}

    async def _enrol(self, request: Request) -> dict[str, Any]:
        async with request.form() as form:
            assert form["consent"] == "true"
            for name in ("calm", "raised"):
                upload = form[name]
                assert not isinstance(upload, str)
                self.script.uploads[name] = await upload.read()
        self.script.enrolment = {"enrolled": True, "raised": True, "created_at": "2026-11-23T08:00:00Z"}
        return self.script.enrolment

    async def _drop_enrolment(self) -> Response:
        if self.script.enrolment is None:
            raise HTTPException(404)
        self.script.enrolment = None
        return Response(status_code=204)

    async def _withdraw(self, session: str, request: Request) -> Response:
        assert await request.json() == {"asked_by": "customer"}
        heard = self.sessions[session]
        heard.withdrawn += 1
        heard.ended = True
        self._news.set()
        return JSONResponse({"session_id": session}, status_code=201)

    async def refuse(self, code: ErrorCode) -> None:
        """End the line that is open with this error."""
        assert self.live is not None
        await self._refuse(self.live, code)

    async def _stream(self, websocket: WebSocket) -> None:
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            hello = CLIENT_MESSAGE.validate_json(await websocket.receive_text())
            assert isinstance(hello, Hello)
            self.hellos.append(hello)
            self._news.set()
            if hello.token != self.script.token:
                await self._refuse(websocket, ErrorCode.TOKEN_EXPIRED)
                return
            if hello.resume is None and hello.case_id in self.script.over:
                await self._refuse(websocket, ErrorCode.CASE_OVER)
                return
            if hello.resume is None:
                self.opened += 1
            session = hello.resume or f"s{self.opened - 1}"
            heard = self.sessions[session]
            if heard.ended:
                await self._refuse(websocket, ErrorCode.SESSION_ENDED)
                return
            self.live = websocket
            await self._converse(websocket, hello, session, heard)

    async def _converse(self, websocket: WebSocket, hello: Hello, session: str, heard: Heard) -> None:
        assert hello.consent is not None
        ready = Ready(
            session=session,
            next_seq=len(heard.packets),
            resumed=hello.resume is not None,
            recording=hello.consent.recording,
            limits=Limits(window_packets=self.script.window, session_seconds_max=3600),
        )
        await websocket.send_text(ready.model_dump_json())
        deaf = False
        async for message in self._frames(websocket):
            self._news.set()
            deaf = deaf or self.script.deaf
            if deaf:
                heard.unanswered += 1
            elif isinstance(message, bytes):
                await self._packet(websocket, heard, message)
            elif isinstance(command := CLIENT_MESSAGE.validate_json(message), Feedback):
                heard.feedback.append(command)
            elif isinstance(command, Mark):
                heard.marks.append(command)
            elif isinstance(command, Shown):
                heard.shown.append(command.id)
            elif isinstance(command, Stop):
                heard.stopped = heard.ended = True
                await websocket.send_text(summary_of(session, heard, hello).model_dump_json())
                await websocket.close(1000)
                return

    async def _frames(self, websocket: WebSocket) -> AsyncIterator[str | bytes]:
        while True:
            event = await websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            yield event.get("text") or event["bytes"]

    async def _packet(self, websocket: WebSocket, heard: Heard, frame: bytes) -> None:
        number, audio = int.from_bytes(frame[:4], "big"), frame[4:]
        assert 640 <= len(audio) <= 6400, f"a packet of {len(audio)} bytes"
        if number < len(heard.packets):
            heard.repeats += 1
        elif number > len(heard.packets):
            heard.gaps += 1
            await self._refuse(websocket, ErrorCode.SEQUENCE_GAP)
            return
        else:
            heard.packets.append(audio)
        if number in self.script.drop_after:
            self.script.drop_after.discard(number)
            self.cut()
            return
        await websocket.send_text(json.dumps({"type": "ack", "seq": number}))

    async def _refuse(self, websocket: WebSocket, code: ErrorCode) -> None:
        text = ERRORS[code]
        await websocket.send_text(json.dumps({"type": "error", "code": code, "zh": text.zh, "en": text.en, "retry": text.retry}))
        assert text.close is not None
        await websocket.close(text.close)


def summary_of(session: str, heard: Heard, hello: Hello) -> Summary:
    assert hello.consent is not None
    return Summary(
        session=session,
        seconds=len(heard.audio) / 32000,
        speech_seconds=len(heard.audio) / 40000,
        talk_share={Speaker.STAFF: 0.38, Speaker.CUSTOMER: 0.57, Speaker.UNSURE: 0.05},
        utterances=14,
        prompts={PromptKind.CALMING: 2, PromptKind.GUIDANCE: 1, PromptKind.WORDING: 1},
        keywords={"退房": 3, "定金": 2, "举报": 1, "虚假宣传": 1},
        peak_level=Level.AGITATED,
        recording=f"/v1/sessions/{session}/audio" if hello.consent.recording else None,
    )
