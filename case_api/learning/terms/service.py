"""New terms: what conversations that went wrong say, and what the newest month says, more often than others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.learning.scope import Scope
from case_api.learning.terms import repository
from case_api.learning.terms.schemas import Compare, Decided, Decision, PhraseOut, Phrases, VariantOut, Variants
from case_api.problems import Problem, ProblemCode
from models import audit
from models.learning import TermDecision
from models.outbox import publish
from scripts_library.editing import NewTerm, accept_term
from scripts_library.library import Library, Places
from scripts_library.mining.misheard import variants
from scripts_library.mining.phrases import Phrase, index, over_represented
from scripts_library.mining.words import Segmenter
from scripts_library.problems import LibraryError

RECENT = timedelta(days=30)
MOST_HYPOTHESES = 2000


async def phrases(db: AsyncSession, scope: Scope, library: Library, compare: Compare, limit: int) -> Phrases:
    """Phrases of the conversations asked for, the surest first, without what the lexicon has or was decided on."""
    sessions = await repository.sessions(db, scope)
    said = await repository.said(db, scope)
    known = [*_known(library), *await repository.decided(db)]
    chosen = np.array([_is_chosen(row, compare, scope) for row in sessions], bool)
    found = await asyncio.to_thread(_found, sessions, said, chosen, library, known)
    items = [PhraseOut(**{name: getattr(one, name) for name in one.__slots__}) for one in found[:limit]]
    return Phrases(sessions=int(chosen.sum()), others=int(len(chosen) - chosen.sum()), items=items)


def _is_chosen(row: Any, compare: Compare, scope: Scope) -> bool:
    if compare == "recent":
        return bool(row.started_at >= scope.until - RECENT)
    return row.peak_level == "agitated" or row.case_id is not None


def _known(library: Library) -> list[str]:
    return [word for term in library.terms.values() for word in (term.name, *term.aliases, *term.misheard)]


def _found(sessions: Sequence[Any], said: Sequence[Any], chosen: Any, library: Library, known: Sequence[str]) -> list[Phrase]:
    numbers = {row.id: number for number, row in enumerate(sessions)}
    told = [row for row in said if row.session_id in numbers]  # a conversation may have begun between the two queries
    corpus = index([row.text for row in told], [numbers[row.session_id] for row in told], Segmenter(library), sessions=len(chosen))
    return over_represented(corpus, chosen, known)


async def misheard(db: AsyncSession, scope: Scope, phrase: str) -> Variants:
    """How the recogniser spelt a phrase when it did not understand it."""
    rows = await repository.hypotheses(db, scope, phrase, MOST_HYPOTHESES)
    heard = [(row.text, [str(other[0]) for other in row.alternatives[1:]]) for row in rows]
    found = await asyncio.to_thread(variants, phrase, heard)
    return Variants(items=[VariantOut(text=one.text, times=one.times, source=one.source) for one in found])


async def decide(db: AsyncSession, by: By, places: Places, body: Decision) -> Decided:
    """Take a phrase into the lexicon, or dismiss it. Raises Problem: term_decided, library_refused."""
    before = await repository.decision(db, body.phrase)
    if before is not None:
        raise Problem(ProblemCode.TERM_DECIDED, before.verdict)
    details = body.model_dump(mode="json", exclude={"phrase", "verdict"})
    row = TermDecision(phrase=body.phrase, verdict=body.verdict, details=details, decided_by=by.person_id, decided_at=by.now)
    db.add(row)
    await db.flush()
    told = {"phrase": body.phrase, "verdict": body.verdict, **details}
    audit.record(db, by.who, "api:term:decide", audit.Subject("term_decision", row.id), after=told, at=by.now)
    await publish(db, "term.decide", told)
    if body.verdict == "accepted":
        await _write(places, body)
    return Decided.model_validate(row)


async def _write(places: Places, body: Decision) -> None:
    """The file goes last: a refusal rolls the decision back with it."""
    term = NewTerm(body.phrase, body.aliases, body.misheard, body.severity, body.cause)
    try:
        await asyncio.to_thread(accept_term, places, term)
    except LibraryError as error:
        raise Problem(ProblemCode.LIBRARY_REFUSED, str(error.problems[0])) from error
