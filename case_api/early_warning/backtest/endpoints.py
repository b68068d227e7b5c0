"""`/v1/warning-backtests`: rules tried on the past."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from case_api.commands import KEY_PROBLEMS, CommandRoute, Now
from case_api.database import FactoryDep
from case_api.documents.pool import Renderer, get_renderer
from case_api.early_warning.backtest import service
from case_api.early_warning.backtest.rules import measure
from case_api.early_warning.backtest.schemas import BacktestIn, BacktestOut
from case_api.once import OnceDep
from case_api.problems import ProblemCode, responses
from case_api.security import Permission, Principal, require
from models.engine import reading

router = APIRouter(prefix="/warning-backtests", tags=["early warning"], route_class=CommandRoute)


@router.post(
    "",
    operation_id="runBacktest",
    responses=responses(
        ProblemCode.NOT_FOUND,
        ProblemCode.FORBIDDEN,
        ProblemCode.SITE_UNKNOWN,
        ProblemCode.BACKTEST_PERIOD,
        ProblemCode.BACKTEST_TOO_LARGE,
        *KEY_PROBLEMS,
    ),
)
async def run_backtest(
    body: BacktestIn,
    principal: Annotated[Principal, Depends(require(Permission.WARNING_RULES))],
    factory: FactoryDep,
    now: Now,
    workers: Annotated[Renderer, Depends(get_renderer)],
    once: OnceDep,
) -> BacktestOut:
    """What the rules would have seen at a site, against the withdrawal requests that came. Nothing is changed; a key keeps the answer."""
    principal.demand(Permission.WARNING_RULES, body.site_id)
    service.demand_past(body.since, body.until, now)
    async with reading(factory) as db:
        await once.look(db)
        rules = await service.rules_for(db, principal, body, now)
    found = await service.run(
        factory, body, rules, lambda job: workers.run(measure, job), customers_max=service.CUSTOMERS_MAX, progress=lambda done, of: None
    )
    await once.answered(factory, 200, found)
    return found
