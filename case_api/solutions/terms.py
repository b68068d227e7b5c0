"""What is agreed in each of the five paths (「四步法·第三步」, and the graded response to a cash-flow break). Pure.

Money in fen, shares in basis points. What a path costs follows from its terms and the facts of the case: `rules.price`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from case_api.money import BasisPoints, Fen
from case_api.schemas import FilledLine, In, Reference
from models.rules import broken_rule

PathKind = Literal["keep_with_benefits", "rescission", "transfer", "deferral", "referral"]


class BenefitChoice(In):
    """So many of one item of the site's catalogue."""

    item_id: Reference
    quantity: int = Field(default=1, ge=1, le=99, examples=[1])


class KeepWithBenefits(In):
    """Path A: the contract is kept, and benefits are drawn from the site's pool (继续履约+附加权益补偿)."""

    kind: Literal["keep_with_benefits"]
    items: list[BenefitChoice] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _once_each(self) -> KeepWithBenefits:
        if len({choice.item_id for choice in self.items}) != len(self.items):
            raise broken_rule("同一项权益只能选一次", "each benefit may appear once only")
        return self


class CourtDecision(In):
    """What a court decided or mediated: the only way once the loan was released. Bank and buyer are paid back apart."""

    document_no: FilledLine = Field(examples=["(2026)沪0115民初1234号"])
    decided_on: date
    evidence_id: Reference
    buyer_fen: Fen = Field(examples=[30_000_000])
    bank_fen: Fen = Field(examples=[120_000_000])


class Rescission(In):
    """Path B: rescission by agreement and stepped refund (协议解除+阶梯式退款), or as a court decided."""

    kind: Literal["rescission"]
    refund_bp: BasisPoints | None = Field(default=None, examples=[7_000])
    court: CourtDecision | None = None

    @model_validator(mode="after")
    def _one_basis(self) -> Rescission:
        if (self.refund_bp is None) == (self.court is None):
            raise broken_rule("请填写退还比例或法院裁判，只能其一", "a share or the court's decision, one of them")
        return self


class Transfer(In):
    """Path C: a successor takes the unit over, and the fee is reduced (房源转让+手续费减免)."""

    kind: Literal["transfer"]
    successor: FilledLine = Field(examples=["李女士"])
    fee_bp: BasisPoints = Field(examples=[100])
    reduction_bp: BasisPoints = Field(examples=[5_000])


class Deferral(In):
    """A first request for more time: some days' grace with a late fee for each day (宽限+滞纳金)."""

    kind: Literal["deferral"]
    days: int = Field(ge=1, le=365, examples=[7])
    overdue_fen: Fen = Field(gt=0, examples=[50_000_000])
    late_fee_bp_per_day: int = Field(ge=0, le=1_000, examples=[5])


class Referral(In):
    """The customer names a successor; part of the deposit is returned when they buy (推荐接盘买家，返还部分定金)."""

    kind: Literal["referral"]
    share_bp: int = Field(ge=1, le=10_000, examples=[5_000])
    within_days: int = Field(ge=1, le=180, examples=[30])


Terms = Annotated[KeepWithBenefits | Rescission | Transfer | Deferral | Referral, Field(discriminator="kind")]

# What people call each path, in Chinese and in English.
NAMES: dict[PathKind, tuple[str, str]] = {
    "keep_with_benefits": ("路径A：继续履约＋附加权益补偿", "Path A: keep the contract, with extra benefits"),
    "rescission": ("路径B：协议解除＋阶梯式退款", "Path B: rescission by agreement, stepped refund"),
    "transfer": ("路径C：房源转让＋手续费减免", "Path C: transfer of the unit, reduced fee"),
    "deferral": ("延期付款：宽限＋滞纳金", "Deferral: days of grace, with a late fee"),
    "referral": ("转介：推荐接盘买家，返还部分定金", "Referral: a successor buys, part of the deposit is returned"),
}
assert set(NAMES) == set(get_args(PathKind))
