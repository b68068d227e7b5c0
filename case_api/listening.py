"""Opens the ear for the application: weights, models, library and database, all proven to work before anyone is let in."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import structlog

from audio_service.hearing import HearingModels
from audio_service.live.ear import Ear
from audio_service.live.ledger import Ledger
from audio_service.live.pulse import Pulse
from audio_service.live.registry import Registry
from audio_service.live.shelf import Shelf
from audio_service.transcription.scheduler import TranscriptionQueue
from audio_service.transcription.whisper import WhisperTranscriber
from case_api.door import FrontDoor
from case_api.library.edits.following import follow
from models.engine import Factory
from models.settings import Settings
from scripts_library.library import Places, places
from scripts_library.watcher import LibraryWatcher

logger = structlog.get_logger()

LIBRARY_POLL_SECONDS = 2.0
RETRY_SECONDS = 1.0
SWITCH_SECONDS = 0.001
TIDY_SECONDS = 60.0
TIDY_LATEST_SECONDS = 900.0
"""How often everything that lives is looked through for garbage: while nobody talks, and at the latest though somebody does."""
RARELY = 100_000
"""Partial collections before Python looks through everything by itself: in effect never."""
EAR_THREADS = 4
"""Threads that hear and store; each conversation uses one at a time."""


def open_transcriber(settings: Settings) -> WhisperTranscriber:
    """The recogniser the settings name, after a first inference. Raises WeightsError."""
    return WhisperTranscriber.from_settings(settings.asr, settings.data_dir / "models")


@asynccontextmanager
async def listening(settings: Settings, factory: Factory) -> AsyncIterator[Registry]:
    """The conversations of this process, from the first to the last. Raises what `open_transcriber` and the library's loader raise."""
    await follow(factory, places(settings), anew=True)
    shelf, transcriber, models = await asyncio.gather(
        asyncio.to_thread(lambda: Shelf(LibraryWatcher(*places(settings)))),
        asyncio.to_thread(open_transcriber, settings),
        asyncio.to_thread(HearingModels.load),
    )
    with ThreadPoolExecutor(EAR_THREADS, thread_name_prefix="ear") as pool:
        async with TranscriptionQueue(transcriber) as scheduler:
            ledger = Ledger(factory)
            ledger.start()
            ear = Ear(settings, models, scheduler, shelf, ledger, factory, pool)
            registry = Registry(ear, FrontDoor(factory))
            registry.start()
            background = [
                asyncio.create_task(_kept_going(work))
                for work in (Pulse().run, lambda: _follow(ear, places(settings)), lambda: _tidy(registry))
            ]
            often = gc.get_threshold()
            _settle()
            try:
                yield registry
            finally:
                gc.set_threshold(*often)
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)
                try:
                    await registry.close()
                finally:
                    await ledger.close()  # whatever failed above: what is queued is evidence


def _settle() -> None:
    """Keep the event loop prompt from here on, when nobody is being served yet.

    What is loaded by now stays for good: a full collection walks it for 0.1 s, on whichever thread happens to allocate. What the console
    makes comes on top: with a few dozen pages open 0.1 to 0.2 s again, whenever a quarter is new, and it finds next to nothing, so `_tidy`
    does that. And a thread of pure Python gives the interpreter lock up only after the switch interval, once for each thread that stands
    before the loop.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], RARELY)
    sys.setswitchinterval(SWITCH_SECONDS)


async def _tidy(registry: Registry) -> None:
    """Full collections, when no conversation has to wait for them."""
    last = time.monotonic()
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        if is_time_to_tidy(len(registry.live), time.monotonic() - last):
            gc.collect()
            last = time.monotonic()


def is_time_to_tidy(talking: int, seconds: float) -> bool:
    """Whether everything is to be looked through: so many conversations run, and so long ago it was last done."""
    return not talking or seconds >= TIDY_LATEST_SECONDS


async def _kept_going(work: Callable[[], Awaitable[None]]) -> None:
    """Work that never ends by itself; one failure is logged and does not end it for the rest of the process."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("background.failed")
            await asyncio.sleep(RETRY_SECONDS)


async def _follow(ear: Ear, where: Places) -> None:
    """Take up a trainer's edits while conversations run: files that were saved, and what was approved on another process."""
    while True:
        await asyncio.sleep(LIBRARY_POLL_SECONDS)
        await follow(ear.factory, where)
        if await ear.run(ear.shelf.poll):
            library = ear.shelf.tools.library
            logger.info("library.reloaded", terms=len(library.terms), scripts=len(library.scripts))
