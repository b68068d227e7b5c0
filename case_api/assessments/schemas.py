"""Bodies of the assessment."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from case_api.assessments.forms import Department
from case_api.assessments.rules import Joint
from case_api.schemas import In, Out, Prose, Reason
from models.cases import CaseStatus
from models.tasks import TaskStatus


class PartOut(Out):
    """One department's work. `version` is what its form's `If-Match` asks for; `previous` is its form before the case was reworked."""

    task_id: str
    status: TaskStatus
    version: int
    due_at: datetime
    done_at: datetime | None
    done_by: str | None
    form: dict[str, Any] | None
    previous: dict[str, Any] | None


class AssessmentOut(Out):
    """The assessment as it stands. `heard` are risks that the ear heard: for marketing and legal to confirm, they decide nothing."""

    case_id: str
    case_status: CaseStatus
    case_version: int
    parts: dict[Department, PartOut]
    joint: Joint
    heard: list[Literal["litigation", "media", "group"]]


class ConcludeIn(In):
    """What the meeting came to, in words."""

    summary: Prose = Field(default="", examples=["三方会议一致认为客户因家庭分歧退房，按路径 A、B 准备方案"])


class ReworkIn(In):
    """Why the assessment is done again."""

    reason: Reason = Field(examples=["客户补充了网签材料，合同阶段须重新认定"])


class ConcludedOut(Out):
    """The case after the step. `tier` is stamped on it: null again when the assessment is reworked."""

    case_id: str
    case_status: CaseStatus
    case_version: int
    tier: dict[str, Any] | None
