"""What a closed case looks like to people who were not there: without names and numbers of people. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

SENSITIVE: Final = "敏感类型"

# Whatever has the form of an ID, a bank account or a phone; separators and full-width digits are how people write them.
_DIGIT = r"[0-9０-９]"
_NUMBERS: Final = re.compile(rf"(?<![0-9０-９]){_DIGIT}(?:[ \-－·]?{_DIGIT}){{6,24}}[XxＸ]?(?![0-9０-９])")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


class Step(NamedTuple):
    """One piece of work of the case's course: what, when it was opened, how it ended, whether it was late."""

    kind: str
    opened_at: datetime
    ended_at: datetime | None
    status: str
    late: bool

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        ended = self.ended_at.isoformat() if self.ended_at else None
        return {"kind": self.kind, "opened_at": self.opened_at.isoformat(), "ended_at": ended, "late": self.late}


def without_people(text: str, names: Iterable[str]) -> str:
    """The text with these names, and everything that looks like an ID, account or phone number or a mail address, masked."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, f"{name[0]}**" if len(name) > 1 else "*")
    return _MAIL.sub("***", _NUMBERS.sub("***", text))


def course(tasks: Iterable[Any]) -> list[Step]:
    """The case's work in the order in which it was opened."""
    ordered = sorted(tasks, key=lambda task: (task.opened_at, task.id))
    return [Step(task.kind, task.opened_at, task.done_at, task.status, (task.done_at or task.opened_at) > task.due_at) for task in ordered]


def hours_between(start: datetime, end: datetime) -> float:
    """To a tenth of an hour."""
    return round((end - start).total_seconds() / 3600, 1)


def brief(case: Mapping[str, Any], steps: Sequence[Step], path: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the regional operations centre is told: figures and causes, nothing about who."""
    done = [step for step in steps if step.status == "done"]
    return {
        "code": case["code"],
        "unit": case["unit_label"],
        "causes": list(case["causes"]),
        "outcome": case["outcome"],
        "received_at": case["received_at"].isoformat(),
        "ended_at": case["ended_at"].isoformat(),
        "hours": hours_between(case["received_at"], case["ended_at"]),
        "tier": (case["tier"] or {}).get("approvers", []),
        "path": dict(path) if path is not None else None,
        "late": [step.kind for step in done if step.late],
    }
