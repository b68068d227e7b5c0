"""Labels of conversations: drafted from what was heard, corrected by a person, exported for `calmdesk eval`."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

import soundfile as sf
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.evaluation.corpus import DRAFT, LABELS, Conversation, check
from audio_service.evaluation.draft import Heard, draft
from audio_service.evaluation.problems import CorpusCode
from audio_service.messages import SAMPLE_RATE
from case_api.commands import By, put_row
from case_api.labels import repository
from case_api.labels.schemas import LabelledOut, LabelsIn, LabelsOut
from case_api.problems import FieldError, Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sessions import repository as heard_in
from case_api.sessions.audio import recording_of
from case_api.sessions.service import find_kept
from models import audit
from models.engine import Factory, transaction
from models.labels import SessionLabel
from models.sessions import Session

MOST_EXPORTED: Final = 200
"""Conversations of one corpus: more than anybody labels in a month, and a file that a browser still takes."""
OPEN: Final = {CorpusCode.NOT_LABELLED, CorpusCode.ROLE_OPEN}
"""What a draft may lack."""
_BLOCK: Final = 1 << 20


async def read(db: AsyncSession, principal: Principal, session_id: str, data_dir: Path) -> LabelsOut:
    """The labels, or a draft of them. Raises Problem: not_found, not_recorded, forbidden, audio_gone."""
    session = await _labellable(db, principal, session_id)
    row = await db.get(SessionLabel, session_id)
    if row is not None:
        return _out(row)
    seconds = await _length(data_dir, session)
    made = draft(session.id, seconds, await _heard(db, session_id))
    turns = [turn.model_dump() for turn in made.turns]
    return LabelsOut(
        session_id=session_id,
        version=0,
        kind="draft",
        seconds=made.seconds,
        onset=None,
        offset=None,
        turns=turns,  # type: ignore[arg-type]
        labelled_by=None,
        labelled_at=None,
        warnings=[],
    )


async def write(db: AsyncSession, by: By, session_id: str, expected: int, given: LabelsIn, data_dir: Path) -> LabelsOut:
    """Keep what was heard. Raises Problem: not_found, not_recorded, forbidden, audio_gone, labels_invalid, version_conflict."""
    session = await _labellable(db, by.principal, session_id)
    seconds = await _length(data_dir, session)
    _demand_sound(given, session_id, seconds)
    await db.refresh(session, with_for_update=True)
    row = await db.get(SessionLabel, session_id)
    before = _told(row) if row is not None else None
    values = given.model_dump() | {"seconds": seconds, "labelled_by": by.person_id, "labelled_at": by.now}
    values["turns"] = sorted(values["turns"], key=lambda turn: (turn["start"], turn["end"]))
    row = await put_row(db, row, expected, SessionLabel(session_id=session_id), values)
    audit.record(
        db, by.who, "api:session:label", audit.Subject("session", session_id, session.site_id), before=before, after=_told(row), at=by.now
    )
    return _out(row)


def labelled_out(found: Any) -> LabelledOut:
    """A row of `repository.labelled`."""
    label, session, name = found
    own = {field: getattr(label, field) for field in ("session_id", "kind", "seconds", "labelled_by", "labelled_at")}
    return LabelledOut(site_id=session.site_id, staff_name=name, started_at=session.started_at, turns=len(label.turns), **own)


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation of an export and the file that is its sound."""

    conversation: Conversation
    path: Path
    site_id: str


async def choose(
    db: AsyncSession, principal: Principal, data_dir: Path, site_id: str | None, kind: str | None, only: Sequence[str]
) -> list[Entry]:
    """What can be exported: labelled, no draft, agreed to, its sound still there. Raises Problem: labels_none, labels_too_many."""
    rows = await repository.finished(db, principal, site_id, kind, only, MOST_EXPORTED)
    if len(rows) > MOST_EXPORTED:
        raise Problem(ProblemCode.LABELS_TOO_MANY, f"最多 {MOST_EXPORTED} 个 / {MOST_EXPORTED} at most")
    found = [(label, session, recording_of(data_dir, session)) for label, session, _ in rows]
    entries = [Entry(_conversation(label), path, session.site_id) for label, session, path in found if path is not None]
    if not entries:
        raise Problem(ProblemCode.LABELS_NONE)
    return entries


