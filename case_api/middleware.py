"""Around every request: an id, one log line, the size limit and the headers a browser needs to be told."""

from __future__ import annotations

import re
import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from case_api.problems import Problem, ProblemCode, problem_response

log = structlog.get_logger("calmdesk.http")

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
TEXT_BYTES: Final = 1024 * 1024
"""Of whatever is no file. It is read in one piece before it is known who sends it: 16 MB of JSON would stop the event loop for a second."""
FORM_BYTES: Final = 64 * 1024
UPLOADS = re.compile(r"/v1/(cases/[^/]+/evidence|co-resident-acknowledgements/[^/]+/scan)")
CUSTOMERS = "/v1/public/"
SUBMISSION = "/v1/public/form/submit"
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class RequestShell:
    """Plain ASGI, so that a streamed answer is not copied."""

    def __init__(self, app: ASGIApp, upload_bytes_max: int = 0, photo_bytes_max: int = 0) -> None:
        self.app = app
        self.upload_bytes_max = upload_bytes_max
        self.photo_bytes_max = photo_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, _limited(scope, receive, self._limit(scope)), tell)
            except Exception:
                log.exception("request failed")
                if status:  # half an answer is out: only the closed connection can tell
                    raise
                await problem_response(Request(scope), Problem(ProblemCode.INTERNAL))(scope, receive, tell)
            finally:
                ms = round((time.perf_counter() - started) * 1000, 1)
                # The path only: a query may hold a name that was searched for.
                log.info("request", method=scope["method"], path=scope["path"], status=status, ms=ms)

    def _limit(self, scope: Scope) -> int:
        """Bytes a request's body may have: an upload the size of its setting, with its form around it; anybody can send one without."""
        if scope["path"].startswith(CUSTOMERS):
            return FORM_BYTES + (self.photo_bytes_max if scope["path"] == SUBMISSION else 0)
        if scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"]):
            return self.upload_bytes_max + FORM_BYTES
        files = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
        return MAX_BODY_BYTES if files else TEXT_BYTES


def _add_headers(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def _limited(scope: Scope, receive: Receive, limit: int) -> Receive:
    """The request's body, cut off with 413 above the limit whether or not its length was declared."""
    taken = 0
    declared = Headers(scope=scope).get("content-length", "0")

    async def limited() -> Message:
        nonlocal taken
        if declared.isdigit() and int(declared) > limit:
            raise HTTPException(413)
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return limited
