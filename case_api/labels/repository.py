"""Queries on labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.security import Permission, Principal
from models.consents import Consent, standing
from models.labels import SessionLabel
from models.people import Person
from models.sessions import Session


def _at(sites: frozenset[str] | None) -> ColumnElement[bool]:
    if sites is None:
        return true()
    return Session.site_id.in_(sites) if sites else false()


def labelled(principal: Principal, site_id: str | None, kind: str | None) -> Select[SessionLabel, Session, str]:
    """(labels, session, staff name) where one may read and label, and where the customer's consent still stands."""
    query = (
        select(SessionLabel, Session, Person.display_name)
        .join(Session, Session.id == SessionLabel.session_id)
        .join(Consent, Consent.id == Session.consent_id)
        .join(Person, Person.id == Session.staff_id)
        .where(_at(principal.sites_for(Permission.SESSION_LABEL)), _at(principal.sites_for(Permission.SESSION_READ_SITE)))
        .where(standing())
    )
    if site_id is not None:
        query = query.where(Session.site_id == site_id)
    return query.where(SessionLabel.kind == kind) if kind is not None else query


async def finished(
    db: AsyncSession, principal: Principal, site_id: str | None, kind: str | None, sessions: Sequence[str], most: int
) -> Sequence[Any]:
    """Rows of `labelled` that are no drafts, newest first, `most` + 1 at the most; only `sessions` if any are named."""
    query = labelled(principal, site_id, kind).where(SessionLabel.kind != "draft")
    if sessions:
        query = query.where(SessionLabel.session_id.in_(sessions))
    return (await db.execute(query.order_by(SessionLabel.labelled_at.desc(), SessionLabel.session_id).limit(most + 1))).all()