async def record_export(factory: Factory, by: By, entries: Sequence[Entry]) -> None:
    """Nothing leaves the store without a record of it: one for each conversation."""
    async with transaction(factory) as db:
        for entry in entries:
            subject = audit.Subject("session", entry.conversation.id, entry.site_id)
            after = {"turns": len(entry.conversation.turns), "kind": entry.conversation.kind}
            audit.record(db, by.who, "api:session:label_export", subject, after=after, at=by.now)


def pack(entries: Sequence[Entry], folder: Path) -> tuple[IO[bytes], int]:
    """The corpus as a ZIP and its size, in a file without a name: nothing of it stays behind, whatever happens. Blocks."""
    file = TemporaryFile(dir=folder)  # noqa: SIM115 - whoever sends it closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            labels = [entry.conversation.model_dump() for entry in entries]
            archive.writestr(LABELS, json.dumps(labels, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
            for entry in entries:
                archive.write(entry.path, entry.conversation.audio)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, size


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The file's bytes; closes it."""
    with file:
        while block := file.read(_BLOCK):
            yield block


async def _labellable(db: AsyncSession, principal: Principal, session_id: str) -> Session:
    row = await find_kept(db, principal, session_id)
    session: Session = row.Session
    principal.demand(Permission.SESSION_LABEL, session.site_id)
    return session


async def _length(data_dir: Path, session: Session) -> float:
    path = recording_of(data_dir, session)
    if path is None:
        raise Problem(ProblemCode.AUDIO_GONE)
    return await asyncio.to_thread(_seconds, path)


def _seconds(path: Path) -> float:
    try:
        found = sf.info(path)
    except (sf.SoundFileError, OSError) as error:
        raise Problem(ProblemCode.AUDIO_GONE) from error
    if (found.samplerate, found.channels) != (SAMPLE_RATE, 1):
        raise Problem(ProblemCode.AUDIO_GONE, f"{found.samplerate} Hz, {found.channels}")
    return round(float(found.frames) / SAMPLE_RATE, 3)


async def _heard(db: AsyncSession, session_id: str) -> list[Heard]:
    terms: defaultdict[str, list[str]] = defaultdict(list)
    for hit in await heard_in.keywords(db, session_id):
        if not hit.false_hit and hit.term not in terms[hit.utterance_id]:
            terms[hit.utterance_id].append(hit.term)
    said = await heard_in.utterances(db, session_id)
    return [Heard(one.speaker, one.start, one.end, one.text, tuple(terms[one.id])) for one in said]


def _demand_sound(given: LabelsIn, session_id: str, seconds: float) -> None:
    found = check(Conversation(id=session_id, seconds=seconds, **given.model_dump()), "")
    let = OPEN if given.kind == DRAFT else set()
    wrong = [one for one in found if not one.is_warning and one.code not in let]
    if wrong:
        errors = [FieldError(field=f"body{one.field}".replace("[", ".").replace("]", ""), message=one.code) for one in wrong[:100]]
        raise Problem(ProblemCode.LABELS_INVALID, errors[0].field, errors=errors)


def _conversation(row: SessionLabel) -> Conversation:
    return Conversation.model_validate(
        {"id": row.session_id, "kind": row.kind, "seconds": row.seconds, "onset": row.onset, "offset": row.offset, "turns": row.turns}
    )


def _out(row: SessionLabel) -> LabelsOut:
    odd = [one.code.value for one in check(_conversation(row), "") if one.is_warning]
    return LabelsOut(
        session_id=row.session_id,
        version=row.version,
        kind=row.kind,  # type: ignore[arg-type]
        seconds=row.seconds,
        onset=row.onset,
        offset=row.offset,
        turns=row.turns,
        labelled_by=row.labelled_by,
        labelled_at=row.labelled_at,
        warnings=list(dict.fromkeys(odd)),
    )


def _told(row: SessionLabel) -> dict[str, Any]:
    """For the audit record: no words of the customer."""
    return {"kind": row.kind, "onset": row.onset, "offset": row.offset, "turns": len(row.turns), "version": row.version}
