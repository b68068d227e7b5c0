"""Legal holds, and removing what may go: rows in one transaction with a tombstone, then the files it lists."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import By, guard
from case_api.evidence.store import BlobStore
from case_api.problems import Problem, ProblemCode
from case_api.retention import repository
from case_api.retention.erase import erase
from case_api.retention.rules import refusal, removal_at
from case_api.retention.schemas import DueOut, HoldIn, RetentionOut
from case_api.security import Permission, Principal
from case_api.sight import find_seen
from models import audit
from models.cases import WithdrawalCase
from models.engine import Factory, reading, transaction
from models.holds import LegalHold, RecordKind, Removal
from models.sessions import Session
from models.settings import Settings

log = structlog.get_logger("calmdesk.retention")

ORPHAN_AGE: Final = timedelta(days=1)
STORE, FOLDER = "store:", "folder:"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands: when its period ends, whether a hold keeps it, and what would go with it."""

    kind: RecordKind
    row: WithdrawalCase | Session
    sessions: Sequence[Session]
    removal_at: datetime | None
    held: bool

    def refusal(self, now: datetime) -> ProblemCode | None:
        """Why it may not go now."""
        return refusal(self.removal_at, self.held, now)


async def standing_of_case(db: AsyncSession, case: WithdrawalCase, days: int, now: datetime, *, lock: bool = False) -> Standing:
    """A case with its conversations."""
    sessions = await repository.sessions_of(db, case.id, lock=lock)
    at = removal_at([repository.case_ended(case), *(one.ended_at for one in sessions)], days)
    kept = await repository.held(db, now, case_id=case.id, session_ids=[one.id for one in sessions])
    return Standing("case", case, sessions, at, kept)


async def standing_of_session(db: AsyncSession, session: Session, days: int, now: datetime) -> Standing:
    """A conversation by itself; one that belongs to a case stays as long as the case."""
    at = None if await repository.belongs_to_a_case(db, session) else removal_at([session.ended_at], days)
    return Standing("session", session, [session], at, await repository.held(db, now, case_id=None, session_ids=[session.id]))


