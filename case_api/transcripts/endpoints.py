"""`/v1/utterances`: search over what was said."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query

from case_api.database import ReadDb
from case_api.paging import Limit
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Line, Moment, Reference
from case_api.sessions.endpoints import Reader
from case_api.transcripts import service
from case_api.transcripts.query import words
from case_api.transcripts.repository import Wanted
from case_api.transcripts.schemas import SaidPage
from models.sessions import Level, Speaker

_CURSOR = re.compile(r"(p?)([0-9]{1,18})")

router = APIRouter(prefix="/utterances", tags=["sessions"])


@router.get("", operation_id="searchUtterances", responses=responses(ProblemCode.INVALID_REQUEST))
async def search_utterances(
    principal: Reader,
    db: ReadDb,
    q: Annotated[Line | None, Query(description="Words of the sentence, each anywhere in it; also as pinyin or initials")] = None,
    speaker: Speaker | None = None,
    category: Annotated[Line | None, Query(description="Only sentences in which a term of this category was heard")] = None,
    site_id: Reference | None = None,
    staff_id: Reference | None = None,
    level: Annotated[Level | None, Query(description="Highest level that its conversation reached")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="In conversations that began then or later")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="In conversations that began before")] = None,
    limit: Limit = 20,
    cursor: Annotated[str | None, Query(max_length=20, description="`next_cursor` of the page before")] = None,
) -> SaidPage:
    """Sentences of one's own conversations, or of the sites one oversees. Only what was agreed to be recorded.

    The newest first. What was typed in letters is looked for as it stands and, after that, as pinyin without tones: `tousu`, `tou su`,
    the initials `ts`, or mixed, find 投诉.

    A page looks at 10 000 sentences at the most: it may be short, or empty, and still have a next one. The first page tells how many there
    are (`hits`): exactly where it has seen them all, else about.
    """
    place = _CURSOR.fullmatch(cursor or str(service.START))
    if place is None:
        raise Problem(ProblemCode.INVALID_REQUEST, "query.cursor")
    wanted = Wanted(words(q), speaker, category, site_id, staff_id, level, since, until)
    return await service.search(db, principal, wanted, limit=limit, after=service.Place(int(place[2]), bool(place[1])))
