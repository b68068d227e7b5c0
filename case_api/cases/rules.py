"""How a case is named. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def day_prefix(site_code: str, timezone: str, now: datetime) -> str:
    """`HD-20261123-`: the day is the site's, not the server's."""
    return f"{site_code}-{now.astimezone(ZoneInfo(timezone)):%Y%m%d}-"
