"""What the three forms come to together. Pure."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from case_api.assessments.forms import Breach, Department, FinanceForm, Form, LegalForm, LoanStatus, MarketingForm
from case_api.policies.rules import ContractStage, Tier, TierFacts, TierTable, decide_tier
from case_api.policies.versions import Difference, differences

RiskLevel = Literal["none", "yellow", "orange", "red"]
TEXTS = {"note", "label"}


class Joint(BaseModel):
    """The joint result so far; what depends on a missing form is null. Until it is complete the tier is the lowest possible."""

    complete: bool
    missing: list[Department]
    total_loss_fen: int | None = Field(default=None, examples=[5_300_000])
    paid_fen: int | None = None
    contract_stage: ContractStage | None = None
    loan: LoanStatus | None = None
    breach: Breach | None = None
    risk_level: RiskLevel | None = None
    tier: Tier | None = None


def joint(finance: FinanceForm | None, legal: LegalForm | None, marketing: MarketingForm | None, table: TierTable) -> Joint:
    """The three forms together, under this table of tiers."""
    forms: dict[Department, Form | None] = {"finance": finance, "legal": legal, "marketing": marketing}
    missing: list[Department] = [department for department, form in forms.items() if form is None]
    result = Joint(complete=not missing, missing=missing, risk_level=risk_level(legal, marketing))
    if finance is not None:
        result.total_loss_fen, result.paid_fen = finance.loss_fen, finance.paid_fen
    if legal is not None:
        result.contract_stage, result.loan, result.breach = legal.contract_stage, legal.loan, legal.breach
    if len(missing) < len(forms):
        result.tier = decide_tier(tier_facts(finance, legal, marketing), table)
    return result


def tier_facts(finance: FinanceForm | None, legal: LegalForm | None, marketing: MarketingForm | None) -> TierFacts:
    """What decides the tier; a form that is missing adds nothing, so that more forms never lower it."""
    return TierFacts(
        loss_fen=finance.loss_fen if finance else 0,
        litigation=legal.litigation_risk if legal else False,
        media=marketing.media_involved if marketing else False,
        group_people=marketing.group_people if marketing else 0,
        spreading=marketing.likely_to_spread if marketing else "none",
    )


def risk_level(legal: LegalForm | None, marketing: MarketingForm | None) -> RiskLevel | None:
    """The level by the source's scale (预警等级): one indicator yellow, two or more orange, litigation red at once."""
    if legal is not None and legal.litigation_risk:
        return "red"
    if legal is None or marketing is None:
        return None
    found = [marketing.likely_to_spread != "none", marketing.media_involved, marketing.group_demand]
    levels: tuple[RiskLevel, ...] = ("none", "yellow", "orange", "orange")
    return levels[sum(found)]


def amended(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """What an amendment changes, for the audit record: figures as they are; of texts, which outlive no retention there, only the length."""
    return [
        Difference(place.path, _shown(place.path, place.before), _shown(place.path, place.after)) for place in differences(before, after)
    ]


def _shown(path: str, value: object) -> object:
    if isinstance(value, dict):
        return {key: _shown(key, inner) for key, inner in value.items()}
    if isinstance(value, str) and path.rpartition(".")[2] in TEXTS:
        return f"({len(value)} characters)"
    return value
