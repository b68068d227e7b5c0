"""Bodies of holds and retention."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from case_api.problems import ProblemCode
from case_api.schemas import In, Moment, Out, Reason, Reference
from models.holds import RecordKind
from models.rules import broken_rule


class HoldIn(In):
    """A legal hold on a case (with its conversations) or on one conversation."""

    case_id: Reference | None = None
    session_id: Reference | None = None
    reason: Reason = Field(examples=["(2026)沪0115民初1234号"])
    ends_at: Moment = Field(description="When it ends, or has to be reviewed and placed again", examples=["2029-01-01T00:00:00+08:00"])

    @model_validator(mode="after")
    def _one_subject(self) -> HoldIn:
        if (self.case_id is None) == (self.session_id is None):
            raise broken_rule("请选择一个案件或填写一个会话，只能其一", "name a case or a conversation, one of them")
        return self


class Lifting(In):
    """Why a hold ends early."""

    reason: Reason = Field(examples=["案件已调解结案"])


class HoldOut(Out):
    """A legal hold."""

    id: str
    site_id: str
    case_id: str | None
    session_id: str | None
    reason: str
    ends_at: datetime
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_reason: str
    version: int


class RetentionOut(Out):
    """How long a case is kept. `removal_at` is null while it goes on; `refusal` says why it may not go now."""

    case_id: str
    removal_at: datetime | None
    held: bool
    refusal: ProblemCode | None = Field(examples=["retention_running"])


class DueOut(Out):
    """A record whose time has come."""

    kind: RecordKind
    id: str
    site_id: str
    code: str
    removal_at: datetime
    sessions: int


class RemovalOut(Out):
    """What stays of a record that was removed."""

    id: str
    kind: RecordKind
    subject_id: str
    site_id: str
    code: str
    ended_at: datetime
    removed_at: datetime
    counts: dict[str, Any] = Field(examples=[{"withdrawal_case": 1, "evidence": 3}])
    files_removed_at: datetime | None
