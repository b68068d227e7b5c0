"""Take events in: once each, to the customer they are about, who is looked at next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.early_warning.events import own, repository
from case_api.early_warning.events.rules import NewEvent, key_of
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from case_api.sight import find_seen
from models import audit
from models.base import new_id
from models.crm import CrmCustomer
from models.sessions import Session


async def take(db: AsyncSession, source: str, events: Iterable[NewEvent], now: datetime) -> int:
    """Add those that the source has not told before: how many."""
    told = {event.external_id: event for event in events}
    known = await repository.known_ids(db, source, told)
    fresh = [event for event in told.values() if event.external_id not in known]
    if not fresh:
        return 0
    customers = await _customers(db, fresh)
    rows = [
        {
            "source": source,
            "external_id": event.external_id,
            "customer_id": customer_id,
            "kind": event.kind,
            "at": event.at,
            "due_at": event.due_at,
            "reference": event.reference,
            "taken_at": now,
        }
        for event, customer_id in zip(fresh, customers, strict=True)
    ]
    await repository.add_events(db, rows)
    await repository.touch(db, set(customers), now)
    await own.acknowledged(db, now, customer_ids=set(customers))
    return len(fresh)


async def _customers(db: AsyncSession, events: Sequence[NewEvent]) -> list[str]:
    """The id of each event's customer; whoever is not there yet is added."""
    by_site: dict[str, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        by_site[event.site_id].append(place)
    found = [""] * len(events)
    for site_id, places in sorted(by_site.items()):
        here = [events[place] for place in places]
        numbered = await _with_numbers(db, site_id, [event for event in here if event.customer_reference])
        units = await _with_units(db, site_id, {event.unit_reference for event in here if not event.customer_reference})
        for place, event in zip(places, here, strict=True):
            found[place] = numbered[event.customer_reference] if event.customer_reference else units[event.unit_reference]
    return found


async def _with_numbers(db: AsyncSession, site_id: str, events: Sequence[NewEvent]) -> dict[str, str]:
    """Ids by the customer's number; what is told of their names and units is noted."""
    told: dict[str, dict[str, str]] = {}
    for event in sorted(events, key=lambda event: event.at):  # the newest name holds
        newer = {"label": event.customer_label, "unit_reference": event.unit_reference}
        told.setdefault(event.customer_reference, {}).update({name: value for name, value in newer.items() if value})
    there = await _ensure(db, site_id, {key_of(number, ""): {"reference": number} | names for number, names in told.items()})
    stale = []
    for number, names in told.items():
        row = there[key_of(number, "")]
        current = {"label": row.label, "unit_reference": row.unit_reference}
        if current | names != current:
            stale.append({"id": row.id} | current | names)
    if stale:
        await repository.lock(db, [row["id"] for row in stale])
        await repository.rename(db, stale)
    return {number: there[key_of(number, "")].id for number in told}


async def _with_units(db: AsyncSession, site_id: str, units: set[str]) -> dict[str, str]:
    """Ids by unit: the customer who has it, or one that is known by nothing else."""
    owners = await repository.by_unit(db, site_id, units) if units else {}
    left = {key_of("", unit): {"unit_reference": unit} for unit in units - owners.keys()}
    there = await _ensure(db, site_id, left)
    return owners | {row.unit_reference: row.id for row in there.values()}


async def _ensure(db: AsyncSession, site_id: str, wanted: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Customers by key, added where they are not there."""
    if not wanted:
        return {}
    there = await repository.by_key(db, site_id, wanted)
    missing = sorted(wanted.keys() - there.keys())
    if missing:
        blank = {"reference": "", "unit_reference": "", "label": "", "revision": 0, "settled": []}
        rows = [{"id": new_id(), "site_id": site_id, "key": key} | blank | wanted[key] for key in missing]
        await repository.add_customers(db, rows)
        there |= await repository.by_key(db, site_id, missing)
    return there


async def name_conversation(db: AsyncSession, by: By, customer_id: str, session_id: str) -> None:
    """Say that a conversation was held with this customer: what the ear heard in it counts. Said again it changes nothing.

    Raises Problem: not_found, forbidden, session_unknown.
    """
    customer = await find_seen(db, by.principal, Permission.WARNING_READ, CrmCustomer, customer_id)
    by.principal.demand(Permission.WARNING_ANSWER, customer.site_id)
    session = await db.get(Session, session_id)
    if session is None or session.site_id != customer.site_id:
        raise Problem(ProblemCode.SESSION_UNKNOWN, "body.session_id")
    row = {"source": "link", "external_id": session.id, "customer_id": customer.id, "kind": "conversation", "at": session.started_at}
    await repository.add_events(db, [row | {"session_id": session.id, "reference": "", "taken_at": by.now}])
    owner = await repository.owner_of(db, session.id)
    if owner != customer.id:
        raise Problem(ProblemCode.SESSION_UNKNOWN, "body.session_id")
    subject = audit.Subject("crm_customer", customer.id, customer.site_id)
    audit.record(db, by.who, "api:crm_customer:name_conversation", subject, after={"session_id": session.id}, at=by.now)
