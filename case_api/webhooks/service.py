"""Webhooks: subscribe, change, rotate the secret, tell, look at what was told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, guard
from case_api.events.addresses import AddressRefused, is_webhook_url, reachable
from case_api.events.event import Event
from case_api.events.topics import PING, matches
from case_api.problems import Problem, ProblemCode
from case_api.sight import find_row, named_site
from case_api.webhooks import repository, signing
from case_api.webhooks.schemas import WebhookChange, WebhookCreate
from models import audit
from models.base import new_id
from models.engine import dump_json
from models.webhooks import Webhook, WebhookDelivery


async def check_url(url: str, *, allow_private: bool) -> None:
    """Before anything is locked: a name is resolved. Raises Problem: webhook_url, address_refused."""
    if not is_webhook_url(url, allow_private=allow_private):
        raise Problem(ProblemCode.WEBHOOK_URL, "body.url")
    try:
        await reachable(host_of(url), allow_private=allow_private)
    except AddressRefused as error:
        raise Problem(ProblemCode.ADDRESS_REFUSED, f"body.url: {error}") from None


async def create(db: AsyncSession, by: By, body: WebhookCreate) -> Webhook:
    """A new webhook with a secret of its own. Raises Problem: site_unknown."""
    if body.site_id is not None:
        await named_site(db, body.site_id)
    row = Webhook(
        name=body.name,
        url=body.url,
        topics=body.topics,
        site_id=body.site_id,
        secret=signing.new_secret(),
        created_by=by.person_id,
        created_at=by.now,
    )
    db.add(row)
    await db.flush()
    _note(db, by, row, "create", after=_shown(row))
    return row


async def change(db: AsyncSession, by: By, webhook_id: str, expected: int, body: WebhookChange) -> Webhook:
    """Raises Problem: not_found, version_conflict."""
    row = await find_row(db, Webhook, webhook_id, lock=True)
    guard(row, expected)
    before = _shown(row)
    for name, value in body.model_dump(exclude_none=True, exclude={"status"}).items():
        setattr(row, name, value)
    if body.status is not None and body.status != row.status:
        row.status, row.failing_since, row.disabled_reason = body.status, None, ""
        row.disabled_at = by.now if body.status == "disabled" else None
    await db.flush()
    _note(db, by, row, "change", before=before, after=_shown(row))
    return row


async def rotate(db: AsyncSession, by: By, webhook_id: str, expected: int, overlap: timedelta) -> Webhook:
    """A new secret; the old one signs too for a while. Raises Problem: not_found, version_conflict."""
    row = await find_row(db, Webhook, webhook_id, lock=True)
    guard(row, expected)
    signing.rotate(row, by.now, overlap)
    await db.flush()
    _note(db, by, row, "rotate", after={"previous_until": row.previous_until.isoformat() if row.previous_until else None})
    return row


async def remove(db: AsyncSession, by: By, webhook_id: str, expected: int) -> None:
    """With everything that was told to it. Raises Problem: not_found, version_conflict."""
    row = await find_row(db, Webhook, webhook_id, lock=True)
    guard(row, expected)
    _note(db, by, row, "delete", before=_shown(row))
    await db.delete(row)


async def ping(db: AsyncSession, by: By, webhook_id: str) -> WebhookDelivery:
    """A test message, carried like any other. Raises Problem: not_found, webhook_disabled."""
    row = await _active(db, webhook_id)
    event = Event(f"ping_{new_id()}", PING, by.now, row.site_id, None, None, None, {})
    delivery = WebhookDelivery(id=new_id(), **_delivery(row, event), created_at=by.now, next_at=by.now)
    db.add(delivery)
    await db.flush()
    return delivery


async def redeliver(db: AsyncSession, by: By, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    """Tell it once more, from the first attempt. Raises Problem: not_found, webhook_disabled, delivery_pending."""
    await _active(db, webhook_id)
    row = await db.get(WebhookDelivery, delivery_id, with_for_update=True)
    if row is None or row.webhook_id != webhook_id:
        raise Problem(ProblemCode.NOT_FOUND)
    if row.status == "pending":
        raise Problem(ProblemCode.DELIVERY_PENDING)
    row.status, row.attempts, row.next_at, row.done_at = "pending", 0, by.now, None
    await db.flush()
    return row


async def _active(db: AsyncSession, webhook_id: str) -> Webhook:
    row = await find_row(db, Webhook, webhook_id)
    if row.status != "active":
        raise Problem(ProblemCode.WEBHOOK_DISABLED)
    return row


async def tell(db: AsyncSession, event: Event, now: datetime) -> None:
    """A delivery for each webhook that asks for the event, once however often this is called."""
    listening = [row for row in await repository.listening_at(db, event.site_id) if any(matches(one, event.topic) for one in row.topics)]
    if not listening:
        return
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    plain = {"status": "pending", "attempts": 0, "error": "", "created_at": now, "next_at": now}
    rows = [{"id": new_id()} | plain | _delivery(row, event) for row in listening]
    await db.execute(insert(WebhookDelivery).on_conflict_do_nothing(index_elements=["webhook_id", "event_id"]), rows)


def _delivery(row: Webhook, event: Event) -> dict[str, Any]:
    told = {"id": event.id, "type": event.topic, "at": event.at.isoformat(), "site_id": event.site_id, "data": dict(event.data)}
    same = {"event_id": event.id, "topic": event.topic, "case_id": event.case_id, "session_id": event.session_id}
    return {"webhook_id": row.id, "body": dump_json(told)} | same


def _shown(row: Webhook) -> dict[str, Any]:
    """What the audit record keeps of it: an address may hold a key in its path, so only its host."""
    return {"host": host_of(row.url), **{name: getattr(row, name) for name in ("name", "topics", "site_id", "status")}}


def host_of(url: str) -> str:
    """The host as it is resolved."""
    return httpx2.URL(url).raw_host.decode("ascii").strip("[]")


def _note(db: AsyncSession, by: By, row: Webhook, action: str, **what: Any) -> None:
    audit.record(db, by.who, f"api:webhook:{action}", audit.Subject("webhook", row.id, row.site_id), at=by.now, **what)