async def retention_of(db: AsyncSession, principal: Principal, settings: Settings, now: datetime, case_id: str) -> RetentionOut:
    """Where a case stands, for people. Raises Problem: not_found."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    found = await standing_of_case(db, case, settings.records.retention_days, now)
    return RetentionOut(case_id=case.id, removal_at=found.removal_at, held=found.held, refusal=found.refusal(now))


async def due(db: AsyncSession, sites: frozenset[str] | None, settings: Settings, now: datetime, limit: int) -> list[DueOut]:
    """What could go now, longest over first, at most `limit` of each kind looked at."""
    days = settings.records.retention_days
    before = now - timedelta(days=days)
    cases = (await db.scalars(repository.due_cases(before, now, sites).limit(limit))).all()
    sessions = (await db.scalars(repository.due_sessions(before, now, sites).limit(limit))).all()
    found = [await standing_of_case(db, case, days, now) for case in cases]
    found += [await standing_of_session(db, session, days, now) for session in sessions]
    return [_due(one) for one in found if one.refusal(now) is None]


async def held_past(db: AsyncSession, settings: Settings, now: datetime) -> int:
    """How many cases and conversations would be due if no hold kept them."""
    before = now - timedelta(days=settings.records.retention_days)
    queries = (repository.due_cases(before, now, None, held=True), repository.due_sessions(before, now, None, held=True))
    return sum([await db.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0 for query in queries])


def _due(one: Standing) -> DueOut:
    code = one.row.code if isinstance(one.row, WithdrawalCase) else ""
    assert one.removal_at is not None
    return DueOut(kind=one.kind, id=one.row.id, site_id=one.row.site_id, code=code, removal_at=one.removal_at, sessions=len(one.sessions))


async def place_hold(db: AsyncSession, by: By, body: HoldIn) -> LegalHold:
    """Keep a case or a conversation until `ends_at`. Raises Problem: not_found, forbidden, hold_interval."""
    if body.ends_at <= by.now:
        raise Problem(ProblemCode.HOLD_INTERVAL, "body.ends_at")
    if body.case_id is not None:
        site_id = (await flow.case_for(db, by.principal, Permission.HOLD_MANAGE, body.case_id)).site_id
        subject = audit.Subject("case", body.case_id, site_id)
    else:
        assert body.session_id is not None
        site_id = (await _session(db, by.principal, body.session_id)).site_id
        subject = audit.Subject("session", body.session_id, site_id)
    hold = LegalHold(site_id=site_id, placed_at=by.now, placed_by=by.person_id, **body.model_dump())
    db.add(hold)
    await db.flush()
    told = {"hold_id": hold.id, "reason": hold.reason, "ends_at": hold.ends_at.isoformat()}
    audit.record(db, by.who, f"api:{subject.type}:place_hold", subject, after=told, at=by.now)
    return hold


async def _session(db: AsyncSession, principal: Principal, session_id: str) -> Session:
    """The conversation, locked, for somebody who manages holds at its site. Raises Problem: not_found."""
    return await find_seen(db, principal, Permission.HOLD_MANAGE, Session, session_id, lock=True)


async def find_hold(db: AsyncSession, principal: Principal, hold_id: str, *, lock: bool = False) -> LegalHold:
    """The hold. Raises Problem: not_found, also where the person does not manage holds."""
    return await find_seen(db, principal, Permission.HOLD_MANAGE, LegalHold, hold_id, lock=lock)


async def lift_hold(db: AsyncSession, by: By, hold_id: str, expected: int, reason: str) -> LegalHold:
    """End a hold before its date. Raises Problem: not_found, version_conflict, hold_ended."""
    hold = await find_hold(db, by.principal, hold_id, lock=True)
    if hold.lifted_at is not None or hold.ends_at <= by.now:
        raise Problem(ProblemCode.HOLD_ENDED)
    guard(hold, expected)
    hold.lifted_at, hold.lifted_by, hold.lifted_reason = by.now, by.person_id, reason
    await db.flush()
    subject = audit.Subject("case", hold.case_id, hold.site_id) if hold.case_id else _of_session(hold)
    audit.record(db, by.who, f"api:{subject.type}:lift_hold", subject, after={"hold_id": hold.id, "reason": reason}, at=by.now)
    return hold


def _of_session(hold: LegalHold) -> audit.Subject:
    assert hold.session_id is not None
    return audit.Subject("session", hold.session_id, hold.site_id)


async def remove(
    db: AsyncSession,
    who: audit.Actor,
    kind: RecordKind,
    subject_id: str,
    settings: Settings,
    now: datetime,
    principal: Principal | None = None,
) -> Removal:
    """Delete a record's rows and leave a tombstone that lists its files; `clear_files` removes those after the commit.

    Raises Problem: not_found, record_open, legal_hold, retention_running.
    """
    found = await _locked(db, kind, subject_id, settings.records.retention_days, now)
    if found is None or (principal is not None and not principal.may(Permission.HOLD_MANAGE, found.row.site_id)):
        raise Problem(ProblemCode.NOT_FOUND)
    if (code := found.refusal(now)) is not None:
        raise Problem(code, found.removal_at.isoformat() if found.removal_at else None)
    assert found.removal_at is not None
    row, days = found.row, timedelta(days=settings.records.retention_days)
    case_id = row.id if kind == "case" else None
    # A cited conversation that is not this case's any more loses its citation and stays, until its own time has come.
    gone = [one for one in found.sessions if case_id is None or one.case_id == case_id]
    session_ids, consent_ids = [one.id for one in gone], [one.consent_id for one in gone]
    contents = await repository.blobs_of(db, row.id) if kind == "case" else []
    await repository.forget_messages(db, case_id=case_id, session_ids=session_ids)
    db.expunge_all()  # what follows deletes rows past the session's own objects
    counts = await erase(db, _table(WithdrawalCase if kind == "case" else Session), row.id)
    await repository.forget_consents(db, consent_ids)
    files = [f"{STORE}{path}" for path in await repository.forget_blobs(db, contents)] + [
        f"{FOLDER}recordings/{one}" for one in session_ids
    ]
    code_ = row.code if isinstance(row, WithdrawalCase) else ""
    ended_at = found.removal_at - days
    tombstone = Removal(
        kind=kind, subject_id=row.id, site_id=row.site_id, code=code_, ended_at=ended_at, removed_at=now, counts=counts, pending=files
    )
    db.add(tombstone)
    await db.flush()
    after = {"removal_id": tombstone.id, "counts": counts, "files": len(files)}
    audit.record(db, who, f"retention:{kind}:remove", audit.Subject(kind, row.id, row.site_id), after=after, at=now)
    return tombstone


def _table(model: type[WithdrawalCase] | type[Session]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


async def _locked(db: AsyncSession, kind: RecordKind, subject_id: str, days: int, now: datetime) -> Standing | None:
    """The record, kept for this transaction, so that no hold comes in between."""
    if kind == "case":
        case = await db.get(WithdrawalCase, subject_id, with_for_update=True, populate_existing=True)
        return None if case is None else await standing_of_case(db, case, days, now, lock=True)
    session = await db.get(Session, subject_id, with_for_update=True, populate_existing=True)
    return None if session is None else await standing_of_session(db, session, days, now)


async def clear_files(factory: Factory, store: BlobStore, data_dir: Path, now: datetime) -> int:
    """Remove the files of every tombstone that still lists some, also of removals that were cut short: how many tombstones are done."""
    async with reading(factory) as db:
        waiting = await repository.unfinished(db)
    for removal in waiting:
        for entry in removal.pending:
            await _clear(store, data_dir, entry)
        async with transaction(factory) as db:
            row = await db.get_one(Removal, removal.id)
            row.pending, row.files_removed_at = [], now
    return len(waiting)


async def _clear(store: BlobStore, data_dir: Path, entry: str) -> None:
    if entry.startswith(STORE):
        await store.delete(entry.removeprefix(STORE))
        return
    folder = data_dir / entry.removeprefix(FOLDER)
    if await asyncio.to_thread(folder.exists):
        await asyncio.to_thread(shutil.rmtree, folder)


async def sweep(factory: Factory, store: BlobStore, now: datetime) -> int:
    """Remove uploads in the store that no row tells of (a process that died between the two): how many."""
    old = await store.older_than(now - ORPHAN_AGE)
    async with reading(factory) as db:
        known = await repository.known_paths(db, old)
    orphans = [path for path in old if path not in known]
    for path in orphans:
        log.warning("retention.orphan", path=path)
        await store.delete(path)
    return len(orphans)
