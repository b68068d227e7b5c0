"""Bodies of policies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from case_api.policies.rules import Content, ContractStage, StageRule, Tier, TierFacts
from case_api.schemas import In, Moment, Out, Prose, Reason, Reference
from models.policies import PolicyKind, PolicyStatus
from models.rules import broken_rule
from models.tasks import TaskKind

REFUND_EXAMPLE = {
    "kind": "refund",
    "stages": [
        {"stage": "deposit_only", "min_bp": 6000, "max_bp": 8000, "deductions": [{"key": "marketing_service_fee", "fen": 200_000}]},
        {"stage": "online_signed", "min_bp": 3000, "max_bp": 5000, "deductions": [{"key": "administrative_cost", "bp": 200}]},
        {"stage": "loan_released", "min_bp": 0, "max_bp": 0, "judicial": True},
    ],
}


class PolicyDraft(In):
    """A new version: either its content, or the version it starts from. `site_id` null: for all sites without one of their own."""

    content: Content | None = Field(default=None, examples=[REFUND_EXAMPLE])
    copy_of: Reference | None = None
    site_id: Reference | None = None
    note: Prose = Field(default="", examples=["法务意见：营销服务费按 2,000 元计"])

    @model_validator(mode="after")
    def _one_origin(self) -> PolicyDraft:
        if (self.content is None) == (self.copy_of is None):
            raise broken_rule("内容（content）与来源版本（copy_of）只能给出其一", "either content or copy_of")
        return self


class PolicyEdit(In):
    """The whole new content of a draft."""

    content: Content = Field(examples=[REFUND_EXAMPLE])
    note: Prose | None = None


class PolicyReason(In):
    """Why it goes back, or is retired."""

    reason: Reason = Field(examples=["营销服务费须写明金额"])


class PolicyPublish(In):
    """From when it holds; null: from now."""

    effective_from: Moment | None = Field(default=None, examples=["2026-12-01T00:00:00+08:00"])


class PostingIn(In):
    """Where a refund rule is posted, and the proof: a photo's number, a witness."""

    site_id: Reference
    proof: Reason = Field(examples=["销售大厅公示栏，照片 IMG_20261123_0917，见证人王磊"])


class PostingOut(Out):
    """One site's posting."""

    site_id: str
    proof: str
    posted_by: str
    posted_at: datetime


class PolicyOut(Out):
    """One version. `drafted_by` null: came with the program."""

    id: str
    kind: PolicyKind
    site_id: str | None
    number: int = Field(examples=[2])
    status: PolicyStatus
    content: Content
    note: str
    drafted_by: str | None
    drafted_at: datetime
    returned_reason: str
    authorised_by: str | None
    authorised_at: datetime | None
    published_by: str | None
    published_at: datetime | None
    effective_from: datetime | None
    retired_by: str | None
    retired_at: datetime | None
    retired_reason: str
    version: int


class PolicyDetail(PolicyOut):
    """One version with the sites where it is posted (those the person may see)."""

    postings: list[PostingOut]


class DifferenceOut(Out):
    """One place where two versions differ; null where a side has nothing there."""

    path: str = Field(examples=["bands.0.up_to_fen"])
    before: Any
    after: Any


class DiffOut(Out):
    """What changed from one version to the other."""

    before_id: str
    after_id: str
    differences: list[DifferenceOut]


class TierQuestion(In):
    """Which tier would decide a case like this?"""

    kind: Literal["tiers"]
    facts: TierFacts = Field(examples=[{"loss_fen": 6_000_000, "media": True, "group_people": 3}])


class RefundQuestion(In):
    """What would be paid back at this stage?"""

    kind: Literal["refund"]
    stage: ContractStage


class DeadlineQuestion(In):
    """When would this work be due?"""

    kind: Literal["deadlines"]
    task: TaskKind = Field(examples=["solutions"])
    received_at: Moment = Field(examples=["2026-11-23T09:30:00+08:00"])
    opened_at: Moment = Field(examples=["2026-11-23T11:00:00+08:00"])
    ended_at: Moment | None = None


class PolicyTry(In):
    """A question, and to which table: `content` as given, the version `policy_id`, or what holds at `site_id` at the moment `at` (now)."""

    question: Annotated[TierQuestion | RefundQuestion | DeadlineQuestion, Field(discriminator="kind")]
    content: Content | None = None
    policy_id: Reference | None = None
    site_id: Reference | None = None
    at: Moment | None = None


class TryOut(Out):
    """The answer, in the field of the question's kind. `policy_id` null: the table came with the question."""

    policy_id: str | None
    tier: Tier | None = None
    refund: StageRule | None = None
    due_at: datetime | None = None
