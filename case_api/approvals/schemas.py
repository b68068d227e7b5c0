"""Bodies of approvals and delegations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from case_api.approvals.rules import Decision
from case_api.schemas import In, Moment, Out, Prose, Reason, Reference
from models.approvals import ApproverRole, RoundMode, RoundStatus, StepStatus
from models.rules import broken_rule

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DecisionIn(In):
    """A decision. `content_hash` is that of the round as the approver saw it; a refusal needs a reason."""

    decision: Decision = Field(examples=["approve"])
    reason: Prose = Field(default="", examples=["金额与评估一致，同意"])
    content_hash: Hash = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])

    @model_validator(mode="after")
    def _reasoned(self) -> DecisionIn:
        if self.decision != "approve" and len(self.reason) < 2:
            raise broken_rule("退回或驳回须写明理由", "a return or a rejection needs a reason")
        return self


class WithdrawalIn(In):
    """Why a round is taken back."""

    reason: Reason = Field(examples=["客户要求修改收款账户"])


class PersonOut(Out):
    """Somebody, by name."""

    id: str
    display_name: str


class StepOut(Out):
    """One required approver. `role` decides; it differs from `required_role` where only the initiator held that one."""

    id: str
    ordinal: int
    required_role: ApproverRole
    role: ApproverRole
    status: StepStatus
    decided_by: PersonOut | None
    on_behalf_of: PersonOut | None
    reason: str
    decided_at: datetime | None
    version: int


class RoundOut(Out):
    """One attempt to have a content approved, and how it went. `content` shows no whole account numbers."""

    id: str
    case_id: str
    number: int = Field(examples=[1])
    mode: RoundMode
    status: RoundStatus
    content_hash: str
    content: dict[str, Any]
    tier_reasons: list[Any]
    initiator: PersonOut
    opened_at: datetime
    closed_at: datetime | None
    closed_reason: str
    steps: list[StepOut]


class WaitingOut(Out):
    """What waits for the person's decision, in their own name or a delegator's."""

    step_id: str
    version: int = Field(description="For `If-Match` of the decision")
    role: ApproverRole
    ordinal: int
    case_id: str
    case_code: str = Field(examples=["HD-20261123-0007"])
    customer_label: str
    unit_label: str
    site_id: str
    round_number: int
    content_hash: str
    content: dict[str, Any]
    tier_reasons: list[Any]
    opened_at: datetime
    due_at: datetime


class DelegationIn(In):
    """Lend one's approvals to somebody, 30 days at most; from now if `starts_at` is left out."""

    to_person_id: Reference
    starts_at: Moment | None = Field(default=None, examples=["2026-11-24T00:00:00+08:00"])
    ends_at: Moment = Field(examples=["2026-12-01T00:00:00+08:00"])
    reason: Reason = Field(examples=["出差"])


class DelegationOut(Out):
    """A delegation; in force from `starts_at` until `ends_at`, or until it was revoked."""

    id: str
    from_person: PersonOut
    to_person: PersonOut
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_at: datetime
    revoked_at: datetime | None
    in_force: bool
