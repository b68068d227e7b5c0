"""What each path costs, to the fen, with the arithmetic shown (「四步法·第三步」). Pure.

One rounding rule: each line that multiplies is rounded to the fen, half to even; totals are sums of lines and never rounded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never, get_args

from pydantic import BaseModel, ConfigDict, Field

from case_api.assessments.forms import LoanStatus
from case_api.canonical import sha256
from case_api.intake.receipts import ReceiptKind, receipt_effect
from case_api.money import WHOLE_BP, yuan
from case_api.policies.rules import ContractStage, Deduction, RefundTable, StageRule
from case_api.solutions.terms import CourtDecision, Deferral, KeepWithBenefits, PathKind, Referral, Rescission, Terms, Transfer

Direction = Literal["refund", "benefit", "charge"]
"""What a total is: money to the customer (and the bank), value from the benefit pool, or money from the customer."""
PayeeRole = Literal["buyer", "bank"]
PricingCode = Literal[
    "facts_missing",
    "nothing_paid",
    "refund_out_of_bounds",
    "judicial_only",
    "court_not_applicable",
    "refund_policy_needed",
    "benefit_unknown",
    "deferral_terms",
    "deferral_used",
]


class PricingRefused(Exception):
    """The terms do not fit the facts or the rules. `detail` names what would."""

    def __init__(self, code: PricingCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Facts(_Value):
    """What the departments and the registration form established. `paid_fen` is the buyer's own money, without the bank's."""

    stage: ContractStage
    loan: LoanStatus
    paid_fen: int = Field(ge=0)
    price_fen: int | None = Field(default=None, ge=0)
    receipt_kind: ReceiptKind | None = None
    receipt_wording: str = ""
    receipt_fen: int = Field(default=0, ge=0)

    @property
    def effective_stage(self) -> ContractStage:
        """A released loan counts as such whatever the papers say."""
        return "loan_released" if self.loan == "released" else self.stage


@dataclass(frozen=True, slots=True)
class BenefitItem:
    """One item of the catalogue as it is priced now."""

    id: str
    name_zh: str
    name_en: str
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a deferral may be: days of grace from … to …, and the highest late fee a day."""

    deferral_min_days: int = 7
    deferral_max_days: int = 10
    late_fee_max_bp_per_day: int = 10


@dataclass(frozen=True, slots=True)
class Basis:
    """What a price is computed from. `refund` is None while no refund rule may be used at this site."""

    facts: Facts
    refund: RefundTable | None
    items: Mapping[str, BenefitItem]
    limits: Limits
    deferral_granted: bool = False
    """Whether the customer had days of grace before: they are for the first request only (「首次提出延期付款」)."""


class Line(_Value):
    """One step of the arithmetic; `fen` is negative for what is taken off."""

    label_zh: str = Field(examples=["可退部分"])
    label_en: str = Field(examples=["Refundable share"])
    formula: str = Field(examples=["¥200,000.00 × 70.00%"])
    fen: int = Field(examples=[14_000_000])


class Due(_Value):
    """What one kind of payee is owed."""

    role: PayeeRole
    fen: int = Field(ge=0)


class Price(_Value):
    """The result: the lines add up to `total_fen`; `dues`, if any, add up to it too."""

    direction: Direction
    lines: list[Line]
    total_fen: int = Field(ge=0, examples=[14_000_000])
    dues: list[Due] = Field(default_factory=list)


def share(fen: int, bp: int) -> int:
    """`bp` basis points of `fen`, rounded half to even. Exact for any size."""
    whole, rest = divmod(fen * bp, WHOLE_BP)
    return whole + (rest * 2 > WHOLE_BP or (rest * 2 == WHOLE_BP and whole % 2 == 1))


