"""Who hears of what, and when their phone stays quiet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from models.notifications import NotificationKind

KINDS: Final[tuple[NotificationKind, ...]] = get_args(NotificationKind)
URGENT: Final[frozenset[NotificationKind]] = frozenset({"escalation", "litigation"})
"""Told at once, whatever the hour."""
ALWAYS: Final[frozenset[NotificationKind]] = frozenset({"litigation"})
"""Nobody can do without it: 「涉及诉讼风险 → 立即上报总部风控」."""

_OF_A_DEADLINE: Final[dict[str, NotificationKind]] = {
    "case.deadline_remind": "reminder",
    "case.deadline_overdue": "overdue",
    "case.deadline_escalate": "escalation",
}
_OF_A_WARNING: Final[dict[str, NotificationKind]] = {
    "warning.remind": "reminder",
    "warning.overdue": "overdue",
    "warning.escalate": "escalation",
}
_POLICY: Final = {"policy.draft": ("legal",), "policy.authorise": ("site_manager", "city_gm")}


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody who hears of an event: one person, or everybody with a role at its site. `lent`: also whom they lent it to."""

    kind: NotificationKind
    role: str | None = None
    person_id: str | None = None
    lent: bool = False


def asks(topic: str, data: Mapping[str, Any], assignee_id: str | None = None) -> list[Ask]:
    """Who hears of an event, the most urgent first; `assignee_id` is who was given the task that a deadline is about."""
    if topic == "case.task_opened":
        return [_doer(data, data.get("assignee_id"))]
    if topic == "case.task_assigned":
        return [Ask("task", person_id=data["assignee_id"])] if data.get("assignee_id") else []
    if topic == "case.assigned":
        return [Ask("task", person_id=data["receptionist_id"])] if data.get("receptionist_id") else []
    if topic in _OF_A_DEADLINE:
        return _late(_OF_A_DEADLINE[topic], data, assignee_id)
    if topic == "case.litigation_risk":
        return [Ask("litigation", role=role) for role in data["roles"]]
    if topic == "case.litigation_signal":
        return [Ask("litigation", role=data["role"])]
    if topic in ("case.brief", "figures.brief"):
        return [Ask("brief", role="regional_ops")]
    if topic == "session.consent_withdrawn":
        return [Ask("task", role="site_manager")]
    if topic.startswith("warning."):
        return _warned(topic, data)
    return [Ask("policy", role=role) for role in _POLICY.get(topic, ())]


def _warned(topic: str, data: Mapping[str, Any]) -> list[Ask]:
    """「自动向案场经理推送预警消息」; a red one goes to headquarters' risk control besides. Who answers it hears of its clock."""
    assignee_id = data.get("assignee_id")
    assignee = [Ask("task", person_id=assignee_id)] if assignee_id else []
    if topic == "warning.reported":
        return [Ask("litigation", role="hq_risk"), Ask("litigation", role="site_manager"), *assignee]
    if topic == "warning.raised" or (topic == "warning.changed" and data.get("risen")):
        return [] if data.get("level") == "red" else [Ask("task", role="site_manager"), *assignee]  # red is told as reported
    if topic == "warning.assigned":
        return assignee
    kind = _OF_A_WARNING.get(topic)
    return _late(kind, dict(data) | {"kind": "warning"}, assignee_id) if kind is not None else []


def _doer(data: Mapping[str, Any], assignee_id: str | None) -> Ask:
    kind: NotificationKind = "approval" if data["kind"] == "approval" else "task"
    return Ask(kind, person_id=assignee_id) if assignee_id else Ask(kind, role=data["role"], lent=kind == "approval")


def _late(kind: NotificationKind, data: Mapping[str, Any], assignee_id: str | None) -> list[Ask]:
    """A reminder goes to whoever has to do the work; that it is late, to the superior and to them."""
    doer = Ask(kind, person_id=assignee_id) if assignee_id else None
    if kind == "reminder":
        return [doer or Ask(kind, role=data["role"], lent=data["kind"] == "approval")]
    return [Ask(kind, role=data["role"]), *([doer] if doer else [])]


def not_before(now: datetime, quiet: tuple[int, int] | None, timezone: str, kind: NotificationKind) -> datetime:
    """When it may be sent to a channel: now, or at the end of the quiet hours (minutes of the local day, which may pass midnight)."""
    if quiet is None or kind in URGENT:
        return now
    begins, ends = quiet
    local = now.astimezone(ZoneInfo(timezone))
    minute = local.hour * 60 + local.minute
    # both equal: no quiet hours, not a whole day of them
    if not (begins <= minute < ends or (ends < begins and (minute >= begins or minute < ends))):
        return now
    day = local.date() + timedelta(days=1 if minute >= ends else 0)
    until = datetime(day.year, day.month, day.day, ends // 60, ends % 60, tzinfo=local.tzinfo)
    return max(now, until.astimezone(now.tzinfo))


def wanted(kind: NotificationKind, kinds: Sequence[str] | None) -> bool:
    """Whether a person with these preferences (None: none were ever set) hears of it on their channels."""
    return kinds is None or kind in kinds or kind in ALWAYS
