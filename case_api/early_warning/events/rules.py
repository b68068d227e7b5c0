"""What an event has to say, and whose it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models.crm import EventKind

DUE_KINDS: Final[frozenset[EventKind]] = frozenset({"visit_booked", "loan_papers_due", "payment_due"})
"""Kinds that name a time to come: booked, or agreed."""
CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""How far ahead of ours the clock of a source may be."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event on its way into the database. `external_id` is unique for its source."""

    external_id: str
    site_id: str
    customer_reference: str
    unit_reference: str
    customer_label: str
    kind: EventKind
    at: datetime
    due_at: datetime | None = None
    reference: str = ""


def key_of(customer_reference: str, unit_reference: str) -> str:
    """What a customer of a site is found by."""
    return f"c:{customer_reference}" if customer_reference else f"u:{unit_reference}"
