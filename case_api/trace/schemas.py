"""Bodies of the audit record and of a case's timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from case_api.schemas import Out


class AuditOut(Out):
    """One record: who did what to which thing, what changed, from where."""

    id: int
    at: datetime
    actor_id: str | None
    actor_label: str
    action: str = Field(examples=["api:case:submit"])
    subject_type: str
    subject_id: str
    site_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ip: str
    user_agent: str
    hash: str


class VerdictOut(Out):
    """Whether the record is whole. `broken` is the first row that does not follow from the one before it."""

    checked: int = Field(description="Rows that hold together", examples=[5120])
    broken: int | None
    action: str = Field(description="What the broken row says was done")
    last_hash: str


class Moment(Out):
    """One moment of a case. `what` is the audit action, the task's kind with what became of it, or the signal's kind."""

    at: datetime
    source: Literal["audit", "task", "signal"]
    id: str
    what: str = Field(examples=["api:case:submit", "finance_assessment:done", "litigation"])
    who: str | None = Field(description="Name of the person or part of the system; null where nobody acted", examples=["李静"])
    detail: dict[str, Any]
