"""A real HTTP server on this machine that behaves as badly as it is told, and keeps what it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Semaphore, Thread
from typing import Any, NamedTuple


class Received(NamedTuple):
    """One request. Names of headers in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """What to answer, and what came. `answers` are the statuses to come, then 200 for ever; clearing `open` makes it hang."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.location = ""
        self.endless = False
        self.requests: list[Received] = []
        self.came = Semaphore(0)
        self.open = Event()
        self.open.set()
        self.closing = False
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        state = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        state.requests.append(Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        state.came.release()
        state.open.wait()
        self.send_response(state.answers.pop(0) if state.answers else 200)
        if state.location:
            self.send_header("Location", state.location)
        if not state.endless:
            self.send_header("Content-Length", "0")
        self.end_headers()
        while state.endless and not state.closing:
            try:
                self.wfile.write(b"x" * 65536)
            except OSError:
                return

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Runs until the block ends."""
    state = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": state}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.port = server.server_address[1]
    try:
        yield state
    finally:
        state.closing = True
        state.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
