"""Documents are laid out, and backtests run, in processes of their own: they hold the interpreter, and the ear must never wait."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from fastapi import Request

from case_api.documents.pdf import Document, render

WORKERS = 2
P = ParamSpec("P")
T = TypeVar("T")


class Renderer:
    """A pool of processes, started with the first document, ended by `close`."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def render(self, document: Document) -> bytes:
        """The document as PDF."""
        return await self.run(render, document)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function makes of its arguments. A worker that died (killed for memory) costs one more try, not the request."""
        pool, call = self._running(), partial(work, *args, **kwargs)
        try:
            return await _submit(pool, call)
        except BrokenProcessPool:
            if self._pool is pool:  # else another request has replaced it already, and may be waiting for the new one
                self._pool = None
            pool.shutdown(wait=False)
            return await _submit(self._running(), call)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawn: a fork would copy locks that other threads hold (the ear's, the database's)
            self._pool = ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=_ignore_interrupt)
            # all workers now: one that is added while a broken pool is cleared away breaks the clearing (CPython 3.11)
            for _ in range(WORKERS):
                self._pool.submit(_nothing)
        return self._pool

    def close(self) -> None:
        """End the processes; documents in work are finished first."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


async def _submit(pool: ProcessPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, call)


def _nothing() -> None:
    """A first task, for which a worker is started."""


def _ignore_interrupt() -> None:
    """Ctrl-C reaches the whole process group; the parent ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


async def get_renderer(request: Request) -> Renderer:
    """The application's renderer, for endpoints."""
    renderer: Renderer = request.app.state.renderer
    return renderer
