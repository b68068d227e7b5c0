"""`/v1/learning/sites/{site_id}`: before and after."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Response

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb
from case_api.learning.progress import service
from case_api.learning.progress.schemas import BeforeAfterOut, EarlierWeekIn, EarlierWeekOut, Outcome
from case_api.learning.scripts.endpoints import MANAGES, Learner
from case_api.library.endpoints import ShelfDep
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference

router = APIRouter(prefix="/learning/sites", tags=["learning"], route_class=CommandRoute)


@router.get("/{site_id}/before-after", operation_id="getBeforeAfter", responses=responses(ProblemCode.NOT_FOUND))
async def get_before_after(
    site_id: Reference, principal: Learner, db: ReadDb, shelf: ShelfDep, now: Now, outcome: Outcome = "complaints"
) -> BeforeAfterOut:
    """Complaints (a customer says that they will complain, sue, go public) or escalations of every hundred conversations, week by week.

    The change is told against the trend before, with its interval, beside the source's goal of 63 % fewer.
    """
    return await service.progress(db, principal, shelf.tools.library, site_id, outcome, now)


@router.get("/{site_id}/weeks/{monday}", operation_id="getEarlierWeek", responses=responses(ProblemCode.NOT_FOUND))
async def get_week(response: Response, site_id: Reference, monday: date, principal: Learner, db: ReadDb) -> EarlierWeekOut:
    """What was entered of a week before the product ran, to be corrected on its version."""
    return tag(response, await service.week(db, principal, site_id, monday))


@router.put(
    "/{site_id}/weeks/{monday}",
    operation_id="enterEarlierWeek",
    dependencies=MANAGES,
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.WEEK_INVALID),
)
async def enter_week(
    response: Response, site_id: Reference, monday: date, body: EarlierWeekIn, by: ByDep, expected: IfMatch, db: CommandDb
) -> EarlierWeekOut:
    """Figures of a week before the product ran. `If-Match`: the version, "0" the first time."""
    return tag(response, await service.enter_week(db, by, site_id, monday, expected, body))
