"""Queries on the audit record and on what makes up a case's timeline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from models.audit import GENESIS, AuditRecord
from models.consents import Consent
from models.people import Person
from models.sessions import Session
from models.signals import CaseSignal
from models.tasks import CaseTask

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What the audit record is narrowed by; None does not narrow. `since` is included, `until` is not."""

    subject_type: str | None = None
    subject_id: str | None = None
    actor_id: str | None = None
    action: str | None = None
    site_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def visible(sites: frozenset[str] | None) -> ColumnElement[bool]:
    """Records of these sites; None: all, also those that belong to no site."""
    if sites is None:
        return true()
    return AuditRecord.site_id.in_(sites) if sites else false()


def records(sites: frozenset[str] | None, filters: Filters, before: int | None, limit: int) -> Select[AuditRecord]:
    """Newest first; `before` is the id where the page before ended."""
    query = select(AuditRecord).where(visible(sites)).order_by(AuditRecord.id.desc()).limit(limit)
    same = {"subject_type", "subject_id", "actor_id", "site_id"}
    for name in sorted(same):
        if (value := getattr(filters, name)) is not None:
            query = query.where(getattr(AuditRecord, name) == value)
    if filters.action is not None:
        query = query.where(AuditRecord.action.startswith(filters.action, autoescape=True))
    if filters.since is not None:
        query = query.where(AuditRecord.at >= filters.since)
    if filters.until is not None:
        query = query.where(AuditRecord.at < filters.until)
    return query if before is None else query.where(AuditRecord.id < before)


async def chain(db: AsyncSession, first: int) -> AsyncIterator[AuditRecord]:
    """Records from this id on, in order of the chain, two hundred at a time: a thousand held up the event loop for 50 ms."""
    last = first - 1
    while True:
        query = select(AuditRecord).where(AuditRecord.id > last).order_by(AuditRecord.id).limit(CHUNK)
        rows = (await db.scalars(query)).all()
        for row in rows:
            yield row
        if len(rows) < CHUNK:
            return
        last = rows[-1].id
        db.expunge_all()


async def hash_before(db: AsyncSession, first: int) -> str:
    """The hash that the record `first` builds on."""
    query = select(AuditRecord.hash).where(AuditRecord.id < first).order_by(AuditRecord.id.desc()).limit(1)
    return (await db.scalar(query)) or GENESIS


async def story(db: AsyncSession, case_id: str) -> tuple[Sequence[AuditRecord], Sequence[Any], Sequence[Any]]:
    """(audit records, (CaseTask, who did it), (CaseSignal, when consent was withdrawn)) of a case.

    Of its conversations the record tells one thing that changes what the case rests on: that a consent was withdrawn.
    """
    about = AuditRecord.subject_type == "case", AuditRecord.subject_id == case_id
    talks = select(Session.id).where(Session.case_id == case_id)
    withdrawn = (
        AuditRecord.subject_type == "session",
        AuditRecord.subject_id.in_(talks),
        AuditRecord.action == "api:session:consent_withdraw",
    )
    audits = [one for where in (about, withdrawn) for one in await db.scalars(select(AuditRecord).where(*where))]
    done_by = select(CaseTask, Person.display_name).outerjoin(Person, Person.id == CaseTask.done_by).where(CaseTask.case_id == case_id)
    tasks = (await db.execute(done_by)).all()
    heard = (
        select(CaseSignal, Consent.withdrawn_at)
        .join(Session, Session.id == CaseSignal.session_id)
        .join(Consent, Consent.id == Session.consent_id)
        .where(Session.case_id == case_id)
    )
    return sorted(audits, key=lambda one: one.id), tasks, (await db.execute(heard)).all()
