"""Groups of complaints, and the week's digest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.documents.pool import Renderer
from case_api.learning.digest import repository
from case_api.learning.digest.schemas import ClusterOut, Clusters, Digest, QuoteOut, TermChange
from case_api.learning.keywords import repository as keywords
from case_api.learning.scope import Scope
from case_api.learning.terms import repository as terms
from case_api.learning.terms import service as new_terms
from case_api.sessions.spots import address_of
from models.sites import CHINA
from scripts_library.library import Library
from scripts_library.mining.clusters import MIXED, Cluster, Likeness, Text, clusters
from scripts_library.mining.concordance import LEAD_SECONDS
from scripts_library.mining.masking import Masker
from scripts_library.mining.words import Segmenter

MOST_COMPLAINTS = 5000
TERMS_TOLD = 12
NEW_TOLD = 8
GROUPS_TOLD = 6
WEEK = timedelta(days=7)
MONTHS_BEFORE = timedelta(days=120)


async def grouped(
    db: AsyncSession, scope: Scope, library: Library, renderer: Renderer, by: Likeness = "meaning", count: int | None = None
) -> Clusters:
    """The scope's complaints in groups: `count` of them, or as many as stand apart best."""
    rows = await repository.complaints(db, scope, MOST_COMPLAINTS)
    names = await repository.names(db, scope)
    texts = _texts(rows, library)
    found = await renderer.run(clusters, list(texts.values()), library.forms, by, count) if texts else []
    return await asyncio.to_thread(_told, found, len(texts), rows, names, library)


def _texts(rows: Sequence[Any], library: Library) -> dict[str, Text]:
    texts: dict[str, Text] = {}
    for row in rows:
        key = _key(row)
        before = texts.get(key)
        said = (*before.terms, row.term) if before else (row.term,)
        texts[key] = Text(key, row.session_id, row.text, said, _cause(row, library))
    return texts


def _key(row: Any) -> str:
    return f"{row.session_id}/{row.utterance_id}"


def _told(found: Sequence[Cluster], complaints: int, rows: Sequence[Any], names: Sequence[str], library: Library) -> Clusters:
    begins: dict[str, Any] = {}
    for row in rows:
        begins.setdefault(_key(row), row)
    masker = Masker(Segmenter(library), names)  # the lexicon's words are no names: 周转 is not 周's
    items = [
        ClusterOut(
            label=_label(one.label, masker),
            cause=one.cause,
            size=one.size,
            sessions=one.sessions,
            terms=list(one.terms),
            alike=one.alike,
            mixed=one.alike < MIXED,
            quotes=[_quote(quote.text, begins[quote.id], masker) for quote in one.quotes],
        )
        for one in found
    ]
    return Clusters(complaints=complaints, items=items)


def _label(label: str, masker: Masker) -> str:
    """What sets a group apart, without the pieces that may be somebody's name: a mask says nothing of what is complained of."""
    return "、".join(piece for piece in label.split("、") if masker.mask(piece) == piece)


def _quote(text: str, row: Any, masker: Masker) -> QuoteOut:
    begin = max(0.0, round(row.at - LEAD_SECONDS, 1))
    return QuoteOut(
        session_id=row.session_id,
        started_at=row.started_at,
        at=row.at,
        text=masker.mask(text),
        audio_url=f"/v1/sessions/{row.session_id}/audio#t={begin}",
        review_url=address_of(row.session_id, begin),
    )


def _cause(row: Any, library: Library) -> str:
    """What the case's form says, else what the term speaks for."""
    term = library.terms.get(row.term)
    return str(row.causes[0]) if row.causes else str(term.cause) if term is not None and term.cause is not None else "unknown"


async def digest(
    db: AsyncSession, allowed: ColumnElement[bool], site_id: str | None, monday: date, library: Library, renderer: Renderer
) -> Digest:
    """The week that begins on `monday`, against the one before it."""
    begin = datetime.combine(monday, time(), CHINA)
    week, before = Scope(allowed, begin, begin + WEEK, site_id), Scope(allowed, begin - WEEK, begin, site_id)
    now_hits, then_hits = await keywords.hits(db, week), await keywords.hits(db, before)
    now, then = await terms.sessions(db, week), await terms.sessions(db, before)
    found = await new_terms.phrases(db, Scope(allowed, begin - MONTHS_BEFORE, begin + WEEK, site_id), library, "recent", NEW_TOLD)
    groups = await grouped(db, week, library, renderer)
    return Digest(
        monday=monday,
        sessions=len(now),
        sessions_before=len(then),
        escalated=sum(row.peak_level == "agitated" for row in now),
        escalated_before=sum(row.peak_level == "agitated" for row in then),
        terms=_changes(now_hits, then_hits),
        new_terms=found.items,
        clusters=groups.items[:GROUPS_TOLD],
    )


def leave_out(digest: Digest, spots: Collection[str]) -> Digest:
    """Without the quotes of these `review_url`s, which are not fit to be shown to a room; the next ones take their places."""
    groups = [
        group.model_copy(update={"quotes": [quote for quote in group.quotes if quote.review_url not in spots]}) for group in digest.clusters
    ]
    return digest.model_copy(update={"clusters": [group for group in groups if group.quotes]})


def _changes(now: Sequence[Any], then: Sequence[Any]) -> list[TermChange]:
    counts, before = (Counter(term for _, term in {(hit.session_id, hit.term) for hit in hits}) for hits in (now, then))
    ranked = sorted(counts, key=lambda term: (-counts[term], term))[:TERMS_TOLD]
    return [TermChange(term=term, sessions=counts[term], before=before[term]) for term in ranked]
