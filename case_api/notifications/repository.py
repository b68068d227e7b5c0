"""Queries on notifications."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, case, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals.repository import in_force
from case_api.paging import decode_cursor, encode_cursor
from case_api.problems import Problem, ProblemCode
from models.approvals import Delegation
from models.notifications import ChannelMessage, Notification, NotificationChannel, NotificationPreference
from models.people import Person, PersonRole

_UNREAD = case((Notification.read_at.is_(None), 1), else_=0)


async def holders(db: AsyncSession, role: str, site_id: str | None) -> Sequence[str]:
    """People in service with this role at the site or everywhere; an event of no site is for those who hold it everywhere."""
    return (await db.scalars(_holding(role, site_id).order_by(Person.id))).all()


async def borrowers(db: AsyncSession, role: str, site_id: str | None, now: datetime) -> Sequence[str]:
    """People in service to whom somebody of the role has lent their approvals for now."""
    lent = select(Delegation.to_person_id).where(in_force(now), Delegation.from_person_id.in_(_holding(role, site_id)))
    query = select(Person.id).where(Person.disabled_at.is_(None), Person.id.in_(lent))
    return (await db.scalars(query.order_by(Person.id))).all()


def _holding(role: str, site_id: str | None) -> Select[str]:
    here = or_(PersonRole.site_id.is_(None), PersonRole.site_id == site_id)
    query = select(Person.id).join(PersonRole, PersonRole.person_id == Person.id)
    return query.where(Person.disabled_at.is_(None), PersonRole.role == role, here).distinct()


async def in_service(db: AsyncSession, person_id: str) -> bool:
    """Whether the account is enabled."""
    return await db.scalar(select(Person.id).where(Person.id == person_id, Person.disabled_at.is_(None))) is not None


async def preferences(db: AsyncSession, people: Collection[str]) -> dict[str, NotificationPreference]:
    """What these people set, by person."""
    rows = await db.scalars(select(NotificationPreference).where(NotificationPreference.person_id.in_(people)))
    return {row.person_id: row for row in rows}


async def channels(db: AsyncSession, people: Collection[str]) -> Sequence[NotificationChannel]:
    """The channels of these people, by name."""
    query = select(NotificationChannel).where(NotificationChannel.person_id.in_(people)).order_by(NotificationChannel.name)
    return (await db.scalars(query)).all()


async def channel(db: AsyncSession, person_id: str, name: str) -> NotificationChannel | None:
    """One channel by its name."""
    query = select(NotificationChannel).where(NotificationChannel.person_id == person_id, NotificationChannel.name == name)
    return (await db.scalars(query)).one_or_none()


async def counts(db: AsyncSession, channel_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """How many messages of which channel are in which state."""
    query = select(ChannelMessage.channel_id, ChannelMessage.status, func.count()).where(ChannelMessage.channel_id.in_(channel_ids))
    return {(row[0], row[1]): row[2] for row in await db.execute(query.group_by(ChannelMessage.channel_id, ChannelMessage.status))}


async def newest_error(db: AsyncSession, channel_id: str) -> str:
    """What went wrong with the message that was tried last; empty if it arrived."""
    tried = ChannelMessage.last_attempt_at
    query = select(ChannelMessage.error).where(ChannelMessage.channel_id == channel_id, tried.is_not(None))
    return await db.scalar(query.order_by(tried.desc(), ChannelMessage.id.desc()).limit(1)) or ""


async def unread(db: AsyncSession, person_id: str) -> dict[str, int]:
    """How many notifications of which kind a person has not read."""
    query = select(Notification.kind, func.count()).where(Notification.person_id == person_id, Notification.read_at.is_(None))
    return {row[0]: row[1] for row in await db.execute(query.group_by(Notification.kind))}


async def unread_first(
    db: AsyncSession, person_id: str, *, is_unread: bool | None, kind: str | None, limit: int, cursor: str | None
) -> tuple[list[Notification], str | None]:
    """A person's inbox: what is unread first, then by age, the newest first; and the cursor of the next page.

    Raises Problem: invalid_request (the cursor).
    """
    query = select(Notification).where(Notification.person_id == person_id)
    query = query.where(Notification.kind == kind if kind is not None else true())
    if is_unread is not None:
        query = query.where(Notification.read_at.is_(None) if is_unread else Notification.read_at.is_not(None))
    if cursor is not None:
        at, place = decode_cursor(cursor)
        rank, _, id_ = place.partition("-")
        if rank not in ("0", "1"):
            raise Problem(ProblemCode.INVALID_REQUEST, "query.cursor")
        last = tuple_(int(rank), at, id_, types=(_UNREAD.type, Notification.created_at.type, Notification.id.type))
        query = query.where(tuple_(_UNREAD, Notification.created_at, Notification.id) < last)
    order = (_UNREAD.desc(), Notification.created_at.desc(), Notification.id.desc())
    rows = (await db.scalars(query.order_by(*order).limit(limit + 1))).all()
    page = list(rows[:limit])
    if len(rows) <= limit:
        return page, None
    return page, encode_cursor(page[-1].created_at, f"{int(page[-1].read_at is None)}-{page[-1].id}")
