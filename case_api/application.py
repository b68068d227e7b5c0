"""The one application: REST, the phone page, and the audio service's socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from audio_service.live.registry import Registry
from case_api import openapi, problems
from case_api.bootstrap import bootstrap
from case_api.commands import Clock
from case_api.companions.service import end_due
from case_api.deadlines.ticker import ticking
from case_api.documents.pool import Renderer
from case_api.door import FrontDoor
from case_api.enrolments.service import Embed
from case_api.events.fanout import telling
from case_api.evidence.store import BlobStore
from case_api.figures.schedule import briefing
from case_api.intake.erp.connectors import make_connector
from case_api.intake.phone.gateways import make_gateway
from case_api.learning.scripts.nightly import nightly
from case_api.learning.scripts.runs import Learner
from case_api.library.service import LibraryDesk
from case_api.limits import Limits
from case_api.middleware import RequestShell
from case_api.notifications.services import Messenger
from case_api.refunds.lapsing import lapsing
from case_api.routes import routes, shortcut
from case_api.schedule import every
from case_api.signals.desk import listening_to_the_ear
from models import migrations
from models.base import utc_now
from models.engine import Factory, checkpoint, create_engine, session_factory
from models.settings import Settings

CHECKPOINT_SECONDS = 2.0
LISTENING_SECONDS = 2.0
Listening = Callable[[Settings, Factory], AbstractAsyncContextManager[Registry]]


def create_app(
    settings: Settings,
    *,
    engine: AsyncEngine | None = None,
    embed: Embed | None = None,
    listening: Listening | None = None,
    demo: bool = False,
) -> FastAPI:
    """The application. Its lifespan migrates, makes the first administrator (`app.state.first_admin`) and closes the engine.

    An `engine` that is handed in stays open. `embed` turns recordings into voice vectors; without it nobody can enrol.
    `demo` lets anybody in as one of the demonstration's people, while the database is a demonstration's.
    `listening` opens the ear for live conversations (and for `embed`); without it the stream says that the service is busy.
    """
    own_engine = engine or create_engine(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _running(app, listening):
            yield
        if engine is None:
            await own_engine.dispose()

    app = FastAPI(
        title="Calmdesk",
        summary="Sessions, cases and people of the sales offices",
        version=version("calmdesk"),
        lifespan=lifespan,
        # The interactive pages load scripts from elsewhere, which the pages of a phone with a microphone must never do.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # `openapi.describe` serves it
    )
    _equip(app, settings, session_factory(own_engine))
    app.state.embed = embed
    app.state.demo = demo
    problems.install(app)
    app.add_middleware(RequestShell, upload_bytes_max=settings.records.upload_bytes_max, photo_bytes_max=settings.public.photo_bytes_max)
    app.router.routes.extend([shortcut(), *routes().routes])
    openapi.describe(app)
    return app


def _equip(app: FastAPI, settings: Settings, factory: Factory) -> None:
    app.state.settings = settings
    app.state.factory = factory
    app.state.clock = utc_now
    app.state.door = FrontDoor(factory)
    app.state.renderer = Renderer()
    app.state.evidence = BlobStore(settings)
    app.state.messenger = Messenger(settings.notices)
    app.state.phone_gateway = make_gateway(settings.intake)
    app.state.erp_connector = make_connector(settings.intake)
    app.state.limits = Limits()
    app.state.library = LibraryDesk(settings)
    app.state.learner = Learner(factory, lambda: app.state.clock())
    app.state.registry = None


@asynccontextmanager
async def _running(app: FastAPI, listening: Listening | None) -> AsyncIterator[None]:
    """What runs beside the requests: begun in this order, ended in the opposite one."""
    settings: Settings = app.state.settings
    factory: Factory = app.state.factory
    clock: Clock = app.state.clock
    await asyncio.to_thread(migrations.upgrade, settings)
    async with AsyncExitStack() as stack:
        stack.callback(app.state.renderer.close)
        if listening is not None:
            app.state.registry = registry = await stack.enter_async_context(listening(settings, factory))
            app.state.embed = registry.ear.embed
        await stack.enter_async_context(every(CHECKPOINT_SECONDS, "database.checkpoint", lambda: checkpoint(factory)))
        await stack.enter_async_context(ticking(factory, clock))
        await stack.enter_async_context(lapsing(factory, clock, settings.solutions))
        await stack.enter_async_context(every(LISTENING_SECONDS, "companions.ending", lambda: end_due(factory, app.state.clock())))
        await stack.enter_async_context(listening_to_the_ear(factory))
        stack.callback(app.state.messenger.close)
        await stack.enter_async_context(telling(factory, clock, settings.notices, app.state.messenger))
        await stack.enter_async_context(briefing(factory, clock, settings.figures))
        stack.push_async_callback(app.state.learner.close)
        await stack.enter_async_context(nightly(factory, clock, settings.learning))
        # last, so that nothing can fail between the one-time password and the moment it is told
        app.state.first_admin = await bootstrap(factory)
        yield
