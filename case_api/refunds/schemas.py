"""Bodies of refund instructions, of the accounts they are paid from, and of the confirmations that end an execution."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from case_api.schemas import FilledLine, In, Line, Out, Prose, Reason, Reference
from models.refunds import ExecutionResult, InstructionStatus, PaymentStatus
from models.solutions import SolutionKind

AccountNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{6,34}$")]
BankCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Holder = Annotated[Line, StringConstraints(min_length=1, max_length=70)]
PaymentIds = Annotated[list[Reference], Field(min_length=1, max_length=20)]


class AccountIn(In):
    """The account that a site's refunds are paid from."""

    holder: Holder = Field(examples=["海德花园置业有限公司"])
    account: AccountNumber = Field(examples=["6222020000111122223"])
    bank: FilledLine = Field(examples=["中国工商银行苏州分行"])
    bank_code: BankCode = Field(description="The bank's 12 digits in CNAPS (联行号)", examples=["102305000001"])


class AccountOut(Out):
    """The same; the account is masked for whoever may not see whole account numbers."""

    site_id: str
    holder: str
    account: str | None = Field(examples=["***************2223"])
    bank: str
    bank_code: str
    updated_at: datetime
    version: int


class PaymentOut(Out):
    """One payee of an instruction."""

    id: str
    ordinal: int
    name: str
    bank: str
    account: str | None = Field(description="Masked for whoever may not see whole account numbers", examples=["***************0123"])
    amount_fen: int = Field(examples=[3_500_000])
    end_to_end_id: str = Field(examples=["HD-20261124-R001-01"])
    status: PaymentStatus
    paid_on: date | None
    bank_reference: str
    failed_reason: str


class InstructionOut(Out):
    """An order to pay, made once from one approved round."""

    id: str
    case_id: str
    case_code: str
    site_id: str
    round_id: str
    content_hash: str
    number: str = Field(examples=["HD-20261124-R001"])
    path_kind: SolutionKind
    status: InstructionStatus
    currency: Literal["CNY"] = "CNY"
    total_fen: int = Field(examples=[3_500_000])
    created_by: str
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_reason: str
    payments: list[PaymentOut]
    case_version: int | None = Field(default=None, description="For `If-Match` of the next command on the case")


class PaymentIn(In):
    """Payees were paid: those named, or all that are not paid yet."""

    paid_on: date = Field(examples=["2026-11-24"])
    bank_reference: Annotated[Line, StringConstraints(min_length=1, max_length=64)] = Field(examples=["ICBC20261124000123"])
    payment_ids: PaymentIds | None = None


class FailureIn(In):
    """Payments did not go through: those named, or all that are not paid yet."""

    reason: Reason = Field(examples=["收款账号与户名不符"])
    payment_ids: PaymentIds | None = None


class _Happened(In):
    happened_on: date = Field(examples=["2026-11-25"])
    note: Prose = ""


class BenefitsDelivered(_Happened):
    """Path A: the customer has the benefits (the proof is evidence of the task); the contract is kept."""

    event: Literal["benefits_delivered"]


class TransferCompleted(_Happened):
    """Path C: the successor has the contract."""

    event: Literal["transfer_completed"]
    contract_no: FilledLine = Field(examples=["HD-2026-0312"])


class DeferralPaid(_Happened):
    """The customer paid within the days of grace, late fee included; the contract is kept."""

    event: Literal["deferral_paid"]
    bank_reference: FilledLine = Field(examples=["CCB20261125000045"])


class DeferralRanOut(_Happened):
    """The days of grace are over and nothing was paid: back to the solutions."""

    event: Literal["deferral_ran_out"]


class SuccessorBought(_Happened):
    """The successor signed; part of the deposit goes back now."""

    event: Literal["successor_bought"]
    contract_no: FilledLine = Field(examples=["HD-2026-0313"])


class ReferralRanOut(_Happened):
    """No successor bought in the agreed time: back to the solutions."""

    event: Literal["referral_ran_out"]


Confirmation = Annotated[
    BenefitsDelivered | TransferCompleted | DeferralPaid | DeferralRanOut | SuccessorBought | ReferralRanOut, Field(discriminator="event")
]


class ConfirmationOut(Out):
    """How an approved path was carried out."""

    id: str
    case_id: str
    round_id: str
    path_kind: SolutionKind
    result: ExecutionResult
    happened_on: date
    detail: dict[str, Any]
    confirmed_by: str | None = Field(description="null: the agreed time passed, and nobody had said anything")
    confirmed_at: datetime
    case_version: int | None = Field(default=None, description="For `If-Match` of the next command on the case")
