"""`/v1/keywords`: the keyword log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from case_api.commands import COMMAND_PROBLEMS, ByDep, CommandDb, CommandRoute
from case_api.database import ReadDb, SettingsDep
from case_api.learning.keywords import repository, service
from case_api.learning.keywords.schemas import Frequencies, HitOut, PairMarked, Precision, Review, Reviewed, Together, Trend
from case_api.learning.scope import Readable
from case_api.library.endpoints import ShelfDep
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, require
from models.keywords import KeywordHit
from models.learning import FalsePair
from models.sessions import Speaker
from scripts_library.library import places
from scripts_library.mining.frequency import Dimension

router = APIRouter(prefix="/keywords", tags=["keywords"], route_class=CommandRoute)

PERIOD = responses(ProblemCode.PERIOD_TOO_LONG)
_WRITES = (*COMMAND_PROBLEMS, ProblemCode.LIBRARY_REFUSED)
Term = Annotated[Line | None, Query(description="Only this term")]
Category = Annotated[Line | None, Query(description="Only terms of this category")]
_EDITS = [Depends(require(Permission.LIBRARY_EDIT))]


@router.get("", operation_id="listKeywords", responses=PERIOD)
async def list_keywords(
    scope: Readable,
    db: ReadDb,
    term: Term = None,
    category: Category = None,
    speaker: Speaker | None = None,
    counted: Annotated[bool, Query(description="Only what the counts hold: customers and whoever was not told apart, no staff")] = False,
    judged: Annotated[bool | None, Query(description="Only what somebody judged (true), or nobody yet (false)")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[HitOut]:
    """Hits in their sentences, newest first, each with the audio that it stands in. What was marked false is not there."""
    query = repository.contexts_query(scope, term=term, category=category, speaker=speaker, counted=counted, judged=judged)

    at, id_ = KeywordHit.created_at, KeywordHit.id
    return await newest_first(db, query, at, id_, limit=limit, cursor=cursor, show=service.hit_out)


@router.get("/frequencies", operation_id="countKeywords", responses=PERIOD)
async def count_keywords(
    scope: Readable, db: ReadDb, shelf: ShelfDep, by: Dimension = "term", term: Term = None, category: Category = None
) -> Frequencies:
    """How often customers complained, by term, category, site, staff, cause or outcome of the case. Staff see their own conversations."""
    return await service.counted(db, scope, by, shelf.tools.library, term, category)


@router.get("/trend", operation_id="getKeywordTrend", responses=PERIOD)
async def get_trend(scope: Readable, db: ReadDb, term: Term = None, category: Category = None) -> Trend:
    """Week by week, with the weeks in which the rate turned."""
    return await service.trend(db, scope, term, category)


@router.get("/together", operation_id="listKeywordPairs", responses=PERIOD)
async def list_pairs(
    scope: Readable, db: ReadDb, term: Annotated[Line | None, Query(description="Only pairs with this term")] = None
) -> Together:
    """Terms that come up in the same conversations more often than by chance."""
    return await service.paired(db, scope, term)


@router.get("/precision", operation_id="getKeywordPrecision", responses=PERIOD)
async def get_precision(scope: Readable, db: ReadDb) -> Precision:
    """How often a term that was heard had been said, as far as people listened."""
    return await service.precision(db, scope)


@router.get("/false-pairs", operation_id="listFalsePairs", dependencies=_EDITS)
async def list_false_pairs(db: ReadDb, limit: Limit = 20, cursor: Cursor = None) -> Page[PairMarked]:
    """Texts that are not the term they were taken for, newest first."""
    return await newest_first(
        db,
        repository.pairs_query(),
        FalsePair.marked_at,
        FalsePair.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: PairMarked.model_validate(row.FalsePair),
    )


@router.delete(
    "/false-pairs/{pair_id}",
    operation_id="unmarkFalsePair",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=_EDITS,
    responses=responses(*_WRITES),
)
async def unmark_pair(pair_id: Reference, by: ByDep, settings: SettingsDep, db: CommandDb) -> None:
    """Take a mark back: the text may be taken for the term again."""
    await service.unmark(db, by, places(settings), pair_id)


@router.put(
    "/{hit_id}/review",
    operation_id="reviewKeyword",
    dependencies=_EDITS,
    responses=responses(*_WRITES, ProblemCode.HIT_REVIEWED),
)
async def review_keyword(hit_id: Reference, body: Review, by: ByDep, settings: SettingsDep, db: CommandDb) -> Reviewed:
    """Say whether a hit was right. Where the text only sounded like its term it is never taken for it again, by the log or by the ear."""
    return await service.review(db, by, places(settings), hit_id, body.verdict)


@router.delete(
    "/{hit_id}/review",
    operation_id="takeBackKeywordReview",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=_EDITS,
    responses=responses(*_WRITES),
)
async def take_back_review(hit_id: Reference, by: ByDep, settings: SettingsDep, db: CommandDb) -> None:
    """Take a judgement back, as if nobody had judged the hit; its pair is unmarked unless another hit of it was judged false."""
    await service.take_back(db, by, places(settings), hit_id)
