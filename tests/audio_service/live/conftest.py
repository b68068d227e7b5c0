"""The real service in this process: real models, real library, real database, a real socket on a loopback port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncEngine

from audio_service.client.phone import Phone
from audio_service.client.source import read_audio
from audio_service.hearing import Enrolment, HearingModels
from audio_service.live.ear import Ear
from audio_service.live.ledger import Ledger
from audio_service.live.registry import Registry
from audio_service.live.shelf import Shelf
from audio_service.transcription.results import Transcriber
from audio_service.transcription.scheduler import TranscriptionQueue
from case_api import demo
from case_api.application import create_app
from case_api.door import FrontDoor
from case_api.listening import open_transcriber
from models.base import utc_now
from models.engine import Factory, transaction
from models.enrolments import VoiceEnrolment
from models.people import Person
from models.settings import Settings
from scripts_library.watcher import LibraryWatcher

NOTICE = "rec-2026-11"
CONSENT = {"recording": True, "notice_version": NOTICE}


@pytest.fixture(scope="session")
def models() -> HearingModels:
    return HearingModels.load()


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf(LibraryWatcher())


@pytest.fixture(scope="session")
def transcriber(tmp_path_factory: pytest.TempPathFactory) -> Transcriber:
    return open_transcriber(Settings(data_dir=tmp_path_factory.mktemp("weights")))


@pytest.fixture(scope="session")
def negotiation() -> NDArray[np.int16]:
    """96 s: calm until 54.6 s, then the customer escalates."""
    return read_audio(demo.NEGOTIATION)


@pytest.fixture(scope="session")
def enrolment(models: HearingModels) -> Enrolment:
    return Enrolment.from_recordings(models, [read_audio(demo.ENROLMENT).astype(np.float32) / np.float32(32768)])


@dataclass
class Running:
    """A service that listens, and what a test needs to talk to it."""

    url: str
    token: str
    person: Person
    registry: Registry
    settings: Settings
    messages: list[dict[str, Any]] = field(default_factory=list)

    def phone(self, **changes: Any) -> Phone:
        """A phone that collects what it receives in `messages`."""
        options: dict[str, Any] = {"url": self.url, "token": self.token, "consent": CONSENT, "on_message": self.messages.append}
        return Phone(**options | changes)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]


Start = Callable[..., Any]


@pytest.fixture
async def start(
    settings: Settings,
    engine: AsyncEngine,
    factory: Factory,
    make_person: Callable[..., Awaitable[Person]],
    sign_in: Callable[..., Awaitable[dict[str, str]]],
    site: Any,
    models: HearingModels,
    shelf: Shelf,
    transcriber: Transcriber,
    enrolment: Enrolment,
) -> Start:
    """`async with start() as running:`; settings of the stream may be changed by keyword. Started twice, it is the next process."""
    people: list[Person] = []

    async def person() -> Person:
        if not people:
            people.append(await make_person("lijing", ("staff", site.id)))
            async with transaction(factory) as db:
                row = VoiceEnrolment(person_id=people[0].id, windows=len(enrolment.vectors), consent_at=utc_now(), consent_text_version="v")
                row.embedding = enrolment.vectors.astype("<f4").tobytes()
                db.add(row)
        return people[0]

    @asynccontextmanager
    async def opened(own: Settings, made: Factory) -> AsyncIterator[Registry]:
        with ThreadPoolExecutor(4) as pool:
            async with TranscriptionQueue(transcriber) as scheduler:
                ledger = Ledger(made)
                ledger.start()
                registry = Registry(Ear(own, models, scheduler, shelf, ledger, made, pool), FrontDoor(made))
                registry.start()
                yield registry
                await registry.close()
                await ledger.close()

    @asynccontextmanager
    async def run(**stream: Any) -> AsyncIterator[Running]:
        staff = await person()
        own = settings.model_copy(update={"stream": settings.stream.model_copy(update=stream)})
        app = create_app(own, engine=engine, listening=opened)
        with local_port() as listener:
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws_max_size=1 << 16))
            async with app.router.lifespan_context(app):
                serving = asyncio.create_task(server.serve([listener]))
                url = f"ws://127.0.0.1:{listener.getsockname()[1]}/v1/stream"
                headers = await sign_in(staff)
                yield Running(url, headers["Authorization"].removeprefix("Bearer "), staff, app.state.registry, own)
                await app.state.registry.close()
                server.should_exit = True
                await serving

    return run


def local_port() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return made


@pytest.fixture
def recordings(settings: Settings) -> Iterator[Path]:
    return settings.data_dir / "recordings"
