"""Everything the application answers, and what of it needs no sign-in."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from audio_service.live.socket import router as stream_router
from case_api.accounts.endpoints import public as sign_in_router
from case_api.accounts.endpoints import router as accounts_router
from case_api.approvals.endpoints import router as approvals_router
from case_api.assessments.endpoints import router as assessments_router
from case_api.benefits.endpoints import router as benefits_router
from case_api.cases.endpoints import router as cases_router
from case_api.clips.endpoints import clips_router
from case_api.clips.endpoints import router as session_clips_router
from case_api.closing.endpoints import router as closing_router
from case_api.co_residents.endpoints import router as co_residents_router
from case_api.comments.endpoints import router as comments_router
from case_api.companions.endpoints import router as companions_router
from case_api.competitors.endpoints import router as competitors_router
from case_api.consents.endpoints import router as consents_router
from case_api.corrections.endpoints import router as corrections_router
from case_api.demo_data.endpoints import public as demo_router
from case_api.early_warning.backtest.endpoints import router as backtest_router
from case_api.early_warning.board.endpoints import router as warnings_router
from case_api.early_warning.events.endpoints import public as crm_events_router
from case_api.early_warning.events.endpoints import router as crm_customers_router
from case_api.early_warning.imports.endpoints import router as crm_imports_router
from case_api.early_warning.rule_sets.endpoints import router as warning_rules_router
from case_api.early_warning.sources.endpoints import router as crm_sources_router
from case_api.enrolments.endpoints import router as enrolments_router
from case_api.evidence.endpoints import router as evidence_router
from case_api.figures.endpoints import router as figures_router
from case_api.intake.endpoints import router as intake_router
from case_api.intake.erp.endpoints import router as erp_router
from case_api.intake.imports.endpoints import router as imports_router
from case_api.intake.phone.endpoints import router as phone_router
from case_api.labels.endpoints import corpus_router as labels_router
from case_api.labels.endpoints import router as session_labels_router
from case_api.learning.digest.endpoints import router as digest_router
from case_api.learning.export.endpoints import router as export_router
from case_api.learning.keywords.endpoints import router as keywords_router
from case_api.learning.progress.endpoints import router as progress_router
from case_api.learning.scripts.endpoints import router as learning_router
from case_api.learning.terms.endpoints import router as terms_router
from case_api.library.edits.endpoints import router as library_edits_router
from case_api.library.endpoints import router as library_router
from case_api.metrics import router as metrics_router
from case_api.mic.router import mic_router
from case_api.notices.endpoints import router as notices_router
from case_api.notifications.endpoints import router as notifications_router
from case_api.people.endpoints import colleagues_router
from case_api.people.endpoints import router as people_router
from case_api.policies.endpoints import router as policies_router
from case_api.public_form.endpoints import router as public_form_router
from case_api.public_form.links import router as form_links_router
from case_api.public_form.page import page_router
from case_api.refunds.endpoints import router as refunds_router
from case_api.retention.endpoints import router as retention_router
from case_api.saved_filters.endpoints import router as saved_filters_router
from case_api.security import current_principal
from case_api.sessions.endpoints import router as sessions_router
from case_api.shortcut import Shortcut
from case_api.signals.endpoints import router as signals_router
from case_api.sites.endpoints import router as sites_router
from case_api.solutions.endpoints import router as solutions_router
from case_api.state.endpoints import router as state_router
from case_api.tasks.endpoints import router as tasks_router
from case_api.trace.endpoints import router as trace_router
from case_api.transcripts.endpoints import router as transcripts_router
from case_api.wall.endpoints import router as wall_router
from case_api.webhooks.endpoints import router as webhooks_router

SIGNED_IN = (
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
    saved_filters_router,
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
)
"""Under `/v1`; none of them has to ask for a sign-in."""


@cache
def routes() -> APIRouter:
    """REST, the pages and the stream.

    Built once a process: it takes seconds, and holds nothing of any one application. That is in `app.state`; `dependency_overrides` of an
    application do not reach these routes.
    """
    whole = APIRouter()
    v1 = APIRouter(prefix="/v1", dependencies=[Depends(current_principal)])
    for router in SIGNED_IN:
        v1.include_router(router)
    whole.include_router(v1)
    whole.include_router(accounts_router, prefix="/v1")  # each asks for `Pending`: a one-time password has to be changed somewhere
    whole.include_router(sign_in_router, prefix="/v1")
    whole.include_router(demo_router, prefix="/v1")  # not found, unless a demonstration is served
    whole.include_router(crm_events_router, prefix="/v1")  # each request is signed by its source
    whole.include_router(public_form_router, prefix="/v1")  # customers: the secret of a link instead of an account
    whole.include_router(_probes())
    whole.include_router(mic_router())
    whole.include_router(page_router())
    whole.include_router(stream_router)  # the stream's hello carries the token; its door refuses before anything else happens
    return whole


@cache
def shortcut() -> Shortcut:
    """The way past all others to a route whose path is its own."""
    return Shortcut(routes().routes)


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
