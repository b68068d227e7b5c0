"""How a case is named and found, and who may receive its customer. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SEARCH_TEXT_MAX = 1000


UNNAMED: Final = "待确认客户"
"""What a customer is called whom only the microphone has met."""


def labels(customer_label: str, unit_label: str, name: str, building: str, unit: str) -> tuple[str, str]:
    """How customer and unit are called once the form is in: whoever opened the case may not have known."""
    return (name if customer_label in ("", UNNAMED) else customer_label, unit_label or f"{building}{unit}"[:80])


def day_of(timezone: str, now: datetime) -> tuple[datetime, datetime]:
    """Begin and end of the day that it is at the site; the server's does not matter."""
    zone = ZoneInfo(timezone)
    start = datetime.combine(now.astimezone(zone).date(), time(), zone)
    return start, datetime.combine(start.date() + timedelta(days=1), time(), zone)


def code_of(site_code: str, day: datetime, number: int) -> str:
    """`HD-20261123-0007`: the seventh case of that site and day."""
    return f"{site_code}-{day:%Y%m%d}-{number:04d}"


def searchable(text: str) -> str:
    """One spelling for what is searched and what is found: width, case and blanks do not count."""
    for _ in range(2):  # a letter and its accent that a blank kept apart become one; folding may leave another to compose
        text = unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", text).casefold().split()))
    return text


def search_text(parts: Iterable[str | None]) -> str:
    """What a case is found by: each part as `searchable` spells it, on a line of its own so that no match runs across two."""
    return "\n".join(filter(None, (searchable(part or "") for part in parts)))[:SEARCH_TEXT_MAX]


def may_receive(receptionist_id: str | None, responsible_id: str | None) -> bool:
    """「立即安排非直接责任人接待客户」: whoever sold the unit never receives the customer."""
    return receptionist_id is None or receptionist_id != responsible_id