def price(terms: Terms, basis: Basis) -> Price:
    """What these terms come to. Raises PricingRefused."""
    match terms:
        case KeepWithBenefits():
            return _total("benefit", _benefits(terms, basis.items))
        case Rescission():
            return _rescission(terms, basis)
        case Transfer():
            return _total("charge", _transfer(terms, basis.facts))
        case Deferral():
            return _total("charge", _deferral(terms, basis))
        case Referral():
            return _to_buyer(_referral(terms, basis.facts))
    assert_never(terms)


def _total(direction: Direction, lines: list[Line]) -> Price:
    return Price(direction=direction, lines=lines, total_fen=sum(line.fen for line in lines))


def _to_buyer(lines: list[Line]) -> Price:
    total = sum(line.fen for line in lines)
    return Price(direction="refund", lines=lines, total_fen=total, dues=[Due(role="buyer", fen=total)])


def _percent(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}%"


def _benefits(terms: KeepWithBenefits, items: Mapping[str, BenefitItem]) -> list[Line]:
    unknown = [choice.item_id for choice in terms.items if choice.item_id not in items]
    if unknown:
        raise PricingRefused("benefit_unknown", ", ".join(unknown))
    chosen = [(items[choice.item_id], choice.quantity) for choice in terms.items]
    return [
        Line(label_zh=item.name_zh, label_en=item.name_en, formula=f"{yuan(item.cost_fen)} × {quantity}", fen=item.cost_fen * quantity)
        for item, quantity in chosen
    ]


def _transfer(terms: Transfer, facts: Facts) -> list[Line]:
    if facts.price_fen is None:
        raise PricingRefused("facts_missing", "price_fen")
    fee = share(facts.price_fen, terms.fee_bp)
    return [
        Line(label_zh="转让手续费", label_en="Transfer fee", formula=f"{yuan(facts.price_fen)} × {_percent(terms.fee_bp)}", fen=fee),
        Line(
            label_zh="手续费减免",
            label_en="Reduction of the fee",
            formula=f"−{yuan(fee)} × {_percent(terms.reduction_bp)}",
            fen=-share(fee, terms.reduction_bp),
        ),
    ]


def _deferral(terms: Deferral, basis: Basis) -> list[Line]:
    limits = basis.limits
    if basis.deferral_granted:
        raise PricingRefused("deferral_used", "rescission, referral, transfer")
    if not limits.deferral_min_days <= terms.days <= limits.deferral_max_days:
        raise PricingRefused("deferral_terms", f"days: {limits.deferral_min_days} to {limits.deferral_max_days}")
    if terms.late_fee_bp_per_day > limits.late_fee_max_bp_per_day:
        raise PricingRefused("deferral_terms", f"late_fee_bp_per_day: at most {limits.late_fee_max_bp_per_day}")
    formula = f"{yuan(terms.overdue_fen)} × {_percent(terms.late_fee_bp_per_day)} × {terms.days}"
    fee = share(terms.overdue_fen, terms.late_fee_bp_per_day * terms.days)
    return [Line(label_zh="滞纳金", label_en="Late fee", formula=formula, fen=fee)]


def _referral(terms: Referral, facts: Facts) -> list[Line]:
    deposit = min(facts.receipt_fen, facts.paid_fen)
    if deposit == 0:
        raise PricingRefused("nothing_paid", "receipt_fen, paid_fen")
    formula = f"{yuan(deposit)} × {_percent(terms.share_bp)}"
    returned = share(deposit, terms.share_bp)
    return [Line(label_zh="返还部分定金", label_en="Part of the deposit returned", formula=formula, fen=returned)]


# --- path B ---


def refund_rule_applies(terms: Terms, facts: Facts) -> bool:
    """Whether the stepped refund of the published rule decides; not where a court or the loan's refusal does."""
    return isinstance(terms, Rescission) and terms.court is None and facts.loan != "refused_without_fault"


