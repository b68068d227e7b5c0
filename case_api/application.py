"""The one application: REST, the phone page, and the audio service's socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from audio_service.live.registry import Registry
from audio_service.live.socket import router as stream_router
from case_api import openapi, problems
from case_api.accounts.endpoints import public as sign_in_router
from case_api.accounts.endpoints import router as accounts_router
from case_api.bootstrap import bootstrap
from case_api.cases.endpoints import router as cases_router
from case_api.door import FrontDoor
from case_api.enrolments.endpoints import router as enrolments_router
from case_api.enrolments.service import Embed
from case_api.metrics import router as metrics_router
from case_api.mic.router import mic_router
from case_api.middleware import RequestShell
from case_api.notices.endpoints import router as notices_router
from case_api.people.endpoints import router as people_router
from case_api.security import current_principal
from case_api.sessions.endpoints import router as sessions_router
from case_api.sites.endpoints import router as sites_router
from models import migrations
from models.engine import Factory, create_engine, session_factory
from models.settings import Settings

Listening = Callable[[Settings, Factory], AbstractAsyncContextManager[Registry]]


def create_app(
    settings: Settings, *, engine: AsyncEngine | None = None, embed: Embed | None = None, listening: Listening | None = None
) -> FastAPI:
    """The application. Its lifespan migrates, makes the first administrator (`app.state.first_admin`) and closes the engine.

    An `engine` that is handed in stays open. `embed` turns recordings into voice vectors; without it nobody can enrol.
    `listening` opens the ear for live conversations (and for `embed`); without it the stream says that the service is busy.
    """
    own_engine = engine or create_engine(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(migrations.upgrade, settings)
        async with AsyncExitStack() as stack:
            if listening is not None:
                app.state.registry = registry = await stack.enter_async_context(listening(settings, app.state.factory))
                app.state.embed = registry.ear.embed
            # last, so that nothing can fail between the one-time password and the moment it is told
            app.state.first_admin = await bootstrap(app.state.factory)
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
    )
    app.state.settings = settings
    app.state.factory = session_factory(own_engine)
    app.state.door = FrontDoor(app.state.factory)
    app.state.embed = embed
    app.state.registry = None
    problems.install(app)
    app.add_middleware(RequestShell)
    _mount(app)
    openapi.describe(app)
    return app


def _mount(app: FastAPI) -> None:
    """Everything the application answers. A router under `v1` needs a sign-in without having to ask for one."""
    v1 = APIRouter(prefix="/v1", dependencies=[Depends(current_principal)])
    for router in (people_router, sites_router, cases_router, sessions_router, enrolments_router, notices_router, metrics_router):
        v1.include_router(router)
    app.include_router(v1)
    app.include_router(accounts_router, prefix="/v1")  # each asks for `Pending`: a one-time password has to be changed somewhere
    app.include_router(sign_in_router, prefix="/v1")
    app.include_router(_probes())
    app.include_router(mic_router())
    app.include_router(stream_router)  # the stream's hello carries the token; its door refuses before anything else happens


def _probes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(request: Request, response: Response) -> dict[str, str]:
        """The database answers."""
        try:
            async with request.app.state.factory() as db:
                await db.execute(text("SELECT 1"))
        except SQLAlchemyError:
            response.status_code = 503
            return {"status": "database unavailable"}
        return {"status": "ok"}

    return router
