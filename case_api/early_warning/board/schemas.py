"""Bodies of warnings."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from case_api.early_warning.rule_sets.rules import IndicatorCode
from case_api.schemas import In, Out, Prose, Reason, Reference
from models.crm import EventKind
from models.early_warnings import StepKind, WarningLevel, WarningOutcome, WarningStatus
from models.rules import broken_rule


class ReasonOut(Out):
    """One indicator: what it adds to the score, and why it shows."""

    code: IndicatorCode = Field(examples=["policy_queries"])
    points: int = Field(examples=[30])
    zh: str = Field(examples=["近 30 天 3 次咨询退房政策"])
    en: str = Field(examples=["Asked about the withdrawal policy 3 times in 30 days"])


class WarningOut(Out):
    """One warning. `due_at`: until when somebody has to have contacted the customer. `resolved_by` null on a resolved one: by itself."""

    id: str
    site_id: str
    customer_id: str
    customer_label: str = Field(examples=["王女士"])
    customer_reference: str = Field(examples=["C-10382"])
    unit_reference: str = Field(examples=["3栋1202"])
    level: WarningLevel
    score: int = Field(examples=[55])
    reasons: list[ReasonOut]
    status: WarningStatus
    raised_at: datetime
    due_at: datetime
    assignee_id: str | None
    assignee: str | None = Field(examples=["李静"])
    reported_at: datetime | None = Field(description="Since when headquarters' risk control knows")
    contacted_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    outcome: WarningOutcome | None
    case_id: str | None
    rule_set_id: str | None = Field(description="The rules that raised it; null: the shipped ones")
    version: int


class StepOut(Out):
    """What was done, by whom (null: the program)."""

    what: StepKind
    level: WarningLevel
    score: int
    note: str
    person: str | None
    at: datetime


class EventOut(Out):
    """What happened to the customer."""

    kind: EventKind
    at: datetime
    due_at: datetime | None
    reference: str
    signal: str | None
    case_id: str | None
    session_id: str | None


class WarningDetail(WarningOut):
    """One warning with its timeline: steps oldest first, the customer's last events newest first."""

    steps: list[StepOut]
    events: list[EventOut]


class CountsOut(Out):
    """Warnings that are not resolved, by level."""

    yellow: int = 0
    orange: int = 0
    red: int = 0


class WarningAssignment(In):
    """Whom it is given to."""

    assignee_id: Reference


class Contact(In):
    """What was said to the customer, and what came of it."""

    note: Reason = Field(examples=["电话沟通，客户担心贷款审批，已约周六到访"])


class Resolution(In):
    """How it ended; `case_id` exactly where a case came of it."""

    outcome: Literal["reassured", "became_case", "false_alarm", "other"]
    case_id: Reference | None = None
    note: Prose = Field(default="", examples=["客户已补齐贷款资料"])

    @model_validator(mode="after")
    def _case_named(self) -> Resolution:
        if (self.outcome == "became_case") != (self.case_id is not None):
            raise broken_rule("结果为「已转为案件」时须选择案件，其他结果不选", "a case is named where one came of it, and only there")
        return self


class Reopening(In):
    """Why it was not over."""

    reason: Reason = Field(examples=["选错了结果，客户仍未答复"])
