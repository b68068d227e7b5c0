"""Around the console: who it is (a cookie no script can read), what the browser may load, and files passed through from the API.

Plain ASGI on the whole application, because NiceGUI's own is one for the process and knows nothing of the application it is mounted on.
"""

from __future__ import annotations

import re
import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from case_api.console.look import CURRENT, look_of

PREFIX: Final = "/console"
TOKEN_COOKIE: Final = "calmdesk_token"
APP: Final = "calmdesk.app"
_FILE = (
    r"sessions/[\w-]+/(audio|export|report\.pdf|listeners/[\w-]+/audio)|labels/corpus|clips/[\w-]+/audio|evidence/[\w-]+/file"
    r"|cases/[\w-]+/(offer\.pdf|refund-instruction/(pdf|csv|xml))|keywords/export|learning/digest|figures/export|library/export"
    r"|co-resident-acknowledgements/[\w-]+/(scan|paper\.pdf)"
)
FILES: Final = re.compile(rf"{PREFIX}/files(?P<path>/v1/({_FILE}))")
UPLOAD: Final = re.compile(
    PREFIX + r"/files(?P<path>/v1/(cases/[\w-]+/evidence|crm-imports|library/import|co-resident-acknowledgements/[\w-]+/scan))"
)
LEAVE: Final = re.compile(PREFIX + r"/files(?P<path>/v1/sessions/[\w-]+/listeners/[\w-]+)")
"""What a page says while it goes away, when its line to the server is cut already."""
HOST: Final = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?", re.ASCII)
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'self'{sockets}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""NiceGUI compiles templates in the browser, hence `unsafe-eval`; a script that somebody smuggles into the page lacks the nonce."""


class ConsoleDoor:
    """Leaves everything outside `/console` alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._pages = GZipMiddleware(_Nonced(app), minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _within(scope["path"]):
            await self.app(scope, receive, send)
            return
        if _foreign(scope):
            await _refuse(scope, receive, send)
            return
        passed = _passed(scope)
        if passed is not None:
            await self.app(_as_api(scope, passed), receive, send)
            return
        scope[APP] = scope["app"]
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        CURRENT.set(look_of(Request(scope)))
        await self._pages(scope, receive, send)


def _within(path: str) -> bool:
    return path == PREFIX or path.startswith(PREFIX + "/")


def _passed(scope: Scope) -> str | None:
    """The API's path for what goes through to it as it is."""
    if scope["type"] != "http":
        return None
    pattern = {"GET": FILES, "HEAD": FILES, "POST": UPLOAD, "DELETE": LEAVE}.get(scope["method"])
    found = pattern.fullmatch(scope["path"]) if pattern else None
    return found["path"] if found else None


def _foreign(scope: Scope) -> bool:
    """Whether another site's page sends this: what changes something, and sockets, come from our own pages only."""
    if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(f"{PREFIX}/_nicegui_ws"):
        return False
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await Response(status_code=403)(scope, receive, send)


def _as_api(scope: Scope, path: str) -> Scope:
    """The same request to the API, the cookie's token where the API looks for one. A file streams as it is, ranges and all."""
    token = HTTPConnection(scope).cookies.get(TOKEN_COOKIE, "")
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"authorization", b"cookie")]
    if token:
        headers.append((b"authorization", b"Bearer " + token.encode("latin-1", "replace")))
    return {**scope, "path": path, "raw_path": path.encode(), "headers": headers}


class _Nonced:
    """Gives each page its policy, and its own scripts the nonce of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = secrets.token_urlsafe(16)
        start: Message | None = None
        body = b""

        async def tell(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
                return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(b"<script", f'<script nonce="{nonce}"'.encode())
            headers = MutableHeaders(scope=start)
            headers["Content-Length"] = str(len(body))
            headers["Content-Security-Policy"] = _policy(Headers(scope=scope).get("host", ""), nonce)
            headers["Referrer-Policy"] = "same-origin"  # with `no-referrer` a form's POST would come from nowhere
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, tell)


def _is_page(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


def _policy(host: str, nonce: str) -> str:
    # older Safari does not count the socket as 'self'
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return POLICY.format(nonce=nonce, sockets=sockets)