def _rescission(terms: Rescission, basis: Basis) -> Price:
    facts = basis.facts
    if facts.paid_fen == 0:
        raise PricingRefused("nothing_paid", "paid_fen")
    if facts.effective_stage == "loan_released":
        if terms.court is None:
            raise PricingRefused("judicial_only", "terms.court")
        return _as_decided(terms.court, facts)
    if terms.court is not None:
        raise PricingRefused("court_not_applicable", facts.effective_stage)
    assert terms.refund_bp is not None  # the terms hold one of the two
    if facts.loan == "refused_without_fault":
        return _in_full(terms.refund_bp, facts)
    if basis.refund is None:
        raise PricingRefused("refund_policy_needed", "refund")
    return _stepped(terms.refund_bp, facts, basis.refund)


def _as_decided(court: CourtDecision, facts: Facts) -> Price:
    """A court's figures, bank and buyer apart; the buyer gets back no more than was paid."""
    if court.buyer_fen > facts.paid_fen:
        raise PricingRefused("refund_out_of_bounds", f"court.buyer_fen: at most {facts.paid_fen}")
    lines = [
        Line(label_zh="返还买受人", label_en="Returned to the buyer", formula=court.document_no, fen=court.buyer_fen),
        Line(label_zh="返还贷款银行", label_en="Returned to the bank", formula=court.document_no, fen=court.bank_fen),
    ]
    dues = [Due(role="buyer", fen=court.buyer_fen), Due(role="bank", fen=court.bank_fen)]
    total = court.buyer_fen + court.bank_fen
    return Price(direction="refund", lines=lines, total_fen=total, dues=[due for due in dues if due.fen])


def _in_full(refund_bp: int, facts: Facts) -> Price:
    """The loan was refused through nobody's fault: what was paid goes back whole, nothing is deducted."""
    if refund_bp != WHOLE_BP:
        raise PricingRefused(
            "refund_out_of_bounds",
            f"refund_bp: 贷款未获批且非因双方过错，须为 {WHOLE_BP} / {WHOLE_BP}, as the loan was refused without fault",
        )
    zh, en = "贷款未获批且非因双方过错，全额返还本金", "Loan refused without fault: the principal in full"
    return _to_buyer([Line(label_zh=zh, label_en=en, formula=f"{yuan(facts.paid_fen)} × {_percent(WHOLE_BP)}", fen=facts.paid_fen)])


def _stepped(refund_bp: int, facts: Facts, table: RefundTable) -> Price:
    rule = table.rule(facts.effective_stage)
    if not rule.min_bp <= refund_bp <= rule.max_bp:
        raise PricingRefused("refund_out_of_bounds", f"refund_bp: {rule.min_bp} to {rule.max_bp}")
    prepaid = _prepaid(facts)
    stepped_fen = facts.paid_fen - prepaid
    lines = _net(rule, stepped_fen, refund_bp)
    ceiling = min(sum(line.fen for line in _net(earlier, stepped_fen, earlier.max_bp)) for earlier in _up_to(table, rule))
    over = sum(line.fen for line in lines) - ceiling
    if over > 0:
        zh, en = "不高于之前履约阶段的可退金额", "Not above what an earlier stage would pay back"
        lines.append(Line(label_zh=zh, label_en=en, formula=f"−({yuan(ceiling + over)} − {yuan(ceiling)})", fen=-over))
    if prepaid:
        lines.append(_prepaid_line(facts, prepaid))
    return _to_buyer(lines)


def _up_to(table: RefundTable, rule: StageRule) -> Sequence[StageRule]:
    return table.stages[: table.stages.index(rule) + 1]


_DEDUCTIONS = {
    "marketing_service_fee": ("扣除营销服务费", "Less the marketing service fee"),
    "administrative_cost": ("扣除行政成本分摊", "Less a share of the administrative cost"),
}


