"""Checking the chain of the audit record, and a case's timeline."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.trace import repository
from case_api.trace.schemas import Moment
from models.audit import chain_hash


@dataclass(frozen=True, slots=True)
class Verdict:
    """`checked` records hold together; `broken` is the first that does not follow from the one before it."""

    checked: int
    broken: int | None
    action: str = ""
    last_hash: str = ""


async def verify(db: AsyncSession, first: int = 1) -> Verdict:
    """Walk the chain from record `first` on. A record that was changed, dropped or put in breaks it at that place."""
    previous, checked = await repository.hash_before(db, first), 0
    async for row in repository.chain(db, first):
        if row.hash != chain_hash(row, previous):
            return Verdict(checked, row.id, row.action, previous)
        previous, checked = row.hash, checked + 1
    return Verdict(checked, None, "", previous)


async def timeline(db: AsyncSession, case_id: str) -> list[Moment]:
    """Everything that happened to a case, oldest first; the chain's order where times are equal."""
    audits, tasks, signals = await repository.story(db, case_id)
    moments = [
        Moment(at=one.at, source="audit", id=str(one.id), what=one.action, who=one.actor_label, detail=one.after or {}) for one in audits
    ]
    for row in tasks:
        task = row.CaseTask
        detail = {"role": task.role, "due_at": task.due_at.isoformat(), "version": task.version}
        moments.append(Moment(at=task.opened_at, source="task", id=task.id, what=f"{task.kind}:open", who=None, detail=detail))
        if task.done_at is not None:
            late = {"late": task.done_at > task.due_at}
            what = f"{task.kind}:{task.status}"
            moments.append(Moment(at=task.done_at, source="task", id=task.id, what=what, who=row.display_name, detail=late))
    for row in signals:
        signal = row.CaseSignal
        words = signal.detail if row.withdrawn_at is None else {}
        detail = {"session_id": signal.session_id, "at": signal.at, "status": signal.status} | words
        moments.append(Moment(at=signal.heard_at, source="signal", id=signal.id, what=signal.kind, who=None, detail=detail))
    return sorted(moments, key=lambda one: one.at)
