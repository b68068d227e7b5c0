"""`/v1/learning/terms`: new complaint terms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from case_api.commands import KEY_PROBLEMS, ByDep, CommandDb, CommandRoute
from case_api.database import ReadDb, SettingsDep
from case_api.learning.scope import PeriodDep, at_sites
from case_api.learning.scripts.endpoints import PERIOD, Learner
from case_api.learning.terms import service
from case_api.learning.terms.schemas import Compare, Decided, Decision, Phrases, Variants, Word
from case_api.library.endpoints import ShelfDep
from case_api.problems import ProblemCode, responses
from case_api.security import Permission, require
from scripts_library.library import places

router = APIRouter(prefix="/learning/terms", tags=["learning"], route_class=CommandRoute)

_WRITES = (ProblemCode.FORBIDDEN, *KEY_PROBLEMS, ProblemCode.TERM_DECIDED, ProblemCode.LIBRARY_REFUSED)


@router.get("", operation_id="listNewTerms", responses=PERIOD)
async def list_terms(
    period: PeriodDep,
    principal: Learner,
    db: ReadDb,
    shelf: ShelfDep,
    compare: Annotated[
        Compare,
        Query(description="escalated: conversations that escalated or became cases; recent: of the last 30 days; against the others"),
    ] = "escalated",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Phrases:
    """Phrases of several words that the lexicon does not have, by log-odds with an informative prior; not what was decided on already."""
    scope = period.of(at_sites(principal, Permission.LEARNING_READ))
    return await service.phrases(db, scope, shelf.tools.library, compare, limit)


@router.get("/{phrase}/variants", operation_id="listTermVariants", responses=PERIOD)
async def list_variants(phrase: Annotated[Word, Path()], period: PeriodDep, principal: Learner, db: ReadDb) -> Variants:
    """What the recogniser made of a phrase: from its own other hypotheses, and what sounds alike."""
    return await service.misheard(db, period.of(at_sites(principal, Permission.LEARNING_READ)), phrase)


@router.post(
    "",
    operation_id="decideNewTerm",
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(require(Permission.LIBRARY_EDIT))],
    responses=responses(*_WRITES),
)
async def decide_term(body: Decision, by: ByDep, settings: SettingsDep, db: CommandDb) -> Decided:
    """Take a phrase into the lexicon, which conversations use within seconds; or dismiss it, so that it is not proposed again."""
    return await service.decide(db, by, places(settings), body)
