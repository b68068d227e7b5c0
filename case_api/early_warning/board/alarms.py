"""From an alarm to the board: one warning a customer, raised, changed or closed by what the rules see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.deadlines.rules import Moment, next_at
from case_api.early_warning.board.trace import announce, note
from case_api.early_warning.levels import Alarm, due_at, moments, rises
from case_api.early_warning.rule_sets.service import Held
from models.early_warnings import EarlyWarning, WarningOutcome


async def raise_(db: AsyncSession, customer_id: str, site_id: str, alarm: Alarm, held: Held, now: datetime) -> None:
    """A new warning; its clock runs from now. The database refuses a second one that is not resolved."""
    warning = EarlyWarning(
        site_id=site_id, customer_id=customer_id, level=alarm.level, score=alarm.score, reasons=alarm.reasons, raised_at=now, stage=0
    )
    _start(warning, alarm, held, now, due_at(alarm.level, held.rules.clock, now))
    db.add(warning)
    await note(db, warning, "raised", now)
    await _report(db, warning)


async def change(db: AsyncSession, warning: EarlyWarning, alarm: Alarm, held: Held, now: datetime) -> None:
    """What the rules see now. A higher level opens the warning anew, with a clock that ends no later than the old one's would have."""
    if (warning.level, warning.score, warning.reasons) == (alarm.level, alarm.score, alarm.reasons):
        return
    risen, other_level = rises(warning.level, alarm.level), warning.level != alarm.level
    warning.level, warning.score, warning.reasons = alarm.level, alarm.score, alarm.reasons
    if risen:
        due = due_at(alarm.level, held.rules.clock, now)
        _start(warning, alarm, held, now, due if warning.status == "contacted" else min(due, warning.due_at))
    if other_level:
        await note(db, warning, "changed", now, more={"risen": risen})
    if risen:
        await _report(db, warning)


def _start(warning: EarlyWarning, alarm: Alarm, held: Held, now: datetime, due: datetime) -> None:
    steps = moments(alarm.level, held.rules.clock)
    warning.status, warning.contacted_at, warning.rule_set_id = "open", None, held.id
    warning.starts_at, warning.due_at, warning.plan, warning.stage = min(now, due), due, [list(step) for step in steps], 0
    if alarm.level == "red" and warning.reported_at is None:
        warning.reported_at = now
    rearm(warning)


async def _report(db: AsyncSession, warning: EarlyWarning) -> None:
    """「涉及诉讼风险 → 立即上报总部风控」."""
    if warning.level == "red":
        await announce(db, warning, "reported", {"level": warning.level, "role": "hq_risk", "assignee_id": warning.assignee_id})


def rearm(warning: EarlyWarning) -> None:
    """Set `next_at` by what of the plan has happened."""
    steps = [Moment(*step) for step in warning.plan]
    warning.next_at = next_at(steps, warning.stage, warning.starts_at, warning.due_at)


async def close(db: AsyncSession, warning: EarlyWarning, outcome: WarningOutcome, case_id: str | None, now: datetime) -> None:
    """Nothing is left of its cause, or a case deals with it."""
    warning.status, warning.outcome, warning.case_id = "resolved", outcome, case_id
    warning.next_at, warning.resolved_at = None, now
    await note(db, warning, "resolved", now)
