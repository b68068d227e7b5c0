"""When a record may go (「所有沟通记录至少保存两年」). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from case_api.problems import ProblemCode


def removal_at(ended: Iterable[datetime | None], days: int) -> datetime | None:
    """`days` after the last end of a case and of its conversations; None while one of them goes on."""
    ends = list(ended)
    known = [end for end in ends if end is not None]
    return max(known) + timedelta(days=days) if ends and len(known) == len(ends) else None


def refusal(at: datetime | None, held: bool, now: datetime) -> ProblemCode | None:
    """Why a record may not go at `now`; None if it may."""
    if at is None:
        return ProblemCode.RECORD_OPEN
    if held:
        return ProblemCode.LEGAL_HOLD
    return ProblemCode.RETENTION_RUNNING if now < at else None
