"""Bodies of solutions, offers and answers. All money in fen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from case_api.money import MAX_FEN
from case_api.schemas import FilledLine, In, Out, Prose, Reason, Reference
from case_api.solutions.rules import Facts, PayeeRole, Price
from case_api.solutions.terms import PathKind, Terms
from models.rules import broken_rule
from models.solutions import Answer, OfferStatus

Account = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z -]{4,32}[0-9A-Za-z]$")]


class SolutionIn(In):
    """One path with its terms."""

    terms: Terms = Field(examples=[{"kind": "rescission", "refund_bp": 7000}])
    note: Prose = Field(default="", examples=["客户坚决退房"])


class PricedOut(Out):
    """What terms come to, and the facts and the rule behind it."""

    price: Price
    facts: Facts
    refund_policy_id: str | None


class SolutionOut(PricedOut):
    """A stored path. `stale`: priced again, it would come to something else; it has to be, before it can be offered."""

    id: str
    kind: PathKind
    terms: Terms
    note: str
    stale: bool
    created_by: str
    created_at: datetime
    changed_at: datetime


class ComparedOut(Out):
    """One column of the comparison: what the customer gets, pays and keeps."""

    solution_id: str
    name_zh: str
    name_en: str
    refund_fen: int
    benefit_fen: int
    charge_fen: int
    keeps_contract: bool
    releases_unit: bool


class SolutionsOut(Out):
    """The paths of a case side by side, and what can be priced now. `missing` names what the facts lack, if they lack something."""

    items: list[SolutionOut]
    comparison: list[ComparedOut]
    facts: Facts | None
    missing: str | None
    refund_rule_usable: bool
    benefit_available_fen: int | None
    deferral_granted: bool = Field(description="The customer had the days of grace: another deferral is refused (`deferral_used`)")
    deferral_case: str | None = Field(
        description="The code of the case in which that was: this one, or the customer's other at this site", examples=["HD-20261123-0007"]
    )
    case_version: int


class OfferIn(In):
    """Which paths to offer; all of the case's if none are named."""

    solution_ids: list[Reference] | None = Field(default=None, min_length=2, max_length=10)


class OfferedPath(Out):
    """A path as it was offered."""

    solution_id: str
    kind: PathKind
    name_zh: str
    name_en: str
    terms: dict[str, Any]
    price: Price


class OfferOut(Out):
    """What was put before the customer. `sha256` is of the canonical JSON of the stored snapshot."""

    id: str
    number: int
    status: OfferStatus
    paths: list[OfferedPath]
    sha256: str
    offered_by: str
    offered_at: datetime
    valid_until: datetime
    case_version: int


class Support(In):
    """Where the answer can be heard (a moment of a recorded session of the case) or seen (signed evidence of the case)."""

    session_id: Reference | None = None
    said_at: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = Field(
        default=None, description="Seconds of audio", examples=[812.5]
    )
    evidence_id: Reference | None = None

    @model_validator(mode="after")
    def _one(self) -> Support:
        if (self.session_id is None) != (self.said_at is None):
            raise broken_rule("会话和时间须同时填写", "a conversation and its moment belong together")
        if (self.session_id is None) == (self.evidence_id is None):
            raise broken_rule("请填写录音位置或选择证据，只能其一", "a recorded moment or evidence, one of them")
        return self


class PayeeIn(In):
    """Who is paid what."""

    role: PayeeRole = "buyer"
    name: FilledLine = Field(examples=["王小明"])
    bank: FilledLine = Field(examples=["中国工商银行上海市分行"])
    account: Account = Field(examples=["6222021001112223334"])
    amount_fen: int = Field(gt=0, le=MAX_FEN, examples=[14_000_000])


Payees = Annotated[list[PayeeIn], Field(max_length=20)]


class AcceptIn(In):
    """The customer takes one of the offered paths."""

    answer: Literal["accept"]
    solution_id: Reference
    payees: Payees = Field(default_factory=list)
    support: Support
    note: Prose = ""


class DeclineIn(In):
    """The customer takes none of them."""

    answer: Literal["decline"]
    reason: Reason = Field(examples=["客户坚持全额退款"])
    support: Support | None = None


AnswerIn = Annotated[AcceptIn | DeclineIn, Field(discriminator="answer")]


class PayeesIn(In):
    """All payees of the accepted path."""

    payees: Payees


class PayeeOut(Out):
    """A payee; `account` shows its last digits only to whoever may not see whole numbers."""

    role: PayeeRole
    name: str
    bank: str
    account: str = Field(examples=["***************3334"])
    amount_fen: int


class AnswerOut(Out):
    """The customer's answer. `content_hash` is what approvals are about; null once it was taken back."""

    offer_id: str
    offer_status: OfferStatus
    answer: Answer
    path: OfferedPath | None
    payees: list[PayeeOut]
    content_hash: str | None
    note: str
    session_id: str | None
    said_at: float | None
    evidence_id: str | None
    answered_by: str
    answered_at: datetime
    case_version: int


class SettleIn(In):
    """Why the customer stays without any measure."""

    reason: Reason = Field(examples=["客户沟通后决定继续履约"])
    support: Support | None = None


class SettledOut(Out):
    """The case after it."""

    case_id: str
    status: str
    outcome: str | None
    case_version: int
