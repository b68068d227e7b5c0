"""What the departments found in a story, and the paths that were priced from it: by the rules themselves, so that every page can read them.

Pure. Paths are JSON, as the tables keep them.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from case_api.assessments.forms import Breach, Department, FinanceForm, Form, LegalForm, Loss, MarketingForm, OtherLoss
from case_api.assessments.rules import joint
from case_api.demo_data.story import Story
from case_api.policies.defaults import default_content
from case_api.policies.rules import RefundTable, TierTable
from case_api.solutions.rules import Basis, BenefitItem, Facts, Limits, price
from case_api.solutions.terms import NAMES, BenefitChoice, Deferral, KeepWithBenefits, PathKind, Referral, Rescission, Terms, Transfer

Row = dict[str, Any]
RECEIPT: Final = "今收到认购定金"
PRICE_TIMES: Final = 20
"""The price is so many times what was paid: all of it is earnest money by its effect."""
_GIFTS: Final = (
    BenefitItem("demo-fee", "物业费减免两年", "Two years without property fee", 960_000),
    BenefitItem("demo-home", "智能家居套餐", "Smart-home package", 1_500_000),
    BenefitItem("demo-park", "车位使用权一年", "A parking space for a year", 720_000),
)


def forms(story: Story, deposit_on: date) -> dict[Department, Form]:
    """The three departments' forms."""
    signed, released = story.stage != "deposit_only", story.stage == "loan_released"
    breach: Breach = "company" if "quality" in story.causes or "delay" in story.causes else "customer"
    other = [OtherLoss(label="已交付的装修方案设计费", fen=300_000)] if story.number % 7 == 0 else []
    return {
        "finance": FinanceForm(
            deposit_received=True,
            deposit_fen=story.paid_fen,
            deposit_on=deposit_on,
            paid_fen=story.paid_fen,
            commission=Loss(fen=story.paid_fen * PRICE_TIMES // 100, note="佣金 1%，已计提"),
            advertising=Loss(fen=400_000 + story.number % 5 * 100_000, note="按月分摊"),
            opportunity=Loss(fen=story.number % 3 * 500_000),
            other=other,
        ),
        "legal": LegalForm(
            contract_stage=story.stage,  # type: ignore[arg-type]  # the stories' stages are the rules'
            online_signed=signed,
            loan="released" if released else "pre_approved" if signed else "none",
            breach=breach,
            litigation_risk=False,
        ),
        "marketing": MarketingForm(likely_to_spread="low" if story.complains else "none", media_involved=False, group_demand=False),
    }


def tier(found: dict[Department, Form], table: TierTable) -> Row:
    """Who approves, as the conclusion stamps it on the case; without the version of the rule."""
    finance, legal, marketing = found["finance"], found["legal"], found["marketing"]
    assert isinstance(finance, FinanceForm)
    assert isinstance(legal, LegalForm)
    assert isinstance(marketing, MarketingForm)
    decided = joint(finance, legal, marketing, table).tier
    assert decided is not None
    return decided.model_dump(mode="json")


def kinds(story: Story) -> tuple[PathKind, PathKind]:
    """What was taken, and what was offered beside it. After the loan's release nothing is refunded by agreement."""
    taken: PathKind = story.path  # type: ignore[assignment]
    if taken == "rescission":
        return taken, "keep_with_benefits"
    if story.stage != "loan_released":
        return taken, "rescission"
    return taken, "keep_with_benefits" if taken == "transfer" else "transfer"


def priced(story: Story, kind: PathKind) -> Row:
    """A path of this kind: `kind`, `terms`, `facts`, `price`, and the rule it was priced by, which no site has of its own."""
    refund = default_content("refund")
    assert isinstance(refund, RefundTable)
    facts = Facts(
        stage=story.stage,  # type: ignore[arg-type]
        loan="released" if story.stage == "loan_released" else "pre_approved" if story.stage == "online_signed" else "none",
        paid_fen=story.paid_fen,
        price_fen=story.paid_fen * PRICE_TIMES,
        receipt_kind="earnest",
        receipt_wording=RECEIPT,
        receipt_fen=story.paid_fen,
    )
    terms = _terms(story, kind, refund)
    found = price(terms, Basis(facts, refund, {item.id: item for item in _GIFTS}, Limits()))
    return {
        "kind": kind,
        "terms": terms.model_dump(mode="json"),
        "facts": facts.model_dump(mode="json"),
        "price": found.model_dump(mode="json"),
        "refund_policy_id": None,
    }


def _terms(story: Story, kind: PathKind, refund: RefundTable) -> Terms:
    match kind:
        case "keep_with_benefits":
            gift = _GIFTS[story.number % len(_GIFTS)]
            return KeepWithBenefits(kind=kind, items=[BenefitChoice(item_id=gift.id)])
        case "rescission":
            return Rescission(kind=kind, refund_bp=story.refund_bp or refund.rule(story.stage).min_bp)  # type: ignore[arg-type]
        case "transfer":
            return Transfer(kind=kind, successor="李女士", fee_bp=100, reduction_bp=5_000)
        case "deferral":
            return Deferral(kind=kind, days=7, overdue_fen=story.paid_fen * 2, late_fee_bp_per_day=5)
        case "referral":
            return Referral(kind=kind, share_bp=5_000, within_days=30)


def offered(solution_id: str, path: Row) -> Row:
    """A path as an offer's snapshot has it."""
    zh, en = NAMES[path["kind"]]
    return {"solution_id": solution_id, "name_zh": zh, "name_en": en} | path
