"""Notifications: who is told, what they want, what they have read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.events.event import Event
from case_api.notifications import repository, rules
from case_api.notifications.rules import Ask
from case_api.notifications.texts import Text, text_of, webhook_text
from case_api.problems import Problem, ProblemCode
from models.base import new_id
from models.notifications import ChannelMessage, Notification, NotificationKind
from models.sites import CHINA, Site
from models.tasks import CaseTask

"""The clock of an event that belongs to no site."""


async def tell(db: AsyncSession, event: Event, now: datetime) -> None:
    """A notification for everybody who hears of the event, once each, and a message for each of their channels that wants it."""
    task = await db.get(CaseTask, event.data["task_id"]) if event.data.get("task_id") else None
    if event.topic.startswith("case.deadline_") and (task is None or task.status != "open"):
        return  # done meanwhile
    found: dict[str, NotificationKind] = {}
    for ask in rules.asks(event.topic, event.data, task.assignee_id if task is not None else None):
        for person_id in await _people(db, ask, event.site_id, now):
            found.setdefault(person_id, ask.kind)
    if not found:
        return
    site = await db.get(Site, event.site_id) if event.site_id is not None else None
    timezone = site.timezone if site is not None else CHINA.key
    texts = {kind: text_of(event.topic, kind, event.code, event.data, timezone) for kind in set(found.values())}
    same = {"event_id": event.id, "topic": event.topic, "case_id": event.case_id, "session_id": event.session_id}
    await _write(db, found, texts, same, now)


async def tell_administrators(db: AsyncSession, event_id: str, name: str, webhook_id: str, now: datetime) -> None:
    """A webhook was switched off because it failed for days."""
    found: dict[str, NotificationKind] = dict.fromkeys(await repository.holders(db, "admin", None), "webhook")
    same = {"event_id": event_id, "topic": "webhook.disabled", "case_id": None, "session_id": None}
    await _write(db, found, {"webhook": webhook_text(name, webhook_id)}, same, now)


async def _people(db: AsyncSession, ask: Ask, site_id: str | None, now: datetime) -> Iterable[str]:
    if ask.person_id is not None:
        return [ask.person_id] if await repository.in_service(db, ask.person_id) else []
    assert ask.role is not None
    held = await repository.holders(db, ask.role, site_id)
    return [*held, *(await repository.borrowers(db, ask.role, site_id, now))] if ask.lent else held


async def _write(
    db: AsyncSession,
    found: Mapping[str, NotificationKind],
    texts: Mapping[NotificationKind, Text],
    same: Mapping[str, Any],
    now: datetime,
) -> None:
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"id": new_id(), "person_id": person_id, "kind": kind, "created_at": now} | texts[kind]._asdict() | dict(same)
        for person_id, kind in found.items()
    ]
    if not rows:
        return
    await db.execute(insert(Notification).on_conflict_do_nothing(index_elements=["person_id", "event_id"]), rows)
    query = select(Notification).where(Notification.event_id == same["event_id"], Notification.person_id.in_(found))
    told = (await db.scalars(query)).all()
    messages = await _messages(db, told, now)
    if messages:
        await db.execute(insert(ChannelMessage).on_conflict_do_nothing(index_elements=["notification_id", "channel_id"]), messages)


async def _messages(db: AsyncSession, told: Sequence[Notification], now: datetime) -> list[dict[str, Any]]:
    by_person = {row.person_id: row for row in told}
    channels = await repository.channels(db, by_person)
    preferences = await repository.preferences(db, by_person) if channels else {}
    plain = {"status": "pending", "attempts": 0, "error": "", "created_at": now}
    made = []
    for channel in channels:
        row, wish = by_person[channel.person_id], preferences.get(channel.person_id)
        kind: NotificationKind = row.kind  # type: ignore[assignment]
        if not rules.wanted(kind, wish.kinds if wish is not None else None):
            continue
        quiet = (wish.quiet_from, wish.quiet_until) if wish is not None and wish.quiet_from is not None else None
        at = rules.not_before(now, quiet, wish.timezone if wish is not None else CHINA.key, kind)  # type: ignore[arg-type]
        made.append({"id": new_id(), "notification_id": row.id, "channel_id": channel.id, "next_at": at} | plain)
    return made


async def mark_read(db: AsyncSession, person_id: str, notification_id: str, now: datetime) -> Notification:
    """Read, once and for all. Raises Problem: not_found, also for somebody else's."""
    row = await db.get(Notification, notification_id, with_for_update=True)
    if row is None or row.person_id != person_id:
        raise Problem(ProblemCode.NOT_FOUND)
    row.read_at = row.read_at or now
    await db.flush()
    return row


async def mark_all_read(db: AsyncSession, person_id: str, until: datetime, now: datetime) -> None:
    """Everything that came by `until`: what came after the list was shown stays unread."""
    mine = (Notification.person_id == person_id, Notification.read_at.is_(None), Notification.created_at <= until)
    await db.execute(update(Notification).where(*mine).values(read_at=now).execution_options(synchronize_session=False))
