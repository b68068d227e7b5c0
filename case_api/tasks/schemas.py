"""Bodies of tasks and their deadlines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from case_api.schemas import In, Moment, Out, Reason, Reference
from models.deadlines import DeadlineStatus
from models.people import Role
from models.tasks import TaskKind, TaskStatus


class DeadlineOut(Out):
    """The time limit of a task."""

    id: str
    status: DeadlineStatus
    starts_at: datetime
    due_at: datetime
    next_at: datetime | None = Field(description="When somebody is reminded or told next")
    paused_at: datetime | None


class TaskOut(Out):
    """One piece of work."""

    id: str
    case_id: str
    case_code: str = Field(examples=["HD-20261123-0007"])
    customer_label: str
    site_id: str
    kind: TaskKind
    role: Role = Field(description="Who may do it")
    assignee_id: str | None
    subject_id: str | None
    status: TaskStatus
    opened_at: datetime
    due_at: datetime
    overdue: bool
    seconds_left: int = Field(description="Until the limit; negative when it has passed; of a paused limit, what was left", examples=[5400])
    done_at: datetime | None
    done_by: str | None
    deadline: DeadlineOut | None
    version: int


class DeadlineEventOut(Out):
    """Something that happened to a deadline."""

    what: str = Field(examples=["remind"])
    role: Role | None
    reason: str
    at: datetime
    person_id: str | None


class TaskDetail(TaskOut):
    """One piece of work, with what was handed in and what happened to its deadline."""

    result: dict[str, Any] | None
    events: list[DeadlineEventOut]


class Assign(In):
    """Who is to do it; null gives it back to everybody of the role."""

    assignee_id: Reference | None = Field(examples=["018f2c0c9b7e4b6a9d1f0a2b3c4d5e6f"])


class Stop(In):
    """Why the clock stands, or runs on."""

    reason: Reason = Field(examples=["客户要求改日再谈"])


class Extension(In):
    """A later limit, and why."""

    due_at: Moment = Field(examples=["2026-11-24T10:00:00+08:00"])
    reason: Reason = Field(examples=["等待家属到场"])


EXTENSION_MAX = timedelta(days=60)
