"""Signals: take one in, confirm or dismiss it, sum up what a case's conversations suggest."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.cases.machine import OVER
from case_api.cases.service import Opening, open_case
from case_api.commands import By, guard
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sessions.service import kept
from case_api.signals import repository
from case_api.signals.rules import ASKS_FOR_A_CASE, Heard, Suggestions, Unreadable, read, suggest
from case_api.signals.schemas import Confirmation, RecordingOut, SignalOut
from models import audit, outbox
from models.base import new_id
from models.cases import WithdrawalCase
from models.consents import STAYS, withdrawn_among
from models.outbox import OutboxMessage
from models.sessions import Session
from models.signals import CaseSignal


async def take(db: AsyncSession, message: OutboxMessage) -> None:
    """One message of the ear as a row, once; a threat of litigation goes to headquarters at once. Raises Unreadable."""
    heard = read(message.payload)
    if message.key is None:
        raise Unreadable("a signal without a key")
    session = await db.get(Session, message.session_id, **STAYS) if message.session_id is not None else None
    if session is None or await withdrawn_among(db, [session.id]):
        return  # the conversation was deleted since, or its recording may not be used any more
    status = "open" if session.case_id is None and heard.kind in ASKS_FOR_A_CASE else "noted"
    insert = (postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert)(CaseSignal)
    row = insert.values(
        id=new_id(),
        message_key=message.key,
        site_id=session.site_id,
        session_id=session.id,
        kind=heard.kind,
        status=status,
        at=heard.at,
        utterance_id=heard.utterance_id,
        detail=dict(heard.detail),
        heard_at=message.created_at,
        reason="",
        version=1,
    ).on_conflict_do_nothing(index_elements=["message_key"])
    fresh = (await db.execute(row.returning(CaseSignal.id))).scalar_one_or_none()
    if fresh is not None and heard.kind == "litigation":
        await _tell_headquarters(db, session, fresh, heard)


async def _tell_headquarters(db: AsyncSession, session: Session, signal_id: str, heard: Heard) -> None:
    """Once a conversation: the first threat is news, its repetitions are in the signals."""
    told: dict[str, Any] = {"signal_id": signal_id, "session_id": session.id, "case_id": session.case_id, "site_id": session.site_id}
    told |= {"seconds": heard.at, "role": "hq_risk"}
    key = f"case.litigation_signal:{session.id}"
    if await outbox.publish(db, "case.litigation_signal", told, key=key, site_id=session.site_id):
        subject = audit.Subject("session", session.id, session.site_id)
        audit.record(db, audit.Actor("calmdesk"), "ear:session:litigation_signal", subject, after=told)


async def find(db: AsyncSession, principal: Principal, signal_id: str) -> Any:
    """The row of `signals_query`. Raises Problem: not_found, also where the person may not see it."""
    found = await repository.one(db, signal_id)
    if found is None or not principal.may(Permission.CASE_READ, found.CaseSignal.site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return found


async def confirm(db: AsyncSession, by: By, signal_id: str, expected: int, body: Confirmation) -> Any:
    """Link the conversation to a case, or to a new draft whose source is speech; all it asked for is answered with it.

    Raises Problem: not_found, forbidden, version_conflict, signal_decided, not_recorded, case_unknown, case_state.
    """
    session, waiting = await _undecided(db, by, signal_id, expected)
    if body.case_id is not None:
        case = await _case_at(db, by, session.site_id, body.case_id)
    else:
        labels = {"customer_label": body.customer_label, "unit_label": body.unit_label}
        received = min(waiting[0].heard_at, by.now)  # the clock of 「四步法」 starts with the customer's words, not with this click
        case = await open_case(db, by, session.site_id, Opening(source="speech", received_at=received, **labels))
    session.case_id = case.id
    await flow.touch(db, case)
    subject = audit.Subject("session", session.id, session.site_id)
    audit.record(db, by.who, "api:session:link_case", subject, before={"case_id": None}, after={"case_id": case.id}, at=by.now)
    flow.note(db, by, case, "confirm_signal", after={"signal_id": signal_id, "session_id": session.id})
    _decide(by, waiting, "confirmed", "")
    await db.flush()
    await flow.tell(db, by, case, "signal_confirmed", {"signal_id": signal_id, "session_id": session.id})
    return await repository.one(db, signal_id)


async def dismiss(db: AsyncSession, by: By, signal_id: str, expected: int, reason: str) -> Any:
    """No case comes of it; what is heard later in the conversation asks again.

    Raises Problem: not_found, forbidden, version_conflict, signal_decided, not_recorded.
    """
    session, waiting = await _undecided(db, by, signal_id, expected)
    _decide(by, waiting, "dismissed", reason)
    subject = audit.Subject("session", session.id, session.site_id)
    told = {"signal_ids": [one.id for one in waiting], "reason": reason}
    audit.record(db, by.who, "api:session:dismiss_signal", subject, after=told, at=by.now)
    await db.flush()
    return await repository.one(db, signal_id)


async def _undecided(db: AsyncSession, by: By, signal_id: str, expected: int) -> tuple[Session, list[CaseSignal]]:
    """The conversation, locked, and everything of it that waits for an answer, this signal among it."""
    found = await find(db, by.principal, signal_id)
    by.principal.demand(Permission.CASE_INTAKE, found.CaseSignal.site_id)
    session = await repository.lock_session(db, found.CaseSignal.session_id)
    if await withdrawn_among(db, [session.id]):
        raise Problem(ProblemCode.NOT_RECORDED)
    waiting = list(await repository.open_of(db, session.id))
    this = next((one for one in waiting if one.id == signal_id), None)
    if this is None or session.case_id is not None:
        raise Problem(ProblemCode.SIGNAL_DECIDED)
    guard(this, expected)
    return session, waiting


async def _case_at(db: AsyncSession, by: By, site_id: str, case_id: str) -> WithdrawalCase:
    try:
        case = await flow.case_for(db, by.principal, Permission.CASE_INTAKE, case_id)
    except Problem as error:
        raise Problem(ProblemCode.CASE_UNKNOWN, "body.case_id") from error
    if case.site_id != site_id:
        raise Problem(ProblemCode.CASE_UNKNOWN, "body.case_id")
    if case.status in OVER:
        raise Problem(ProblemCode.CASE_STATE, case.status)
    return case


def _decide(by: By, signals: list[CaseSignal], status: str, reason: str) -> None:
    for one in signals:
        one.status, one.decided_at, one.decided_by, one.reason = status, by.now, by.person_id, reason


async def suggestions(db: AsyncSession, case_id: str) -> Suggestions:
    """What the conversations of a case suggest about causes and risk."""
    found = await repository.kept_of_case(db, case_id)
    return suggest((one.session_id, Heard(one.kind, one.at, one.utterance_id, one.detail)) for one in found)  # type: ignore[arg-type]


def shown(found: Any) -> SignalOut:
    """A row of `signals_query` as it is told."""
    row: CaseSignal = found.CaseSignal
    own = {name: getattr(row, name) for name in SignalOut.model_fields.keys() - {"case_id", "detail"}}
    return SignalOut(case_id=found.case_id, detail=row.detail if found.withdrawn_at is None else {}, **own)


def recording(principal: Principal, row: Any) -> RecordingOut:
    """A row of `recordings` as the person may see it."""
    session: Session = row.Session
    own = session.staff_id == principal.person_id and principal.may(Permission.SESSION_READ_OWN, session.site_id)
    audible = kept(row) and (own or principal.may(Permission.SESSION_READ_SITE, session.site_id))
    same = ("staff_id", "status", "started_at", "ended_at", "seconds", "peak_level")
    return RecordingOut(
        session_id=session.id,
        staff_name=row.display_name,
        recording=kept(row),
        audio_url=f"/v1/sessions/{session.id}/audio" if audible else None,
        sha256=session.recording_sha256 if audible else None,
        cited=row.cited,
        **{name: getattr(session, name) for name in same},
    )
