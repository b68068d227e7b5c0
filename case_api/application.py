"""The one application: REST, the phone page, and the audio service's socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cache
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
from case_api.approvals.endpoints import router as approvals_router
from case_api.assessments.endpoints import router as assessments_router
from case_api.benefits.endpoints import router as benefits_router
from case_api.bootstrap import bootstrap
from case_api.cases.endpoints import router as cases_router
from case_api.clips.endpoints import clips_router
from case_api.clips.endpoints import router as session_clips_router
from case_api.closing.endpoints import router as closing_router
from case_api.co_residents.endpoints import router as co_residents_router
from case_api.comments.endpoints import router as comments_router
from case_api.companions.endpoints import router as companions_router
from case_api.companions.service import end_due
from case_api.competitors.endpoints import router as competitors_router
from case_api.consents.endpoints import router as consents_router
from case_api.corrections.endpoints import router as corrections_router
from case_api.deadlines.ticker import ticking
from case_api.demo_data.endpoints import public as demo_router
from case_api.documents.pool import Renderer
from case_api.door import FrontDoor
from case_api.early_warning.backtest.endpoints import router as backtest_router
from case_api.early_warning.board.endpoints import router as warnings_router
from case_api.early_warning.events.endpoints import public as crm_events_router
from case_api.early_warning.events.endpoints import router as crm_customers_router
from case_api.early_warning.imports.endpoints import router as crm_imports_router
from case_api.early_warning.rule_sets.endpoints import router as warning_rules_router
from case_api.early_warning.sources.endpoints import router as crm_sources_router
from case_api.enrolments.endpoints import router as enrolments_router
from case_api.enrolments.service import Embed
from case_api.events.fanout import telling
from case_api.evidence.endpoints import router as evidence_router
from case_api.evidence.store import BlobStore
from case_api.figures.endpoints import router as figures_router
from case_api.figures.schedule import briefing
from case_api.intake.endpoints import router as intake_router
from case_api.intake.erp.connectors import make_connector
from case_api.intake.erp.endpoints import router as erp_router
from case_api.intake.imports.endpoints import router as imports_router
from case_api.intake.phone.endpoints import router as phone_router
from case_api.intake.phone.gateways import make_gateway
from case_api.labels.endpoints import corpus_router as labels_router
from case_api.labels.endpoints import router as session_labels_router
from case_api.learning.digest.endpoints import router as digest_router
from case_api.learning.export.endpoints import router as export_router
from case_api.learning.keywords.endpoints import router as keywords_router
from case_api.learning.progress.endpoints import router as progress_router
from case_api.learning.scripts.endpoints import router as learning_router
from case_api.learning.scripts.nightly import nightly
from case_api.learning.scripts.runs import Learner
from case_api.learning.terms.endpoints import router as terms_router
from case_api.library.edits.endpoints import router as library_edits_router
from case_api.library.endpoints import router as library_router
from case_api.library.service import LibraryDesk
from case_api.metrics import router as metrics_router
from case_api.mic.router import mic_router
from case_api.middleware import RequestShell
from case_api.notices.endpoints import router as notices_router
from case_api.notifications.endpoints import router as notifications_router
from case_api.notifications.services import Messenger
from case_api.people.endpoints import colleagues_router
from case_api.people.endpoints import router as people_router
from case_api.policies.endpoints import router as policies_router
from case_api.public_form.endpoints import router as public_form_router
from case_api.public_form.limits import Limits
from case_api.public_form.links import router as form_links_router
from case_api.public_form.page import page_router
from case_api.refunds.endpoints import router as refunds_router
from case_api.refunds.lapsing import lapsing
from case_api.retention.endpoints import router as retention_router
from case_api.schedule import every
from case_api.security import current_principal
from case_api.sessions.endpoints import router as sessions_router
from case_api.shortcut import Shortcut
from case_api.signals.desk import listening_to_the_ear
from case_api.signals.endpoints import router as signals_router
from case_api.sites.endpoints import router as sites_router
from case_api.solutions.endpoints import router as solutions_router
from case_api.state.endpoints import router as state_router
from case_api.tasks.endpoints import router as tasks_router
from case_api.trace.endpoints import router as trace_router
from case_api.transcripts.endpoints import router as transcripts_router
from case_api.wall.endpoints import router as wall_router
from case_api.webhooks.endpoints import router as webhooks_router
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
        await asyncio.to_thread(migrations.upgrade, settings)
        async with AsyncExitStack() as stack:
            stack.callback(app.state.renderer.close)
            if listening is not None:
                app.state.registry = registry = await stack.enter_async_context(listening(settings, app.state.factory))
                app.state.embed = registry.ear.embed
            await stack.enter_async_context(every(CHECKPOINT_SECONDS, "database.checkpoint", lambda: checkpoint(app.state.factory)))
            await stack.enter_async_context(ticking(app.state.factory, app.state.clock))
            await stack.enter_async_context(lapsing(app.state.factory, app.state.clock, settings.solutions))
            await stack.enter_async_context(
                every(LISTENING_SECONDS, "companions.ending", lambda: end_due(app.state.factory, app.state.clock()))
            )
            await stack.enter_async_context(listening_to_the_ear(app.state.factory))
            stack.callback(app.state.messenger.close)
            await stack.enter_async_context(telling(app.state.factory, app.state.clock, settings.notices, app.state.messenger))
            await stack.enter_async_context(briefing(app.state.factory, app.state.clock, settings.figures))
            stack.push_async_callback(app.state.learner.close)
            await stack.enter_async_context(nightly(app.state.factory, app.state.clock, settings.learning))
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
        openapi_url=None,  # `openapi.describe` serves it
    )
    app.state.settings = settings
    app.state.factory = session_factory(own_engine)
    app.state.clock = utc_now
    app.state.door = FrontDoor(app.state.factory)
    app.state.renderer = Renderer()
    app.state.evidence = BlobStore(settings)
    app.state.messenger = Messenger(settings.notices)
    app.state.phone_gateway = make_gateway(settings.intake)
    app.state.erp_connector = make_connector(settings.intake)
    app.state.public_limits = Limits()
    app.state.embed = embed
    app.state.library = LibraryDesk(settings)
    app.state.learner = Learner(app.state.factory, lambda: app.state.clock())
    app.state.registry = None
    app.state.demo = demo
    problems.install(app)
    app.add_middleware(RequestShell, upload_bytes_max=settings.records.upload_bytes_max, photo_bytes_max=settings.public.photo_bytes_max)
    app.router.routes.extend([_shortcut(), *_routes().routes])
    openapi.describe(app)
    return app


@cache
def _routes() -> APIRouter:
    """Everything the application answers. A router under `v1` needs a sign-in without having to ask for one.

    Built once a process: it takes seconds, and holds nothing of any one application. That is in `app.state`; `dependency_overrides` of an
    application do not reach these routes.
    """
    routes = APIRouter()
    v1 = APIRouter(prefix="/v1", dependencies=[Depends(current_principal)])
    for router in (
        people_router,
        colleagues_router,
        sites_router,
        cases_router,
        intake_router,
        form_links_router,
        phone_router,
        erp_router,
        imports_router,
        tasks_router,
        closing_router,
        policies_router,
        assessments_router,
        evidence_router,
        signals_router,
        retention_router,
        trace_router,
        benefits_router,
        solutions_router,
        approvals_router,
        refunds_router,
        co_residents_router,
        competitors_router,
        warnings_router,
        warning_rules_router,
        backtest_router,
        crm_sources_router,
        crm_imports_router,
        crm_customers_router,
        webhooks_router,
        notifications_router,
        sessions_router,
        wall_router,
        session_labels_router,
        comments_router,
        corrections_router,
        companions_router,
        consents_router,
        session_clips_router,
        clips_router,
        labels_router,
        enrolments_router,
        notices_router,
        library_router,
        library_edits_router,
        export_router,
        keywords_router,
        transcripts_router,
        learning_router,
        terms_router,
        digest_router,
        progress_router,
        figures_router,
        metrics_router,
        state_router,
    ):
        v1.include_router(router)
    routes.include_router(v1)
    routes.include_router(accounts_router, prefix="/v1")  # each asks for `Pending`: a one-time password has to be changed somewhere
    routes.include_router(sign_in_router, prefix="/v1")
    routes.include_router(demo_router, prefix="/v1")  # not found, unless a demonstration is served
    routes.include_router(crm_events_router, prefix="/v1")  # each request is signed by its source
    routes.include_router(public_form_router, prefix="/v1")  # customers: the secret of a link instead of an account
    routes.include_router(_probes())
    routes.include_router(mic_router())
    routes.include_router(page_router())
    routes.include_router(stream_router)  # the stream's hello carries the token; its door refuses before anything else happens
    return routes


@cache
def _shortcut() -> Shortcut:
    return Shortcut(_routes().routes)


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
