"""Run a rule set on a site's past events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.early_warning.backtest.rules import Job, Tally
from case_api.early_warning.backtest.schemas import BacktestIn, BacktestOut, IndicatorTally, LeadOut
from case_api.early_warning.board.repository import happened
from case_api.early_warning.rule_sets import service as rule_sets
from case_api.early_warning.rule_sets.rules import RuleSet
from case_api.problems import Problem, ProblemCode
from case_api.security import Principal
from models.crm import CrmCustomer
from models.engine import Factory, reading
from models.sites import Site

CHUNK: Final = 500
CUSTOMERS_MAX: Final = 5_000
"""Customers of one request: about twenty seconds."""
LONGEST: Final = timedelta(days=731)

Measure = Callable[[Job], Awaitable[Tally]]
Progress = Callable[[int, int], None]


async def rules_for(db: AsyncSession, principal: Principal, body: BacktestIn, now: datetime) -> RuleSet:
    """The rules to try. Raises Problem: not_found."""
    if body.content is not None:
        return body.content
    if body.rule_set_id is not None:
        return RuleSet.model_validate((await rule_sets.find(db, principal, body.rule_set_id)).content)
    return (await rule_sets.rules_in_force(db, now)).at_site(body.site_id).rules


def demand_past(since: datetime, until: datetime, now: datetime) -> None:
    """Raises Problem: backtest_period."""
    if not since < until <= now or until - since > LONGEST:
        raise Problem(ProblemCode.BACKTEST_PERIOD, "body.since, body.until")


async def run(
    factory: Factory, body: BacktestIn, rules: RuleSet, measure: Measure, *, customers_max: int | None, progress: Progress
) -> BacktestOut:
    """Every customer of the site, some at a time; `measure` says where the work is done.

    Raises Problem: site_unknown, backtest_too_large.
    """
    async with reading(factory) as db:
        site = await db.get(Site, body.site_id)
        here = CrmCustomer.site_id == body.site_id
        count = await db.scalar(select(func.count()).select_from(CrmCustomer).where(here)) or 0
    if site is None:
        raise Problem(ProblemCode.SITE_UNKNOWN, "body.site_id")
    if customers_max is not None and count > customers_max:
        raise Problem(
            ProblemCode.BACKTEST_TOO_LARGE, f"{count} 位客户，最多 {customers_max} 位 / {count} customers, {customers_max} at most"
        )
    total, last = Tally(), ""
    while True:
        async with reading(factory) as db:
            query = select(CrmCustomer.id).where(here, CrmCustomer.id > last).order_by(CrmCustomer.id).limit(CHUNK)
            ids = (await db.scalars(query)).all()
            if not ids:
                return _shown(total)
            events = list((await happened(db, ids)).values())
        last = ids[-1]
        job = Job(events, rules, ZoneInfo(site.timezone), body.since, body.until, timedelta(days=body.horizon_days))
        total.add(await measure(job))
        progress(total.customers, count)


def _shown(tally: Tally) -> BacktestOut:
    lead = tally.lead_hours
    same = {name: value for name, value in asdict(tally).items() if name not in ("leads", "shown", "shown_right")}
    return BacktestOut(
        **same,
        precision=tally.precision,
        recall=tally.recall,
        lead_hours=LeadOut(first=lead[0], median=lead[1], third=lead[2]) if lead is not None else None,
        indicators=[IndicatorTally(code=code, alarms=n, right=tally.shown_right[code]) for code, n in tally.shown.most_common()],
    )
