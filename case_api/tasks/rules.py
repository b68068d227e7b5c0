"""Whose work is what, and how late it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def may_do(roles: Iterable[tuple[str, str | None]], role: str, site_id: str) -> bool:
    """Whether one of these (role, site) pairs is the role that the work at this site asks for."""
    return any(held == role and scope in (None, site_id) for held, scope in roles)


def seconds_left(due_at: datetime, now: datetime, paused_at: datetime | None) -> int:
    """Until the limit, whole seconds; a clock that stands shows what was left when it was stopped."""
    return int((due_at - (paused_at or now)).total_seconds())
