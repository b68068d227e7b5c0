"""The keyword log: counts, trends, hits in their sentences, and what people made of them."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.learning.keywords import repository
from case_api.learning.keywords.schemas import (
    ChangeOut,
    CountOut,
    DriftOut,
    Frequencies,
    HitOut,
    PairOut,
    Precision,
    PrecisionOut,
    Reviewed,
    Together,
    Trend,
    WeekOut,
)
from case_api.learning.names import VALUES
from case_api.learning.scope import Scope
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from case_api.sessions.repository import visible_to
from models import audit
from models.learning import FalsePair, KeywordReview
from models.outbox import publish
from models.sites import CHINA
from scripts_library.editing import mark_not_heard
from scripts_library.library import Library, Places
from scripts_library.mining.concordance import context, playback
from scripts_library.mining.frequency import Dimension, frequencies, held_by, together, weeks
from scripts_library.mining.rows import HitRow
from scripts_library.mining.turns import course
from scripts_library.problems import LibraryError

MOST_PAIRS = 100
_LABELS = {"unknown": "未知"} | {code: zh for name in ("outcome", "causes") for code, (zh, _) in VALUES[name].items()}


async def counted(db: AsyncSession, scope: Scope, by: Dimension, library: Library, term: str | None, category: str | None) -> Frequencies:
    """Counts by one side. People and sites are called by their names."""
    hits = await repository.hits(db, scope, term=term, category=category)
    held = await repository.held_rows(db, scope)
    names = await repository.names(db) if by in ("site", "staff") else {}
    found = await asyncio.to_thread(frequencies, hits, by, len(held), held_by(held, by))
    items = [CountOut(label=_label(one.key, by, names, library), **_fields(one)) for one in found]
    return Frequencies(sessions=len(held), items=items)


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def _label(key: str, by: Dimension, names: Mapping[str, str], library: Library) -> str:
    if by == "category" and key in library.categories:
        return library.categories[key].zh
    return names.get(key) or _LABELS.get(key, key)


async def trend(db: AsyncSession, scope: Scope, term: str | None, category: str | None) -> Trend:
    """Conversations with a hit, week by week, and where that turned."""
    hits = await repository.hits(db, scope, term=term, category=category)
    return await asyncio.to_thread(_trend, scope, hits, await repository.started(db, scope))


def _trend(scope: Scope, hits: list[HitRow], started: list[datetime]) -> Trend:
    mondays = weeks(scope.since.astimezone(CHINA).date(), (scope.until - timedelta(seconds=1)).astimezone(CHINA).date())
    held = Counter(_monday(at) for at in started)
    struck: defaultdict[Any, set[str]] = defaultdict(set)
    for hit in hits:
        struck[_monday(hit.heard_at)].add(hit.session_id)
    events, exposure = [len(struck[monday]) for monday in mondays], [held[monday] for monday in mondays]
    shown = [
        WeekOut(monday=monday, hits=count, sessions=of, per_100=round(100 * count / of, 2) if of else None)
        for monday, count, of in zip(mondays, events, exposure, strict=True)
    ]
    found = course(events, exposure)
    turns = [ChangeOut(monday=mondays[one.index], before=one.before, after=one.after) for one in found.changes]
    drift = DriftOut(before=found.drift.before, after=found.drift.after) if found.drift is not None else None
    return Trend(weeks=shown, changes=turns, drift=drift)


def _monday(at: datetime) -> Any:
    """Weeks begin on Monday where the sales offices are."""
    day = at.astimezone(CHINA).date()
    return day - timedelta(days=day.weekday())


async def paired(db: AsyncSession, scope: Scope, term: str | None) -> Together:
    """Terms that come up in the same conversations; only what comes with `term` where it is given."""
    hits, sessions = await repository.hits(db, scope), await repository.held(db, scope)
    found = await asyncio.to_thread(together, hits, sessions)
    wanted = [one for one in found if term is None or term in (one.first, one.second)]
    return Together(sessions=sessions, items=[PairOut(**_fields(one)) for one in wanted[:MOST_PAIRS]])


def hit_out(row: Any) -> HitOut:
    """A row of `contexts_query`: the hit in its sentence."""
    hit, session, said, review = row.KeywordHit, row.Session, row.Utterance, row.KeywordReview
    # The machine's hit stays as it was heard; where a correction took its words away, it is shown among those it was heard in.
    text = said.text if hit.heard in said.text else said.heard[0]
    around = context(text, hit.heard, said.start, said.end, said.characters, hit.at)
    begin, end = playback(hit.at, hit.end)
    own = ("id", "session_id", "utterance_id", "term", "category", "speaker", "heard", "match", "score", "at", "end")
    return HitOut(
        **{name: getattr(hit, name) for name in own},
        site_id=session.site_id,
        staff_id=session.staff_id,
        before=around.before,
        keyword=around.heard,
        after=around.after,
        play_from=begin,
        play_to=end,
        audio_url=f"/v1/sessions/{session.id}/audio#t={begin},{end}",
        heard_at=hit.created_at,
        corrected=said.text if said.corrected else None,
        verdict=review.verdict if review is not None else None,
    )


async def review(db: AsyncSession, by: By, places: Places, hit_id: str, verdict: str) -> Reviewed:
    """What a person made of a hit. A text that only sounded like its term is not taken for it again, in the log and by the ear.

    Raises Problem: not_found, hit_reviewed, library_refused.
    """
    found = await repository.hit(db, visible_to(by.principal), hit_id)
    if found is None:
        raise Problem(ProblemCode.NOT_FOUND)
    hit, session = found
    by.principal.demand(Permission.LIBRARY_EDIT, session.site_id)
    scope = "pair" if hit.match == "phonetic" else "hit"
    before = await db.get(KeywordReview, hit_id)
    if before is not None and before.verdict != verdict:
        raise Problem(ProblemCode.HIT_REVIEWED, before.verdict)
    if before is not None:
        return Reviewed(hit_id=hit_id, verdict=before.verdict, scope=scope, hidden=0)  # type: ignore[arg-type]
    db.add(KeywordReview(hit_id=hit_id, verdict=verdict, reviewed_by=by.person_id, reviewed_at=by.now))
    hidden = 0
    if verdict == "false" and scope == "pair":
        hidden = await _mark(db, by, places, hit.term, hit.heard)
    elif verdict == "false":
        hit.false_hit, hidden = True, int(not hit.false_hit)
    after = {"verdict": verdict, "term": hit.term, "heard": hit.heard, "scope": scope}
    audit.record(db, by.who, "api:keyword:review", audit.Subject("keyword_hit", hit_id, session.site_id), after=after, at=by.now)
    await publish(db, "keyword.review", after | {"hit_id": hit_id}, site_id=session.site_id, session_id=session.id)
    await db.flush()
    return Reviewed(hit_id=hit_id, verdict=verdict, scope=scope, hidden=hidden)  # type: ignore[arg-type]


async def take_back(db: AsyncSession, by: By, places: Places, hit_id: str) -> None:
    """A judgement that was a slip: the hit is as nobody had judged it, and so is its pair unless another hit of it was judged false.

    Raises Problem: not_found, forbidden, library_refused.
    """
    found = await repository.hit(db, visible_to(by.principal), hit_id)
    judged = await db.get(KeywordReview, hit_id) if found is not None else None
    if found is None or judged is None:
        raise Problem(ProblemCode.NOT_FOUND)
    hit, session = found
    by.principal.demand(Permission.LIBRARY_EDIT, session.site_id)
    await db.delete(judged)
    await db.flush()
    if judged.verdict == "false":
        pair = await repository.pair(db, hit.term, hit.heard) if hit.match == "phonetic" else None
        if pair is None:
            hit.false_hit = False
        elif not await repository.judged_false(db, hit.term, hit.heard):
            await unmark(db, by, places, pair.id)
    before = {"verdict": judged.verdict, "term": hit.term, "heard": hit.heard}
    audit.record(db, by.who, "api:keyword:unreview", audit.Subject("keyword_hit", hit_id, session.site_id), before=before, at=by.now)
    await publish(db, "keyword.unreview", before | {"hit_id": hit_id}, site_id=session.site_id, session_id=session.id)


async def _mark(db: AsyncSession, by: By, places: Places, term: str, heard: str) -> int:
    if await repository.pair(db, term, heard) is None:
        db.add(FalsePair(term=term, heard=heard, marked_by=by.person_id, marked_at=by.now))
    hidden = await repository.set_false(db, term, heard, false=True)
    await _tell_the_ear(places, term, heard, marked=True)
    return hidden


async def unmark(db: AsyncSession, by: By, places: Places, pair_id: str) -> None:
    """Take a mark back: the text may be taken for the term again. Raises Problem: not_found, library_refused."""
    marked = await db.get(FalsePair, pair_id, with_for_update=True)
    if marked is None:
        raise Problem(ProblemCode.NOT_FOUND)
    told = {"term": marked.term, "heard": marked.heard}
    await db.delete(marked)
    await db.flush()
    await repository.set_false(db, marked.term, marked.heard, false=False)
    await _tell_the_ear(places, marked.term, marked.heard, marked=False)
    audit.record(db, by.who, "api:keyword:unmark", audit.Subject("false_pair", pair_id), before=told, at=by.now)
    await publish(db, "keyword.unmark", told)


async def _tell_the_ear(places: Places, term: str, heard: str, *, marked: bool) -> None:
    """The file goes last: what it says may be said again by a repetition, so nothing is lost where the commit fails."""
    try:
        await asyncio.to_thread(mark_not_heard, places, term, heard, marked=marked)
    except LibraryError as error:
        raise Problem(ProblemCode.LIBRARY_REFUSED, str(error.problems[0])) from error


async def precision(db: AsyncSession, scope: Scope) -> Precision:
    """How often a term that was heard had been said, as far as people listened."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in await repository.judged(db, scope):
        counts[row.term][row.verdict] = row.times
    items = [_precision(term, count["right"], count["false"]) for term, count in counts.items()]
    return Precision(items=sorted(items, key=lambda one: (one.precision, -one.false, one.term)))


def _precision(term: str, right: int, false: int) -> PrecisionOut:
    n, z = right + false, 1.96
    share = right / n
    middle, reach = (
        (share + z * z / (2 * n)) / (1 + z * z / n),
        z * ((share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5) / (1 + z * z / n),
    )
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return PrecisionOut(term=term, right=right, false=false, precision=round(share, 3), low=round(low, 3), high=round(high, 3))
