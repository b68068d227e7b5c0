"""Correcting an utterance, going back to a version, and who wrote which."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.transcription.results import Alternative
from case_api.commands import By, guard
from case_api.corrections.schemas import CorrectedOut, CorrectionIn, RestorationIn, VersionOut, Versions
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sessions.service import find_kept
from models import audit
from models.corrections import UtteranceCorrection
from models.people import Person
from models.sessions import Session
from models.utterances import Utterance
from scripts_library.matcher import Matcher

MOST = 100
READINGS = 4
"""Versions of one utterance."""


def out(said: Utterance) -> CorrectedOut:
    """As it stands."""
    return CorrectedOut.model_validate(said)


async def versions(db: AsyncSession, principal: Principal, session_id: str, utterance_id: str, matcher: Matcher) -> Versions:
    """The newest first, down to what was recognised, and other readings of it. Raises Problem: not_found, not_recorded."""
    await find_kept(db, principal, session_id)
    said = await _utterance(db, session_id, utterance_id)
    query = (
        select(UtteranceCorrection, Person.display_name)
        .join(Person, Person.id == UtteranceCorrection.person_id)
        .where(UtteranceCorrection.session_id == session_id, UtteranceCorrection.ordinal == said.ordinal)
        .order_by(UtteranceCorrection.version.desc())
    )
    rows = (await db.execute(query)).all()
    text, speaker = said.heard
    terms = await asyncio.to_thread(lambda: [_terms(matcher, each) for each in [*(row.text for row, _ in rows), text]])
    found = [_version(row, name, each) for (row, name), each in zip(rows, terms, strict=False)]
    nobody = {"reason": "", "person_id": None, "person_name": "", "created_at": said.created_at}
    found.append(VersionOut.model_validate({"version": 0, "text": text, "speaker": speaker, "terms": terms[-1]} | nobody))
    return Versions(items=found, readings=_readings(said))


def _readings(said: Utterance) -> list[str]:
    """The hypotheses that say something else than the text does, now or as it was recognised; a second listening's come first."""
    heard = sorted((Alternative(*one) for one in said.alternatives), key=lambda one: (not one.other, -one.score))
    seen = {"", _letters(said.text), _letters(said.heard[0])}
    found: list[str] = []
    for one in heard:
        if _letters(one.text) not in seen:
            seen.add(_letters(one.text))
            found.append(one.text)
    return found[:READINGS]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _version(row: UtteranceCorrection, name: str, terms: list[str]) -> VersionOut:
    own = {field: getattr(row, field) for field in VersionOut.model_fields if hasattr(row, field)}
    return VersionOut(person_name=name, terms=terms, **own)


def _terms(matcher: Matcher, text: str) -> list[str]:
    return list(dict.fromkeys(hit.term for hit in matcher.match(text) if hit.kind != "phonetic"))


async def correct(db: AsyncSession, by: By, session_id: str, utterance_id: str, expected: int, given: CorrectionIn) -> Utterance:
    """A new version; what changes nothing makes none.

    Raises Problem: not_found, not_recorded, forbidden, session_not_ended, correction_own, version_conflict, corrections_full.
    """
    session, said = await _locked(db, by, session_id, utterance_id, expected)
    text = said.text if given.text is None else " ".join(given.text.split())
    return await _write(db, by, session, said, text, given.speaker or said.speaker, given.reason, "correct")


async def restore(db: AsyncSession, by: By, session_id: str, utterance_id: str, expected: int, given: RestorationIn) -> Utterance:
    """A version as it was before becomes a new one. Raises Problem: as `correct`."""
    session, said = await _locked(db, by, session_id, utterance_id, expected)
    text, speaker = said.heard
    if given.version:
        before = await db.get(UtteranceCorrection, (session_id, said.ordinal, given.version))
        if before is None:
            raise Problem(ProblemCode.NOT_FOUND, "body.version")
        text, speaker = before.text, before.speaker
    return await _write(db, by, session, said, text, speaker, given.reason, "restore")


async def _locked(db: AsyncSession, by: By, session_id: str, utterance_id: str, expected: int) -> tuple[Session, Utterance]:
    """The utterance, locked, if this person may correct it as they saw it."""
    session: Session = (await find_kept(db, by.principal, session_id)).Session
    by.principal.demand(Permission.SESSION_CORRECT, session.site_id)
    if session.staff_id == by.person_id:
        raise Problem(ProblemCode.CORRECTION_OWN)
    if session.status != "ended":
        raise Problem(ProblemCode.SESSION_NOT_ENDED)
    said = await _utterance(db, session_id, utterance_id)
    await db.refresh(said, with_for_update=True)
    guard(said, expected)
    return session, said


async def _utterance(db: AsyncSession, session_id: str, utterance_id: str) -> Utterance:
    said: Any = await db.scalar(select(Utterance).where(Utterance.session_id == session_id, Utterance.id == utterance_id))
    if said is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return said  # type: ignore[no-any-return]


async def _write(db: AsyncSession, by: By, session: Session, said: Utterance, text: str, speaker: str, reason: str, verb: str) -> Utterance:
    if (text, speaker) == (said.text, said.speaker):
        return said
    if said.version >= MOST:
        raise Problem(ProblemCode.CORRECTIONS_FULL, f"最多 {MOST} 次 / {MOST} at most")
    version = said.version + 1
    written = {"text": text, "speaker": speaker, "reason": reason, "person_id": by.person_id, "created_at": by.now}
    db.add(UtteranceCorrection(session_id=session.id, ordinal=said.ordinal, version=version, **written))
    await db.flush()  # the database lets a text become only what is written there
    # For the audit record: no words of the customer. They are in the versions, and go with the conversation.
    told = {"utterance_id": said.id, "version": version, "text": text != said.text, "speaker": speaker}
    subject = audit.Subject("session", session.id, session.site_id)
    audit.record(db, by.who, f"api:session:{verb}", subject, before={"speaker": said.speaker}, after=told, at=by.now)
    said.heard_text, said.heard_speaker = said.heard
    said.text, said.speaker, said.version = text, speaker, version
    await db.flush()
    return said
