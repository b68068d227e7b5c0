"""Something that is looked after now and then for as long as the application runs. What is due is asked of the database each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger("calmdesk.schedule")


@asynccontextmanager
async def every(seconds: float, what: str, work: Callable[[], Awaitable[Any]], *, at_once: bool = False) -> AsyncIterator[None]:
    """Do `work` every so many seconds, the first time after as many or `at_once`. A failure is logged (`<what>_failed`), no more."""
    task = asyncio.create_task(_for_ever(seconds, what, work, at_once))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _for_ever(seconds: float, what: str, work: Callable[[], Awaitable[Any]], at_once: bool) -> None:
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await work()
        except Exception:  # whatever it is: nobody would notice that it has stopped
            log.exception(f"{what}_failed")
        await asyncio.sleep(seconds)
