"""Before and after a site's day of going live."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, put_row
from case_api.learning.progress import repository
from case_api.learning.progress.schemas import BeforeAfterOut, EarlierWeekIn, EarlierWeekOut, FittedOut, Outcome
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_site
from models import audit
from models.learning import EarlierWeek, SiteLearning
from models.outbox import publish
from scripts_library.library import Library
from scripts_library.mining.series import GOAL, BeforeAfter, Week, before_after
from scripts_library.records import Signal

COMPLAINTS = {Signal.REGULATOR, Signal.MEDIA, Signal.LITIGATION, Signal.GROUP}
"""Terms by which a customer says that they will complain somewhere."""


async def progress(
    db: AsyncSession, principal: Principal, library: Library, site_id: str, outcome: Outcome, now: datetime
) -> BeforeAfterOut:
    """The change at the site's day, against its trend before. Raises Problem: not_found."""
    site = await find_site(db, principal, Permission.LEARNING_READ, site_id)
    agreed = await db.get(SiteLearning, site_id)
    terms = sorted(name for name, term in library.terms.items() if term.signal in COMPLAINTS)
    held = await repository.conversations(db, site_id, now, terms)
    earlier = await repository.earlier_weeks(db, site_id)
    weeks, entered = _weeks(held, earlier, outcome, ZoneInfo(site.timezone), now)
    day = agreed.go_live_on if agreed is not None else None
    found = await asyncio.to_thread(before_after, weeks, day or now.date() + timedelta(days=7))
    zh, en = _said(found, day)
    known = {week.monday for week in found.weeks}
    own = ("before", "after", "crude", "change", "low", "high", "enough")
    fitted = [FittedOut.model_validate(week) for week in found.weeks]
    return BeforeAfterOut(
        outcome=outcome,
        go_live_on=day,
        goal=GOAL,
        zh=zh,
        en=en,
        weeks=fitted,
        weeks_entered=len(known & entered),
        **{name: getattr(found, name) for name in own},
    )


def _weeks(
    held: Sequence[Any], earlier: Sequence[EarlierWeek], outcome: Outcome, zone: ZoneInfo, now: datetime
) -> tuple[list[Week], set[date]]:
    """Weeks that are over, and which were entered. Figures from before count only where there is no conversation of the product's own."""
    entered: set[date] = set()
    total: Counter[date] = Counter()
    events: Counter[date] = Counter()
    for row in held:
        day = row.started_at.astimezone(zone).date()
        monday = day - timedelta(days=day.weekday())
        total[monday] += 1
        events[monday] += row.complained if outcome == "complaints" else row.peak_level == "agitated"
    for week in earlier:
        if not total[week.monday]:
            total[week.monday], events[week.monday] = week.conversations, getattr(week, outcome)
            entered.add(week.monday)
    today = now.astimezone(zone).date()
    weeks = [Week(monday, events[monday], total[monday]) for monday in sorted(total) if monday + timedelta(days=7) <= today]
    return weeks, entered


def _said(found: BeforeAfter, day: date | None) -> tuple[str, str]:
    if day is None:
        return "尚未设定上线日", "No day of going live was named yet"
    if found.before and found.after == 0.0:
        return (
            f"上线后一起也没有（上线前每百场 {found.before:g}）；没有发生，就算不出与趋势相比的变化",
            f"None since going live ({found.before:g} of every hundred before); where nothing happens no change of trend can be worked out",
        )
    if found.change is None or found.low is None or found.high is None:
        return "数据还不够：上线前后各需 8 周，且上线前至少 10 起", "Not enough yet: eight weeks on either side, ten events before"
    change, low, high = (round(100 * value) for value in (found.change, found.low, found.high))
    unclear = found.low < 0 < found.high
    return (
        f"与原有趋势相比 {change:+d}%（95% 区间 {low:+d}% 至 {high:+d}%）{'，还看不出是不是真的变了' if unclear else ''}",
        f"{change:+d}% against the trend before (95% {low:+d}% to {high:+d}%){', so no change can be told yet' if unclear else ''}",
    )


async def week(db: AsyncSession, principal: Principal, site_id: str, monday: date) -> EarlierWeekOut:
    """What was entered of a week. Raises Problem: not_found."""
    found = await db.get(EarlierWeek, (site_id, monday)) if principal.may(Permission.LEARNING_READ, site_id) else None
    if found is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return EarlierWeekOut.model_validate(found)


async def enter_week(db: AsyncSession, by: By, site_id: str, monday: date, expected: int, body: EarlierWeekIn) -> EarlierWeekOut:
    """Enter or correct a week's figures from before. Raises Problem: not_found, forbidden, week_invalid, version_conflict."""
    await find_site(db, by.principal, Permission.LEARNING_READ, site_id, lock=True)
    by.principal.demand(Permission.LEARNING_MANAGE, site_id)
    if monday.weekday() or not 2000 <= monday.year < 2100 or monday > by.now.date():
        raise Problem(ProblemCode.WEEK_INVALID, "path.monday")
    row = await repository.earlier_week(db, site_id, monday)
    before = EarlierWeekOut.model_validate(row).model_dump(mode="json") if row is not None else None
    values = body.model_dump() | {"changed_by": by.person_id, "changed_at": by.now}
    row = await put_row(db, row, expected, EarlierWeek(site_id=site_id, monday=monday), values)
    after = EarlierWeekOut.model_validate(row)
    told = after.model_dump(mode="json")
    audit.record(db, by.who, "api:learning:week", audit.Subject("site", site_id, site_id), before=before, after=told, at=by.now)
    await publish(db, "learning.week", told, site_id=site_id)
    return after
