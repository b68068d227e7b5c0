"""Queries on cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases.rules import searchable
from case_api.cases.schemas import CaseOut
from case_api.hints import likely
from models.cases import WithdrawalCase
from models.deadlines import IS_ARMED, Deadline
from models.search import CaseSearch, asked


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list is narrowed by; None and empty narrow nothing. `before` ends an interval and is not part of it."""

    site_id: str | None = None
    status: Collection[str] = ()
    tier: str | None = None
    outcome: str | None = None
    cause: str | None = None
    responsible_id: str | None = None
    receptionist_id: str | None = None
    overdue: bool | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    q: str | None = None
    found: Collection[int] | None = None
    """Rows of `CaseSearch` whose cases alone can hold `q`, where they are few (`looked_up`)."""


FEW: Final = 1000
"""More cases than these are found sooner by reading the newest first than by sorting what the index gives."""
_IN_SQLITE: Final = text("SELECT rowid AS id FROM case_search_index WHERE case_search_index MATCH :grams LIMIT :few").columns(CaseSearch.id)
_IN_POSTGRESQL: Final = text(
    "SELECT id FROM case_search WHERE string_to_array(grams, ' ') @> string_to_array(:grams, ' ') LIMIT :few"
).columns(CaseSearch.id)


async def looked_up(db: AsyncSession, wanted: CaseFilter) -> CaseFilter:
    """The filter with the cases that its text can be in, by the index: a name is in a handful of a hundred thousand."""
    parts = asked(searchable(wanted.q or ""))
    if not parts:
        return wanted
    postgresql = db.get_bind().dialect.name == "postgresql"
    grams = " ".join(parts if postgresql else (f'"{part}"' for part in parts))
    found = await db.scalars(_IN_POSTGRESQL if postgresql else _IN_SQLITE, {"grams": grams, "few": FEW + 1})
    ids = found.all()
    return replace(wanted, found=ids) if len(ids) <= FEW else wanted


_FIRST_LIMIT: Final = select(func.min(Deadline.due_at)).where(Deadline.case_id == WithdrawalCase.id, IS_ARMED).correlate(WithdrawalCase)
_LISTED: Final = (*(getattr(WithdrawalCase, name) for name in CaseOut.model_fields), _FIRST_LIMIT.scalar_subquery().label("due_at"))


async def case_listed(db: AsyncSession, sites: frozenset[str] | None, case_id: str) -> Row[*tuple[Any, ...]] | None:
    """What a list shows of one case of these sites (None: all)."""
    query = select(*_LISTED).where(WithdrawalCase.id == case_id)
    return (await db.execute(query if sites is None else query.where(WithdrawalCase.site_id.in_(sites)))).one_or_none()


def cases_query(sites: frozenset[str] | None, wanted: CaseFilter, now: datetime) -> Select[*tuple[Any, ...]]:
    """What a list shows of the cases of these sites (None: all): the columns of `CaseOut`, and `due_at`, their first limit."""
    query = select(*_LISTED)
    if sites is not None:
        # else SQLite sorts the cases of several sites to find the newest twenty, and beside a few known ones reads a whole site
        here = WithdrawalCase.site_id.in_(sites)
        query = query.where(likely(here) if len(sites) > 1 or wanted.found is not None else here)
    return query.where(*_conditions(wanted, now))


def _conditions(wanted: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    same: dict[Any, str | None] = {
        WithdrawalCase.site_id: wanted.site_id,
        WithdrawalCase.outcome: wanted.outcome,
        WithdrawalCase.responsible_id: wanted.responsible_id,
        WithdrawalCase.receptionist_id: wanted.receptionist_id,
        WithdrawalCase.tier["key"].as_string(): wanted.tier,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in same.items() if value is not None]
    if wanted.found is not None:  # a few cases that are known: no other condition is worth an index
        found = [likely(condition) for condition in found]
    if wanted.status:
        found.append(WithdrawalCase.status.in_(wanted.status))
    if wanted.cause is not None:  # codes hold no quotation marks, so this finds whole ones only
        found.append(cast(WithdrawalCase.causes, String).contains(f'"{wanted.cause}"', autoescape=True))
    if wanted.overdue is not None:
        late = WithdrawalCase.id.in_(select(Deadline.case_id).where(IS_ARMED, Deadline.due_at < now))
        found.append(late if wanted.overdue else ~late)
    if wanted.received_from is not None:
        found.append(WithdrawalCase.received_at >= wanted.received_from)
    if wanted.received_before is not None:
        found.append(WithdrawalCase.received_at < wanted.received_before)
    if wanted.found is not None:
        found.append(WithdrawalCase.id.in_(select(CaseSearch.case_id).where(CaseSearch.id.in_(wanted.found))))
    if part := searchable(wanted.q or ""):
        found.append(WithdrawalCase.search_text.contains(part, autoescape=True))
    return found


async def cases_opened(db: AsyncSession, site_id: str, start: datetime, end: datetime) -> int:
    """How many cases the site opened from `start` until before `end`. None of a day is ever removed that day: cases are kept for years."""
    within = (WithdrawalCase.site_id == site_id, WithdrawalCase.created_at >= start, WithdrawalCase.created_at < end)
    return (await db.execute(select(func.count()).select_from(WithdrawalCase).where(*within))).scalar_one()


async def cases_by_reference(db: AsyncSession, site_id: str, references: Sequence[str]) -> dict[str, WithdrawalCase]:
    """The site's cases that have one of these external references."""
    query = select(WithdrawalCase).where(WithdrawalCase.site_id == site_id, WithdrawalCase.external_reference.in_(references))
    return {case.external_reference or "": case for case in (await db.scalars(query)).all()}
