"""Bodies of the registration form and of the causes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from case_api.intake.causes import Cause
from case_api.intake.identity import IdType
from case_api.intake.receipts import ReceiptFlag, ReceiptKind
from case_api.intake.rules import Alternative, MissingKind
from case_api.money import MAX_FEN
from case_api.schemas import FilledLine, In, Line, Out, Prose, Reference, printable

Fen = Annotated[int, Field(ge=0, le=MAX_FEN, description="Amount in fen (1/100 yuan)")]
LongProse = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(printable)]


class RegistrationChange(In):
    """What changes on the form: a field that is left out stays, null or empty text clears it. A draft may be filled in piece by piece.

    Whoever sees a number masked leaves it out. A new phone number has to be verified again.
    """

    customer_name: Line | None = Field(default=None, examples=["王小明"], description="Real name, as on the ID")
    id_type: IdType | None = Field(default=None, description="A resident ID's check digit is checked; other papers have none")
    id_number: Line | None = Field(default=None, examples=["11010519491231002X"])
    id_scan_evidence_id: Reference | None = Field(default=None, description="Evidence of kind `id_scan` of this case")
    id_scan_missing_reason: Prose | None = Field(default=None, examples=["客户未携带证件，次日补交"])
    phone: Line | None = Field(default=None, examples=["13812345678"])
    phone_unverified_reason: Prose | None = Field(default=None, examples=["客户手机无信号"])
    subscription_code: Line | None = Field(default=None, examples=["RG-2026-0815"])
    subscription_date: date | None = Field(default=None, examples=["2026-10-01"])
    building: Line | None = Field(default=None, examples=["3栋"])
    unit: Line | None = Field(default=None, examples=["1202"])
    unit_type: Line | None = Field(default=None, examples=["三室两厅 118㎡"])
    price_fen: Fen | None = Field(default=None, examples=[260_000_000])
    receipt_wording: Prose | None = Field(default=None, examples=["今收到王小明认购定金人民币伍万元整"], description="To the letter")
    receipt_kind: ReceiptKind | None = Field(default=None, description="`earnest` 定金, `advance` 订金, `other`")
    receipt_amount_fen: Fen | None = Field(default=None, examples=[5_000_000])
    causes: list[Cause] | None = Field(default=None, max_length=6, examples=[["family"]])
    cause_text: LongProse | None = Field(default=None, examples=["配偶看房后认为朝向不好，坚持退房"])
    alternative: Alternative | None = Field(default=None, description="Whether the customer would accept an alternative")
    alternative_note: Prose | None = Field(default=None, examples=["换同户型南向可以考虑"])
    alternative_session_id: Reference | None = Field(default=None, description="A recorded session of this case")
    alternative_at: float | None = Field(
        default=None, ge=0, le=1e6, allow_inf_nan=False, examples=[312.4], description="Position in its audio, seconds"
    )
    alternative_unrecorded_reason: Prose | None = Field(default=None, examples=["客户不同意录音"])


class FlagOut(Out):
    """Something about the receipt that has to be seen."""

    code: ReceiptFlag
    zh: str
    en: str


class ReceiptOut(Out):
    """How much of the money has the effect of earnest money (at most 20 % of the price); null while it cannot be known."""

    earnest_fen: int | None = Field(examples=[5_000_000])
    beyond_fen: int | None = Field(examples=[0])
    flags: list[FlagOut]


class RegistrationOut(Out):
    """The form. Without `case:personal`, `id_number` and `phone` show their last places only, and `masked` is true."""

    case_id: str
    customer_name: str = ""
    id_type: IdType = "resident_id"
    id_number: str | None = Field(default=None, examples=["**************002X"])
    id_scan_evidence_id: str | None = None
    id_scan_missing_reason: str = ""
    phone: str | None = Field(default=None, examples=["**********5678"])
    phone_verified_at: datetime | None = None
    phone_unverified_reason: str = ""
    subscription_code: str = ""
    subscription_date: date | None = None
    building: str = ""
    unit: str = ""
    unit_type: str = ""
    price_fen: int | None = None
    receipt_wording: str = ""
    receipt_kind: ReceiptKind | None = None
    receipt_amount_fen: int | None = None
    receipt: ReceiptOut
    causes: list[Cause]
    cause_text: str = ""
    alternative: Alternative | None = None
    alternative_note: str = ""
    alternative_session_id: str | None = None
    alternative_at: float | None = None
    alternative_unrecorded_reason: str = ""
    changed_by: str | None = None
    changed_at: datetime | None = None
    submitted_at: datetime | None = None
    masked: bool
    version: int = Field(description="The case's version")


class MissingOut(Out):
    """What still has to be filled in or checked."""

    field: str = Field(examples=["receipt_wording"])
    kind: MissingKind
    zh: str = Field(examples=["请照录收据原文"])
    en: str
    detail: str = Field(default="", description="Names of the fields that differ from the ERP")


class Completeness(Out):
    """Whether the form may be submitted."""

    complete: bool
    missing: list[MissingOut]


class CauseOut(Out):
    """A cause of withdrawals, and what it calls for."""

    code: Cause
    zh: str
    en: str
    calls_for_zh: list[str]
    calls_for_en: list[str]


class CodeConfirmation(In):
    """The code that the customer read out."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")] = Field(examples=["482913"])


class CodeSent(Out):
    """A code is on its way to the number on the form."""

    phone: str = Field(examples=["**********5678"])
    expires_at: datetime
    attempts_left: int
    version: int


class ErpOverride(In):
    """Why a difference stands. `record` names "not found" and "ambiguous"."""

    fields: list[FilledLine] = Field(min_length=1, max_length=10, examples=[["unit_type"]])
    reason: Annotated[Prose, StringConstraints(min_length=1)] = Field(examples=["ERP 户型名称未更新"])


class DifferenceOut(Out):
    """One field on which the form and the ERP do not agree; phones masked."""

    field: str = Field(examples=["unit_type"])
    form: str
    erp: str
    overridden_reason: str | None = None


class ErpCheckOut(Out):
    """The newest comparison with the ERP. `to_fill` is what its record tells and the form leaves open."""

    id: str
    checked_by: str
    checked_at: datetime
    outcome: Literal["matched", "not_found", "ambiguous"]
    differences: list[DifferenceOut]
    overridden_reason: str | None = Field(description="Why the form goes in though no one record was found")
    to_fill: dict[str, str | int]
    stale: bool = Field(description="The form was changed since: compare again")
    version: int
