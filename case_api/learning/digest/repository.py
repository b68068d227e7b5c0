"""Queries on complaints as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.keywords.repository import COUNTS, CUSTOMERS, narrowed
from case_api.learning.scope import Scope
from case_api.pieces import all_rows
from models.cases import WithdrawalCase
from models.consents import Consent
from models.crm import CrmCustomer
from models.keywords import KeywordHit
from models.learning import KeywordReview
from models.people import Person
from models.registrations import Registration
from models.sessions import Session
from models.sites import Site
from models.solutions import OfferAnswer, Payee
from models.utterances import Utterance


async def complaints(db: AsyncSession, scope: Scope, most: int, *, term: str | None = None, category: str | None = None) -> Sequence[Any]:
    """Hits with their sentences, newest first: one row a hit, with what an export tells of it."""
    columns = (
        KeywordHit.session_id,
        KeywordHit.utterance_id,
        KeywordHit.at,
        KeywordHit.term,
        KeywordHit.category,
        KeywordHit.heard,
        KeywordHit.speaker,
        KeywordHit.match,
        KeywordHit.score,
        Utterance.text,
        Session.started_at,
        Session.peak_level,
        Session.case_id,
        Site.code.label("site"),
        Site.timezone,
        WithdrawalCase.causes,
        WithdrawalCase.outcome,
        KeywordReview.verdict,
    )
    query = select(*columns).join(Session, Session.id == KeywordHit.session_id).join(Consent, Consent.id == Session.consent_id)
    query = query.join(Utterance, (Utterance.session_id == KeywordHit.session_id) & (Utterance.id == KeywordHit.utterance_id))
    query = query.join(Site, Site.id == Session.site_id).outerjoin(WithdrawalCase, WithdrawalCase.id == Session.case_id)
    query = query.outerjoin(KeywordReview, KeywordReview.hit_id == KeywordHit.id)
    query = narrowed(query.where(*scope.conditions(), KeywordHit.speaker.in_(CUSTOMERS), *COUNTS), term, category)
    return await all_rows(db, query.order_by(Session.started_at.desc(), KeywordHit.session_id, KeywordHit.ordinal).limit(most))


async def names(db: AsyncSession, scope: Scope) -> list[str]:
    """People who may be spoken of: everybody with an account, and the customers and buyers of the sites of these conversations."""
    sites = select(Session.site_id).join(Consent, Consent.id == Session.consent_id).where(*scope.conditions()).distinct()
    here = WithdrawalCase.site_id.in_(sites)
    queries = (
        select(Person.display_name),
        select(WithdrawalCase.customer_label).where(here),
        select(Registration.customer_name).join(WithdrawalCase, WithdrawalCase.id == Registration.case_id).where(here),
        select(Payee.name)
        .join(OfferAnswer, OfferAnswer.id == Payee.answer_id)
        .join(WithdrawalCase, WithdrawalCase.id == OfferAnswer.case_id)
        .where(here, Payee.role == "buyer"),
        select(CrmCustomer.label).where(CrmCustomer.site_id.in_(sites)),
    )
    return sorted({row[0] for query in queries for row in await all_rows(db, query) if row[0]})
