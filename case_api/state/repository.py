"""Counts of what waits and of what is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.security import GRANTS, Permission
from case_api.state.schemas import QueueOut, SetUpOut
from case_api.tasks.repository import late
from models.deadlines import Deadline
from models.enrolments import VoiceEnrolment
from models.outbox import OutboxMessage
from models.people import Person, PersonRole
from models.sessions import Session
from models.sites import Site
from models.tasks import CaseTask


async def _count(db: AsyncSession, table: Any, *where: ColumnElement[bool]) -> int:
    return (await db.scalar(select(func.count()).select_from(table).where(*where))) or 0


async def _queue(db: AsyncSession, now: datetime, table: Any, waits: ColumnElement[bool], failed: ColumnElement[bool]) -> QueueOut:
    oldest = await db.scalar(select(func.min(table.created_at)).where(waits))
    age = max(0.0, (now - oldest).total_seconds()) if oldest is not None else None
    return QueueOut(waiting=await _count(db, table, waits), oldest_seconds=age, failed=await _count(db, table, failed))


async def events(db: AsyncSession, now: datetime) -> QueueOut:
    """Events that are still to be told; those set aside count as failed."""
    unfinished = OutboxMessage.done_at.is_(None)
    waits = unfinished & OutboxMessage.parked_at.is_(None)
    return await _queue(db, now, OutboxMessage, waits, unfinished & OutboxMessage.parked_at.is_not(None))


async def carried(db: AsyncSession, now: datetime, table: Any) -> QueueOut:
    """Deliveries of one table of `Carried` rows."""
    return await _queue(db, now, table, table.status == "pending", table.status == "failed")


async def late_work(db: AsyncSession, now: datetime) -> int:
    """Open tasks past their limit."""
    query = select(func.count()).select_from(CaseTask).join(Deadline, Deadline.task_id == CaseTask.id).where(late(now))
    return (await db.scalar(query)) or 0


async def set_up(db: AsyncSession) -> SetUpOut:
    """How far the service is set up."""

    async def people(*roles: str) -> int:
        query = select(func.count(PersonRole.person_id.distinct())).join(Person, Person.id == PersonRole.person_id)
        return (await db.scalar(query.where(Person.disabled_at.is_(None), PersonRole.role.in_(roles)))) or 0

    return SetUpOut(
        sites=await _count(db, Site),
        staff=await people(*(role for role, grants in GRANTS.items() if Permission.SESSION_RUN in grants)),
        managers=await people("site_manager"),
        voices=await _count(db, VoiceEnrolment, VoiceEnrolment.deleted_at.is_(None)),
        conversations=await _count(db, Session),
    )
