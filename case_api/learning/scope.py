"""What every question of learning is narrowed by: a period, and the conversations that the person may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, false, true

from case_api.commands import Now
from case_api.problems import Problem, ProblemCode
from case_api.schemas import Moment, Reference
from case_api.security import Permission, Principal
from case_api.sessions.endpoints import Reader
from case_api.sessions.repository import visible_to
from models.consents import standing
from models.sessions import Session

DEFAULT_DAYS = 90
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Scope:
    """Recorded conversations that began in [since, until) and that `allowed` lets the person see."""

    allowed: ColumnElement[bool]
    since: datetime
    until: datetime
    site_id: str | None = None
    staff_id: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """For a query that joins `Session` and `Consent`. What was not agreed to, or is withdrawn, teaches nobody anything."""
        wanted = [
            self.allowed,
            Session.started_at >= self.since,
            Session.started_at < self.until,
            standing(),
        ]
        if self.site_id is not None:
            wanted.append(Session.site_id == self.site_id)
        if self.staff_id is not None:
            wanted.append(Session.staff_id == self.staff_id)
        return wanted


@dataclass(frozen=True, slots=True)
class Period:
    """What was asked for, before it is known whose conversations these may be."""

    since: datetime
    until: datetime
    site_id: str | None

    def of(self, allowed: ColumnElement[bool], staff_id: str | None = None) -> Scope:
        """With the conversations that are allowed."""
        return Scope(allowed, self.since, self.until, self.site_id, staff_id)


async def _period(
    now: Now,
    site_id: Reference | None = None,
    since: Annotated[Moment | None, Query(alias="from", description="Began then or later; 90 days before `to` if left out")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Began before; now if left out")] = None,
) -> Period:
    end = until or now
    begin = since or end - timedelta(days=DEFAULT_DAYS)
    if not begin < end <= begin + timedelta(days=MOST_DAYS):
        raise Problem(ProblemCode.PERIOD_TOO_LONG, "query.from")
    return Period(begin, end, site_id)


PeriodDep = Annotated[Period, Depends(_period)]


async def _readable(
    period: PeriodDep,
    principal: Reader,
    staff_id: Annotated[Reference | None, Query(description="Only this person's conversations")] = None,
) -> Scope:
    return period.of(visible_to(principal), staff_id)


Readable = Annotated[Scope, Depends(_readable)]
"""One's own conversations, or every one of the sites one oversees."""


def at_sites(principal: Principal, permission: Permission, column: Any = Session.site_id) -> ColumnElement[bool]:
    """Rows of the sites where the permission is held."""
    sites = principal.sites_for(permission)
    if sites is None:
        return true()
    return column.in_(sites) if sites else false()