def _net(rule: StageRule, paid_fen: int, refund_bp: int) -> list[Line]:
    """The share of this stage and what is taken off it; deductions never take more than there is."""
    left = share(paid_fen, refund_bp)
    lines = [Line(label_zh="可退部分", label_en="Refundable share", formula=f"{yuan(paid_fen)} × {_percent(refund_bp)}", fen=left)]
    for deduction in rule.deductions:
        taken = min(_deducted(deduction, paid_fen), left)
        if taken == 0:
            continue
        left -= taken
        zh, en = _DEDUCTIONS[deduction.key]
        whole = deduction.bp is not None and taken == share(paid_fen, deduction.bp)
        formula = f"−{yuan(paid_fen)} × {_percent(deduction.bp or 0)}" if whole else f"−{yuan(taken)}"
        lines.append(Line(label_zh=zh, label_en=en, formula=formula, fen=-taken))
    return lines


def _deducted(deduction: Deduction, paid_fen: int) -> int:
    return share(paid_fen, deduction.bp) if deduction.bp is not None else deduction.fen or 0


def _prepaid(facts: Facts) -> int:
    """What was paid without the effect of earnest money and is returned apart, in full.

    Of earnest money (定金) the part above 20 % of the price; an advance (订金) whole, as long as no contract made it part of the price.
    """
    if facts.receipt_kind is None:
        return 0
    if facts.receipt_kind != "earnest" and facts.effective_stage != "deposit_only":
        return 0
    beyond = receipt_effect(facts.receipt_kind, facts.receipt_fen, facts.price_fen, facts.receipt_wording).beyond_fen
    if beyond is None:
        raise PricingRefused("facts_missing", "price_fen")
    return min(beyond, facts.paid_fen)


def _prepaid_line(facts: Facts, prepaid: int) -> Line:
    if facts.receipt_kind == "earnest":
        zh, en = "定金超过总价 20% 的部分，按预付款返还", "Earnest money above 20 % of the price: returned as an advance"
        formula = f"{yuan(facts.receipt_fen)} − {yuan(facts.receipt_fen - prepaid)}"
    else:
        zh, en = "收据所载款项不具定金效力，全额返还", "The receipt is not for earnest money: returned in full"
        formula = yuan(prepaid)
    return Line(label_zh=zh, label_en=en, formula=formula, fen=prepaid)


# --- side by side ---

_KEEPS = {"keep_with_benefits", "deferral"}
_RELEASES = {"rescission"}


def compare(kind: PathKind, price: Price) -> dict[str, int | bool]:
    """What a path means to the customer, in the same terms for every path."""
    amounts = {direction: price.total_fen if price.direction == direction else 0 for direction in get_args(Direction)}
    return {
        "refund_fen": amounts["refund"],
        "benefit_fen": amounts["benefit"],
        "charge_fen": amounts["charge"],
        "keeps_contract": kind in _KEEPS,
        "releases_unit": kind in _RELEASES,
    }


def dues_met(dues: Sequence[Due], payees: Sequence[tuple[PayeeRole, int]]) -> bool:
    """Whether the payees add up to what each kind of payee is owed, and nobody else is paid."""
    owed = {due.role: due.fen for due in dues if due.fen}
    paid: dict[PayeeRole, int] = {}
    for role, fen in payees:
        paid[role] = paid.get(role, 0) + fen
    return owed == paid


# --- what is offered and approved, as one value ---

PAYEE_FIELDS = ("role", "name", "bank", "account", "amount_fen")


def payee_value(payee: object) -> dict[str, Any]:
    """A payee as it goes into the hash."""
    return {name: getattr(payee, name) for name in PAYEE_FIELDS}


def content_hash(path: Mapping[str, Any], price: Mapping[str, Any], payees: Sequence[Mapping[str, Any]], nonce: str) -> str:
    """What is approved: the path, its price, and who is paid. `nonce` keeps account numbers from being guessed back out of the hash."""
    return sha256({"path": dict(path), "price": dict(price), "payees": [dict(payee) for payee in payees], "nonce": nonce})
