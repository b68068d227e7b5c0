"""Whatever happens to a warning leaves a step, an audit record and an event, in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.intake.identity import redacted
from models import audit, outbox
from models.early_warnings import EarlyWarning, StepKind, WarningStep

WATCH: Final = audit.Actor("calmdesk")
NOTHING: Final[Mapping[str, Any]] = {}


async def note(
    db: AsyncSession,
    warning: EarlyWarning,
    what: StepKind,
    now: datetime,
    *,
    who: audit.Actor = WATCH,
    told: str = "",
    more: Mapping[str, Any] = NOTHING,
) -> None:
    """Write down what was done to the warning, which is flushed with it.

    `told` is what a person said; `more` goes into record and event.
    """
    await db.flush()
    step = {"what": what, "level": warning.level, "score": warning.score, "note": told, "person_id": who.person_id, "at": now}
    db.add(WarningStep(warning_id=warning.id, **step))
    source = "api" if who.person_id is not None else "watch"
    subject = audit.Subject("warning", warning.id, warning.site_id)
    kept = {"status": warning.status, "level": warning.level, "score": warning.score, "due_at": warning.due_at.isoformat()}
    kept |= {"assignee_id": warning.assignee_id, "outcome": warning.outcome}
    kept |= {"reasons": [reason["code"] for reason in warning.reasons]}
    kept |= more
    audit.record(db, who, f"{source}:warning:{what}", subject, after=kept | {"note": redacted(told)}, at=now)
    await announce(db, warning, what, kept)


async def announce(db: AsyncSession, warning: EarlyWarning, what: str, data: Mapping[str, Any]) -> None:
    """An event about the warning, without anything of the customer."""
    told = {"warning_id": warning.id, "site_id": warning.site_id, "case_id": warning.case_id, **data}
    await outbox.publish(db, f"warning.{what}", told, site_id=warning.site_id)
